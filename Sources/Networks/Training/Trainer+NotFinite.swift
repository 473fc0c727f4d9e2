import Tensors

extension Trainer {
  private var backend: any Backend { setup.backend }
  private var store: ParameterStore { memory.store }

  /// Nothing that training starts from may be infinite or NaN.
  func checkStart() throws {
    try NotFiniteData.check(data.inputs, "inputs")
    try NotFiniteData.check(data.targets, "targets")
    try NotFiniteData.check(data.validation?.inputs, "inputs", of: "the validation part")
    try NotFiniteData.check(data.validation?.targets, "targets", of: "the validation part")
    for slot in store.slots where backend.firstNotFinite(in: slot.numbers) != nil {
      throw TrainingError.notFiniteAtStart(what: "\(slot.name) is")
    }
  }

  /// Replays the epoch from its start, which is exact, looking at every result, until the step in
  /// which the first NaN or infinity is born; leaves the weights as they were before that step.
  func diagnose() throws -> TrainingError {
    epochStart.restore(memory)
    state = epochStart.state
    let rate = try rate(ofEpoch: state.epoch)
    let before = try TrainingMoment(like: memory)
    var largestWeights: [Double] = []
    while state.step < stepsPerEpoch {
      before.take(memory, state)
      largestWeights.append(largestWeight())
      if var report = try checkedStep(rate: rate) {
        report.largestWeights = largestWeights
        before.restore(memory)
        state = before.state
        return .notFinite(report)
      }
    }
    return .notFinite(
      report(
        layer: 0, name: options.optimizer.name, phase: "update", operation: "W - v", operands: []))
  }

  private func largestWeight() -> Double {
    var largest = 0.0
    for numbers in store.slots.lazy.map(\.numbers) {
      for index in 0..<numbers.count { largest = max(largest, abs(numbers.number(at: index))) }
    }
    return largest
  }

  /// A step that stops at the first result that is not finite.
  private func checkedStep(rate: Double) throws -> NotFiniteReport? {
    let step = try beginStep()
    let share = try exchange.share(ofRows: step.inputs.rows)
    let scale = gradientScale(
      of: step.weight(positions: setup.positions), rate: rate, share: share)
    var offset = 0
    for plan in plans.pieces(rows: step.inputs.rows) {
      let found = try check(
        plan, step.piece(from: offset, plan.rows), scale: scale, context(at: offset))
      if let found { return found }
      offset += plan.rows
    }
    try exchange.average(store.update.row, share: share)
    clipGradients()
    for slot in store.slots
    where !slot.isFrozen && backend.firstNotFinite(in: slot.gradient) != nil {
      return report(
        layer: 0, name: options.optimizer.name, phase: "backward",
        operation: "the gradient of \(slot.name)", operands: [operand(slot)])
    }
    memory.update(rate: rate)
    for slot in store.slots where backend.firstNotFinite(in: slot.numbers) != nil {
      return report(
        layer: 0, name: options.optimizer.name, phase: "update",
        operation: "\(slot.name) - its update", operands: [operand(slot)])
    }
    state.step += 1
    return nil
  }

  /// Forward and back through one piece of the step.
  private func check(
    _ plan: TrainingPlan, _ rows: Batches.Step, scale: Double, _ context: StepContext
  ) throws -> NotFiniteReport? {
    var value = rows.inputs
    for stage in plan.stages {
      value = try stage.forward(value, context)
      guard let bad = backend.firstNotFinite(in: value) else { continue }
      let (operation, operands) = stage.forwardOperands()
      let row = state.step * batches.size + context.rowOffset + bad / max(1, value.columns)
      return report(
        layer: stage.position, name: stage.name, phase: "forward", operation: operation,
        operands: operands.map { $0.measured() }, row: batches.row(at: row))
    }
    try plan.head.evaluate(value, rows.targets, weights: rows.weights, scale: scale)
    guard plan.head.sums.loss.isFinite, backend.firstNotFinite(in: plan.head.gradient) == nil else {
      return report(
        layer: 0, name: loss.rawValue, phase: "forward", operation: "\(loss.rawValue)(y, p)",
        operands: [
          StageOperand("outputs", value).measured(),
          StageOperand("targets", rows.targets).measured(),
        ])
    }
    return try checkBackward(plan, context)
  }

  private func checkBackward(
    _ plan: TrainingPlan, _ context: StepContext
  ) throws -> NotFiniteReport? {
    var gradient = plan.head.gradient
    for (index, stage) in plan.stages.enumerated().dropFirst(plan.firstTrained).reversed() {
      let (operation, operands) = stage.backwardOperands(gradient)
      let measured = operands.map { $0.measured() }
      gradient = try stage.backward(gradient, context)
      // What the first stage gives is nobody's.
      if index > plan.firstTrained, backend.firstNotFinite(in: gradient) != nil {
        return report(
          layer: stage.position, name: stage.name, phase: "backward", operation: operation,
          operands: measured)
      }
    }
    return nil
  }

  private func operand(_ slot: ParameterSlot) -> NotFiniteReport.Operand {
    StageOperand("update of \(slot.name)", slot.gradient).measured()
  }

  private func report(
    layer: Int, name: String, phase: String, operation: String,
    operands: [NotFiniteReport.Operand], row: Int? = nil
  ) -> NotFiniteReport {
    NotFiniteReport(
      epoch: state.epoch + 1, step: state.step + 1, layer: layer, layerName: name, phase: phase,
      operation: operation, operands: operands, row: row)
  }
}
