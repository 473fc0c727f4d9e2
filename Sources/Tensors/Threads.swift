import CKernels

/// How many threads share large work: the team of `CKernels`, for kernels and products alike.
package enum Threads {
  /// At first what `OMP_NUM_THREADS` says, or the number of processors. Results never depend on it.
  package static var count: Int {
    get { Int(nnsh_thread_count()) }
    set { nnsh_set_thread_count(Int32(clamping: newValue)) }
  }

  /// Runs with that many threads (as many as there are, if nil); the number comes back after.
  package static func limited<Result>(
    to limit: Int?, _ body: () throws -> Result
  ) rethrows -> Result {
    guard let limit, limit < count else { return try body() }
    let before = count
    count = limit
    defer { count = before }
    return try body()
  }

  /// Calls `body` with 0 ..< blocks, divided among the threads, and returns when all calls have.
  ///
  /// - Parameter work: how many elements there are, roughly; little work stays on one thread.
  package static func run(
    _ blocks: Int, work: Int = .max, body: @Sendable (Int) -> Void
  ) {
    withoutActuallyEscaping(body) { body in
      // SAFETY: the kernels' threads read the closure only until the call returns.
      withUnsafePointer(to: body) { body in
        nnsh_parallel_whole(
          blocks, work,
          { context, block in
            context?.assumingMemoryBound(to: (@Sendable (Int) -> Void).self).pointee(block)
          }, UnsafeMutableRawPointer(mutating: body))
      }
    }
  }
}

/// The request to stop what is running, made by Ctrl-C.
///
/// Long kernels look at it between blocks and throw `TensorError.interrupted`.
package enum Interrupt {
  /// Whether a stop has been asked for and not yet been dealt with.
  package static var isRequested: Bool { nnsh_interrupt_is_requested() != 0 }
  /// Asks for a stop; safe in a signal handler.
  package static func request() { nnsh_interrupt_request() }
  /// Whether a stop has been asked for that waits (`heldBack`).
  package static var isHeldBack: Bool { nnsh_interrupt_is_held_back() != 0 }
  /// Runs `body`, in which a request only shows by `isHeldBack`; it takes effect afterwards.
  package static func heldBack<Result>(_ body: () throws -> Result) rethrows -> Result {
    nnsh_interrupt_hold(1)
    defer { nnsh_interrupt_hold(0) }
    return try body()
  }
  /// Forgets the request.
  package static func clear() { nnsh_interrupt_clear() }
  /// Whether a loop must do more than go on: a stop has been asked for, memory has run short, or
  /// there are kept products or values to let go of.
  @inlinable
  package static var needsAttention: Bool { nnsh_needs_attention() != 0 }
  /// Whether long work must stop: a stop has been asked for, or memory has run short.
  package static var mustStop: Bool { nnsh_must_stop() != 0 }
  /// Throws `interrupted` where a stop has been asked for, and `memoryRunsShort` where it has.
  package static func check() throws(TensorError) {
    guard mustStop else { return }
    if isRequested { throw .interrupted }
    try MemoryGuard.throwIfShort()
  }
}

/// Turns what a kernel returns into an error.
func checkStatus(_ status: Int32) throws(TensorError) {
  switch Int(status) {
  case Int(nnsh_done): return
  case Int(nnsh_interrupted): throw .interrupted
  case Int(nnsh_malformed): throw .invalidProgram
  default: throw .outOfMemory(bytes: 0, available: Int(clamping: nnsh_available_memory()))
  }
}
