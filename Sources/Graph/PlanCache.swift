import Operations
import Synchronization
import Tensors

/// The plans of one place in the code that takes gradients: a few, for it may be reached with
/// several shapes and by several ways.
///
/// `@unchecked Sendable`: used by the machine's thread alone.
package final class PlanCache: @unchecked Sendable {
  /// Whether gradients are planned at all: `set plan off` is there to compare with.
  package static var isOn: Bool {
    get { on.load(ordering: .relaxed) }
    set { on.store(newValue, ordering: .relaxed) }
  }
  private static let on = Atomic<Bool>(true)

  private static let mostPlans = 4
  /// So many recordings in a row that no plan fits, and the place is left alone for a while.
  private static let mostMisses = 8
  private static let rest = 256
  /// The largest arena that is kept.
  private static let mostBytes = 256 << 20

  /// The plan that was used last comes last.
  private var plans: [Plan] = []
  private var evaluations = 0
  private var misses = 0
  private var resting = 0
  private var isRunning = false

  package init() {}

  /// Whether the evaluation that begins now is to be recorded for a plan: not the first, which may
  /// be the only one.
  package func beginsPlanning() -> Bool {
    guard Self.isOn, !isRunning, !Tape.isAnyOpen, !Profile.isOn else { return false }
    if resting > 0 {
      resting -= 1
      return false
    }
    evaluations += 1
    return evaluations > 1
  }

  /// The gradients of `result` by a plan; nil where there can be none. Closes the tape.
  package func gradients(
    _ tape: Tape, of result: Variable, to watched: [Variable]
  ) throws -> [Variable] {
    guard let deferral = tape.deferral, let loss = deferral.index(of: result) else {
      return try tape.sweep(from: result, to: watched)
    }
    try deferral.checkFailure()
    let indices = watched.compactMap { deferral.index(of: $0) }
    guard indices.count == watched.count, deferral.nodes.count < Deferral.limit,
      let plan = plan(deferral, loss, indices)
    else { return try tape.sweep(from: result, to: watched) }
    isRunning = true
    defer { isRunning = false }
    do {
      let computed = try plan.run(deferral)
      deferral.settle(loss, computed.loss)
      tape.close()
      return try zip(watched, computed.gradients).map { variable, gradient in
        Variable(try gradient ?? Tensor.full(variable.shape, 0, variable.elementType.arithmetic))
      }
    } catch is PlanError {
      plans.removeAll()
      return try tape.sweep(from: result, to: watched)
    }
  }

  private func plan(_ deferral: Deferral, _ loss: Int, _ watched: [Int]) -> Plan? {
    if let index = plans.lastIndex(where: {
      $0.matches(deferral, loss: loss, watched: watched)
    }) {
      misses = 0
      let plan = plans.remove(at: index)
      plans.append(plan)
      return plan
    }
    misses += 1
    if misses > Self.mostMisses {
      (misses, resting) = (0, Self.rest)
    }
    guard let plan = try? Plan(deferral, loss: loss, watched: watched),
      plan.byteCount <= Self.mostBytes
    else { return nil }
    if plans.count >= Self.mostPlans { plans.removeFirst() }
    plans.append(plan)
    return plan
  }
}
