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

  /// The tape for an evaluation that begins now, where it is to be recorded for a plan: not for the
  /// first, which may be the only one.
  ///
  /// - Parameter isAlone: whether nothing on another tape can come in, as in a step of training.
  package func tape(isAlone: Bool = false) -> Tape? {
    guard Self.isOn, !isRunning, isAlone || !Tape.isAnyOpen, !Profile.isOn else { return nil }
    if resting > 0 {
      resting -= 1
      return nil
    }
    evaluations += 1
    return evaluations > 1 ? Tape.deferring(following: plans.last?.pattern) : nil
  }

  /// The gradients of `result`, by a plan where the tape defers. Closes the tape.
  ///
  /// - Parameter seed: the cotangent of the result, for all evaluations or for none; nil for 1.
  package func gradients(
    _ tape: Tape, of result: Variable, seed: Tensor? = nil, to watched: [Variable]
  ) throws -> [Variable] {
    func unplanned() throws -> [Variable] {
      try tape.sweep(from: result, seed: seed.map { Variable($0) }, to: watched)
    }
    guard let deferral = tape.deferral, let loss = deferral.index(of: result) else {
      return try unplanned()
    }
    try deferral.checkFailure()
    let indices = watched.map { deferral.index(of: $0) }
    guard deferral.count < Deferral.limit,
      let plan = plan(deferral, loss, indices.compactMap { $0 }, isSeeded: seed != nil)
    else { return try unplanned() }
    isRunning = true
    defer { isRunning = false }
    do {
      let computed = try plan.run(deferral, seed: seed)
      deferral.settle(loss, computed.loss)
      tape.close()
      var found = computed.gradients.makeIterator()
      return try zip(watched, indices).map { variable, index in
        // A constant among the variables has no gradient in the plan.
        if index != nil, let gradient = found.next() ?? nil { return Variable(gradient) }
        return Variable(try Tensor.full(variable.shape, 0, variable.elementType.arithmetic))
      }
    } catch is PlanError {
      plans.removeAll()
      return try unplanned()
    }
  }

  private func plan(
    _ deferral: Deferral, _ loss: Int, _ watched: [Int], isSeeded: Bool
  ) -> Plan? {
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
    guard let plan = try? Plan(deferral, loss: loss, watched: watched, isSeeded: isSeeded),
      plan.byteCount <= Self.mostBytes
    else {
      // What cannot be planned now cannot be at the next turn of the loop.
      (misses, resting) = (0, Self.rest)
      return nil
    }
    if plans.count >= Self.mostPlans { plans.removeFirst() }
    plans.append(plan)
    return plan
  }
}
