import Platform

/// Releases what takes long to release on a thread of its own: a list of ten million elements, or
/// the memory of a gigabyte, would hold up the prompt for a good part of a second.
///
/// The thread is made when it is first needed and stays. Where none can be made, what is handed over
/// is released at once.
package enum BackgroundRelease {
  /// Lists of fewer elements are released where they are.
  package static let leastCount = 1 << 18

  /// Takes over an object, whose last reference this is to be.
  package static func take(_ object: AnyObject) {
    guard let queue = Queue.shared else { return }
    queue.append(object)
  }

  /// Takes a large array's content away, and leaves it empty.
  @inline(__always)
  package static func take<Element>(_ array: inout [Element]) {
    if array.count >= leastCount { move(&array) }
  }

  @inline(never)
  private static func move<Element>(_ array: inout [Element]) {
    let holder = Holder(array)
    array = []
    take(holder)
  }

  /// Waits until everything that was handed over is released, where memory is wanted now.
  static func finish() { Queue.existing?.waitUntilEmpty() }

  private final class Holder<Content> {
    let content: Content
    init(_ content: Content) { self.content = content }
  }

  /// What waits, and the thread that takes it.
  // SAFETY: `waiting` and `isBusy` are touched under the lock alone, which lives as long as the
  // process.
  private final class Queue: @unchecked Sendable {
    static let shared = Queue()
    nonisolated(unsafe) static private(set) var existing: Queue?

    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var waiting: [AnyObject] = []
    private var isBusy = false

    init?() {
      pthread_mutex_init(lock, nil)
      pthread_cond_init(changed, nil)
      var attributes = pthread_attr_t()
      pthread_attr_init(&attributes)
      defer { pthread_attr_destroy(&attributes) }
      pthread_attr_setstacksize(&attributes, 8 << 20)
      pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
      // Signals are the machine's.
      var (all, before) = (sigset_t(), sigset_t())
      sigfillset(&all)
      pthread_sigmask(SIG_SETMASK, &all, &before)
      defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
      var thread = pthread_t()
      let failure = pthread_create(
        &thread, &attributes,
        { argument in
          guard let argument else { return nil }
          Unmanaged<Queue>.fromOpaque(argument).takeUnretainedValue().work()
          return nil
        }, Unmanaged.passRetained(self).toOpaque())
      guard failure == 0 else { return nil }
      Self.existing = self
    }

    func append(_ object: AnyObject) {
      pthread_mutex_lock(lock)
      waiting.append(object)
      pthread_cond_broadcast(changed)
      pthread_mutex_unlock(lock)
    }

    func waitUntilEmpty() {
      pthread_mutex_lock(lock)
      while isBusy || !waiting.isEmpty { pthread_cond_wait(changed, lock) }
      pthread_mutex_unlock(lock)
    }

    private func work() {
      while true {
        pthread_mutex_lock(lock)
        isBusy = false
        pthread_cond_broadcast(changed)
        while waiting.isEmpty { pthread_cond_wait(changed, lock) }
        var taken = waiting
        waiting = []
        isBusy = true
        pthread_mutex_unlock(lock)
        taken.removeAll()
      }
    }
  }
}
