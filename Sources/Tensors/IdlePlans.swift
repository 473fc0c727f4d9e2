import Synchronization

/// A plan that is found again by what it was made for, and runs for one caller at a time.
protocol ReusablePlan: AnyObject, Sendable {
  associatedtype Key: Hashable & Sendable
  var key: Key { get }
}

/// Plans that are not running, the latest used last; a running one is nobody else's.
final class IdlePlans<Plan: ReusablePlan>: Sendable {
  private let limit: Int
  private let plans = Mutex<[Plan]>([])

  /// - Parameter limit: how many are kept.
  init(limit: Int) { self.limit = limit }

  /// Runs with a plan for the key, made now unless one is kept.
  func withPlan<Result>(
    _ key: Plan.Key, make: (Plan.Key) throws(TensorError) -> Plan,
    _ body: (Plan) throws(TensorError) -> Result
  ) throws(TensorError) -> Result {
    let kept = plans.withLock { plans -> Plan? in
      guard let index = plans.lastIndex(where: { $0.key == key }) else { return nil }
      return plans.remove(at: index)
    }
    let plan = if let kept { kept } else { try make(key) }
    defer {
      plans.withLock { plans in
        if plans.count >= limit { plans.removeFirst() }
        plans.append(plan)
      }
    }
    return try body(plan)
  }
}
