import Platform
import Tensors

/// The thread that everything runs on: its stack is large enough for the deepest nesting and
/// recursion that the language allows, so that these end in an error and not in a crash.
package enum MachineThread {
  /// Enough for 10,000 calls through native code and 10,000 levels of a tree; less where the
  /// process may take little memory (`ulimit -v`).
  private static let stackSize = min(256 << 20, max(32 << 20, MemoryGuard.total / 8 & ~0xFFFF))

  /// What code may use of it before it is told to stop; the rest is for walks over values, for
  /// telling, and for releasing.
  static let usableStack = stackSize - stackSize / 4

  /// Runs `body` there and waits for it.
  ///
  /// - Returns: what it returned; 1 where no thread can be made.
  package static func run(_ body: @escaping () -> Int32) -> Int32 {
    MemoryGuard.prepare()
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, stackSize)
    let work = Unmanaged.passRetained(Work(body))
    var thread = pthread_t()
    let failure = pthread_create(
      &thread, &attributes,
      { argument in
        guard let argument else { return nil }
        // SAFETY: the waiting thread holds one reference, to be released after the join.
        let work = Unmanaged<Work>.fromOpaque(argument).takeUnretainedValue()
        work.result = work.body()
        return nil
      }, work.toOpaque())
    defer { work.release() }
    guard failure == 0 else { return 1 }
    pthread_join(thread, nil)
    return work.takeUnretainedValue().result
  }

  private final class Work {
    let body: () -> Int32
    var result: Int32 = 1

    init(_ body: @escaping () -> Int32) { self.body = body }
  }
}
