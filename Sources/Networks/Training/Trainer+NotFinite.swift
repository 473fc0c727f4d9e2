import CKernels
import Tensors

extension Trainer {
  /// Nothing that training starts from may be infinite or NaN.
  func checkStart() throws {
    func check(_ what: String, _ pointer: Floats, _ count: Int) throws {
      guard nnsh_first_nonfinite(pointer, count) < 0 else {
        throw TrainingError.notFiniteAtStart(what: what)
      }
    }
    try NotFiniteData.check(data.inputs, "inputs")
    try NotFiniteData.check(data.targets, "targets")
    try NotFiniteData.check(data.validation?.inputs, "inputs", of: "the validation part")
    try NotFiniteData.check(data.validation?.targets, "targets", of: "the validation part")
    for slot in store.slots { try check("\(slot.name) is", slot.weights, slot.shape.count) }
  }

  /// Replays the epoch from its start, which is exact, looking at every result, until the step in
  /// which the first NaN or infinity is born; leaves the weights as they were before that step.
  func diagnose() throws -> TrainingError {
    snapshot.restore(store, statistics: statistics)
    state = snapshotState
    optimizerSteps = snapshotSteps
    let rate = options.optimizer.rate.rate(epoch: state.epoch)
    let before = try StoreSnapshot(like: store)
    var largestWeights: [Double] = []
    while state.step < stepsPerEpoch {
      before.take(store, statistics: statistics)
      let (stateBefore, stepsBefore) = (state, optimizerSteps)
      largestWeights.append(largestWeight())
      if var report = try checkedStep(rate: rate) {
        report.largestWeights = largestWeights
        before.restore(store, statistics: statistics)
        (state, optimizerSteps) = (stateBefore, stepsBefore)
        return .notFinite(report)
      }
    }
    return .notFinite(
      report(
        layer: 0, name: options.optimizer.name, phase: "update", operation: "W - v", operands: []))
  }

  private func largestWeight() -> Double {
    var largest: Float = 0
    for slot in store.slots {
      // SAFETY: a slot's weights are as many as its shape says.
      for index in 0..<slot.shape.count { largest = max(largest, abs(slot.weights[index])) }
    }
    return Double(largest)
  }

  /// A step that stops at the first result that is not finite.
  private func checkedStep(rate: Double) throws -> NotFiniteReport? {
    let first = state.step * batchRows
    let count = min(batchRows, source.rows - first)
    let (inputs, targets) = rows(first, count)
    context.isTraining = true
    context.step = UInt64(optimizerSteps)
    store.roundWeights()
    let scale = gradientScale(rows: count, rate: rate)
    var offset = 0
    for plan in plans(rows: count) {
      context.isFirstChunk = offset == 0
      context.rowOffset = offset
      if let report = try check(
        plan, inputs + offset * source.inputWidth, targets + offset * source.targetWidth,
        scale: scale, firstRow: first + offset)
      {
        return report
      }
      offset += plan.rows
    }
    for slot in store.slots
    where nnsh_first_nonfinite(slot.update, slot.shape.count) >= 0 {
      return report(
        layer: 0, name: options.optimizer.name, phase: "backward",
        operation: "the gradient of \(slot.name)", operands: [operand(slot)])
    }
    update(rate: rate)
    for slot in store.slots
    where nnsh_first_nonfinite(slot.weights, slot.shape.count) >= 0 {
      return report(
        layer: 0, name: options.optimizer.name, phase: "update",
        operation: "\(slot.name) - its update", operands: [operand(slot)])
    }
    state.step += 1
    return nil
  }

  private func check(
    _ plan: TrainingPlan, _ inputs: Floats, _ targets: Floats, scale: Float, firstRow: Int
  ) throws -> NotFiniteReport? {
    var value = inputs
    for stage in plan.stages {
      value = try stage.forward(value, context)
      let bad = nnsh_first_nonfinite(value, plan.rows * stage.width)
      if bad >= 0 {
        let (operation, operands) = stage.forwardOperands()
        let row = firstRow + bad / max(1, stage.width)
        return report(
          layer: stage.position, name: stage.name, phase: "forward", operation: operation,
          operands: operands.map { $0.measured() },
          row: order.indices.contains(row) ? order[row] : row)
      }
    }
    plan.head.evaluate(value, targets, scale: scale)
    let width = plan.head.width
    guard plan.head.lossSum.isFinite,
      nnsh_first_nonfinite(plan.head.gradient, plan.rows * width) < 0
    else {
      return report(
        layer: 0, name: loss.rawValue, phase: "forward", operation: "\(loss.rawValue)(y, p)",
        operands: [
          StageOperand("outputs", value, plan.rows, width).measured(),
          StageOperand("targets", targets, plan.rows, width).measured(),
        ])
    }
    var gradient = plan.head.gradient
    for (index, stage) in plan.stages.enumerated().reversed() {
      let operands = stage.backwardOperands(gradient)
      let measured = operands.operands.map { $0.measured() }
      gradient = try stage.backward(gradient, context)
      let inputWidth = index > 0 ? plan.stages[index - 1].width : 0
      if nnsh_first_nonfinite(gradient, plan.rows * inputWidth) >= 0 {
        return report(
          layer: stage.position, name: stage.name, phase: "backward",
          operation: operands.operation, operands: measured)
      }
    }
    return nil
  }

  private func operand(_ slot: ParameterSlot) -> NotFiniteReport.Operand {
    StageOperand("update of \(slot.name)", slot.update, 1, slot.shape.count).measured()
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
