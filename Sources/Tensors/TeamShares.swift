import CKernels

/// The shares of a plan's work, one a thread: runs them, and says by one error what they ended with.
/// For one caller at a time.
final class TeamShares {
  /// What a share says that was left for an interruption.
  static let interrupted: Int32 = .max

  private let count: Int
  /// What oneDNN is asked for, for messages.
  private let operation: String
  /// oneDNN's word on each share of the latest run.
  private let statuses: UnsafeMutablePointer<Int32>

  init(count: Int, operation: String = "matrix product") {
    self.count = count
    self.operation = operation
    // SAFETY: one for each share, freed in deinit.
    statuses = .allocate(capacity: Swift.max(1, count))
    statuses.initialize(repeating: 0, count: Swift.max(1, count))
  }

  deinit { statuses.deallocate() }

  /// Calls `body` with the number of each share, and returns when all have run. A single share runs
  /// without the team, and without memory for the closure: small products are run by the thousand.
  ///
  /// - Parameter body: gives a share's status, 0 for success.
  func run(_ body: (_ share: Int) -> Int32) throws(TensorError) {
    if count == 1 { return try MatmulPrimitive.check(body(0), of: operation) }
    withoutActuallyEscaping(body) { body in
      // SAFETY: the closure and the statuses outlive the run; each share writes a status of its own.
      nonisolated(unsafe) let (body, statuses) = (body, statuses)
      Threads.run(count) { statuses[$0] = body($0) }
    }
    for share in 0..<count { try MatmulPrimitive.check(statuses[share], of: operation) }
  }
}
