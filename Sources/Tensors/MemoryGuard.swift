import CKernels

/// Refuses what memory cannot hold before any of it is allocated: Swift ends the process where an
/// allocation fails, and the kernel where pages run out.
///
/// What is large is asked for with `require`. What grows little by little is noticed by the kernels'
/// `malloc`, which sets a flag; `Interrupt.check`, loops and calls throw where they see it.
package enum MemoryGuard {
  /// A limit that holds while something runs for which less is enough.
  private static let narrowed = ThreadLocal<Int?>(nil)

  /// Runs what may ask for no more than so many bytes at once.
  package static func limited<Result>(
    toBytes limit: Double, _ body: () throws -> Result
  ) rethrows -> Result {
    try narrowed.withValue(Int(exactly: limit.rounded()) ?? .max, body)
  }

  /// What is smaller, in bytes, comes out of what is left over.
  static let leastGuarded = 16 << 20

  /// Throws where so many bytes cannot be had with something left over.
  package static func require(_ bytes: Int) throws(TensorError) {
    guard bytes >= leastGuarded, nnsh_memory_suffices(bytes) == 0 else { return }
    BackgroundRelease.finish()
    guard nnsh_memory_suffices(bytes) == 0 else { return }
    throw .outOfMemory(bytes: bytes, available: available)
  }

  /// The same for so many elements; a number too large to be counted cannot be had.
  package static func check(elements: Double, bytesEach: Double = 4) throws(TensorError) {
    let bytes = elements * bytesEach
    guard bytes >= 1 || bytes.isNaN else { return }
    let whole = Int(exactly: bytes.rounded()) ?? .max
    if let narrowed = narrowed.current, whole > narrowed {
      throw .outOfMemory(bytes: whole, available: narrowed)
    }
    try require(whole)
  }

  /// Throws where memory has run short since the last time.
  package static func throwIfShort() throws(TensorError) {
    guard isShort else { return }
    forgetShortage()
    BackgroundRelease.finish()
    throw .memoryRunsShort(left: available)
  }

  /// Whether memory has run short.
  package static var isShort: Bool { nnsh_memory_is_short() != 0 }

  /// Before new work: what was short then may have been given back.
  package static func forgetShortage() { nnsh_memory_set_short(0) }

  /// Bytes that can be had.
  package static var available: Int { Int(clamping: nnsh_available_memory()) }

  /// All the memory there is for this process, used or not.
  package static var total: Int { Int(clamping: nnsh_memory_limit()) }

  /// Gives back what is only kept for speed.
  package static func releaseUnused() {
    BackgroundRelease.finish()
    nnsh_memory_release_unused()
  }

  /// To be called once, before the first thread is made.
  package static func prepare() { nnsh_memory_prepare() }
}

extension Array {
  /// Appends, and throws where the array would have to grow to more than memory holds.
  @inline(__always)
  package mutating func appendGuarded(_ element: Element) throws(TensorError) {
    if count == capacity { try requireGrowth(by: 1) }
    append(element)
  }

  /// Throws where memory cannot hold the array with so many more elements. An array that grows
  /// takes up twice what it needs, beside what it has.
  package func requireGrowth(by more: Int) throws(TensorError) {
    guard count + more > capacity else { return }
    let (bytes, overflow) = (count + more).multipliedReportingOverflow(
      by: 2 * MemoryLayout<Element>.stride)
    try MemoryGuard.require(overflow ? .max : bytes)
  }
}

/// The calling thread's stack.
package enum CallStack {
  /// Whether it is nearly used up: walks over values that are nested deeply stop there.
  package static var isLow: Bool { nnsh_stack_is_low() != 0 }

  /// Gives back the memory that deep calls have taken and left.
  package static func releaseUnused() { nnsh_stack_release_unused() }

  /// Whether values wait to be released from a place with more of it; loops ask with
  /// `Interrupt.needsAttention`.
  package static var hasDeferredReleases: Bool {
    get { nnsh_release_waits() != 0 }
    set { nnsh_release_set_waiting(newValue ? 1 : 0) }
  }
}
