import CKernels
import Platform
import Synchronization

/// What the kernels took their time for, while `time` watches; off, it costs one look at a flag.
package enum Profile {
  /// What one kind of operation took altogether.
  package struct Entry: Sendable, Hashable {
    /// `matrix product`, `elementwise`, `reduction`, `softmax`, `copy`.
    package let operation: String
    /// How often it ran.
    package var calls = 0
    /// Seconds, without those of operations within it.
    package var seconds = 0.0
    /// Floating-point operations; 0 where none are counted.
    package var work = 0.0
  }

  private struct State {
    var entries: [Entry] = []
    /// Seconds of the operations within the one that runs.
    var inner = 0.0
  }

  private static let state = Mutex(State())

  /// Whether `time` watches.
  package static var isOn: Bool { nnsh_profile_is_on() != 0 }

  /// Runs `body` and tells what its operations took, the longest first.
  package static func watch<Result>(
    _ body: () throws -> Result
  ) rethrows -> (result: Result, entries: [Entry]) {
    state.withLock { $0 = State() }
    nnsh_profile_set_on(1)
    defer { nnsh_profile_set_on(0) }
    let result = try body()
    return (result, state.withLock { $0.entries }.sorted { $0.seconds > $1.seconds })
  }

  /// The multiply-adds that all threads reach together, in operations a second: the best of a few
  /// runs of a millisecond.
  package static func peak() -> Double { nnsh_peak_flops() }

  static func measure<Result>(
    _ operation: StaticString, work: @autoclosure () -> Double = 0,
    _ body: () throws(TensorError) -> Result
  ) throws(TensorError) -> Result {
    if nnsh_profile_is_on() == 0 { return try body() }
    let innerBefore = state.withLock { state in
      defer { state.inner = 0 }
      return state.inner
    }
    let start = now()
    defer {
      let elapsed = now() - start
      let work = work()
      state.withLock { state in
        let name = "\(operation)"
        let index =
          state.entries.firstIndex { $0.operation == name } ?? state.entries.count
        if index == state.entries.count { state.entries.append(Entry(operation: name)) }
        state.entries[index].calls += 1
        state.entries[index].seconds += elapsed - state.inner
        state.entries[index].work += work
        state.inner = innerBefore + elapsed
      }
    }
    return try body()
  }

  private static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
