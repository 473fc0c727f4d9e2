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
  /// - Parameters:
  ///   - seed: the cotangent of the result, for all evaluations or for none; nil for 1.
  ///   - targets: where a plan puts them, if that is of a gradient's shape and type; nil, or nothing,
  ///     for memory of their own.
  package func gradients(
    _ tape: Tape, of result: Variable, seed: Tensor? = nil, to watched: [Variable],
    into targets: [Tensor?] = []
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
      let places = zip(targets, indices).filter { $1 != nil }.map(\.0)
      let computed = try plan.run(deferral, seed: seed, into: places)
      deferral.settle(loss, computed.loss)
      tape.close()
      return try Self.inOrder(computed.gradients, of: watched, isOnTape: indices.map { $0 != nil })
    } catch is PlanError {
      plans.removeAll()
      return try unplanned()
    }
  }

  /// The value of `result` by a plan that can then compute its gradients; nil where there is none.
  ///
  /// - Parameter target: where the value goes, if it is of its shape and type.
  package func value(
    of result: Variable, on tape: Tape, to watched: [Variable], into target: Tensor
  ) throws -> PlannedValue? {
    guard let deferral = tape.deferral, let loss = deferral.index(of: result) else { return nil }
    try deferral.checkFailure()
    let indices = watched.map { deferral.index(of: $0) }
    guard deferral.count < Deferral.limit,
      let plan = plan(deferral, loss, indices.compactMap { $0 }, isSeeded: true)
    else { return nil }
    isRunning = true
    defer { isRunning = false }
    do {
      let value = try plan.computeLoss(deferral, into: target)
      deferral.settle(loss, value)
      return PlannedValue(
        value: value, plan: plan, tape: tape, result: result, watched: watched,
        isOnTape: indices.map { $0 != nil })
    } catch {
      plan.end()
      guard error is PlanError else { throw error }
      plans.removeAll()
      return nil
    }
  }

  /// The gradients of what was computed, each in its place of `targets` where that is of its shape
  /// and type. Closes the tape.
  package func gradients(
    of planned: PlannedValue, seed: Tensor, into targets: [Tensor?]
  ) throws -> [Variable] {
    isRunning = true
    defer {
      isRunning = false
      planned.plan.end()
    }
    do {
      let computed = try planned.plan.computeGradients(
        seed: seed, into: zip(targets, planned.isOnTape).filter(\.1).map(\.0))
      planned.tape.close()
      return try Self.inOrder(computed, of: planned.watched, isOnTape: planned.isOnTape)
    } catch is PlanError {
      plans.removeAll()
      return try planned.tape.sweep(
        from: planned.result, seed: Variable(seed), to: planned.watched)
    }
  }

  /// A gradient for each variable: 0 where the plan has none, or the variable is a constant.
  private static func inOrder(
    _ gradients: [Tensor?], of watched: [Variable], isOnTape: [Bool]
  ) throws -> [Variable] {
    var found = gradients.makeIterator()
    return try zip(watched, isOnTape).map { variable, isOnTape in
      if isOnTape, let gradient = found.next() ?? nil { return Variable(gradient) }
      return Variable(try Tensor.full(variable.shape, 0, variable.elementType.arithmetic))
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

/// What a plan has computed of a recording whose gradients it is asked for later.
package struct PlannedValue {
  package let value: Tensor
  fileprivate let plan: Plan
  fileprivate let tape: Tape
  fileprivate let result: Variable
  fileprivate let watched: [Variable]
  /// Which of the watched variables are on the tape.
  fileprivate let isOnTape: [Bool]

  /// Lets go of what belongs to this recording, whose gradients nobody will ask for.
  package func abandon() {
    plan.end()
    tape.close()
  }
}
