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
    watch.ending = .notFinite
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

  /// A step that stops at the first result that is not finite. Every rank computes all blocks, so
  /// that all find the same.
  private func checkedStep(rate: Double) throws -> NotFiniteReport? {
    let plan = plans.batch(rows: batches.rows(ofStep: state.step))
    let alone = Alone()
    var pass = try BatchPass(
      self, plan, beginStep(needing: 0..<plan.rows), rate: rate, GradientSum(store.update, alone),
      BlockTree(blocks: plan.blocks.count, ranks: 1), alone)
    pass.observer = JointPass.Observer(
      forward: checkForward, loss: checkLoss, backward: checkBackward)
    do { _ = try pass.run() } catch let birth as Birth {
      var report = birth.report
      if exchange.ranks > 1, let row = birth.row,
        let block = plan.blocks.firstIndex(where: { row < $0.first + $0.rows })
      {
        report.rank = BlockTree(blocks: plan.blocks.count, ranks: exchange.ranks).owner(of: block)
      }
      return report
    }
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

  /// Ends a checked step.
  private struct Birth: Error {
    let report: NotFiniteReport
    /// The first row of the batch in the piece that was computed.
    let row: Int?
  }

  private func checkForward(
    _ piece: JointPass.Piece, _ stage: Stage, _ output: FloatRows
  ) throws {
    guard let bad = backend.firstNotFinite(in: output) else { return }
    let (operation, operands) = stage.forwardOperands()
    let row = state.step * batches.size + piece.step.rowOffset + bad / max(1, output.columns)
    throw Birth(
      report: report(
        layer: stage.position, name: stage.name, phase: "forward", operation: operation,
        operands: operands.map { $0.measured() }, row: batches.row(at: row)),
      row: piece.step.rowOffset)
  }

  private func checkLoss(_ piece: JointPass.Piece, _ output: FloatRows) throws {
    let head = piece.plan.head
    guard !head.sums.loss.isFinite || backend.firstNotFinite(in: head.gradient) != nil else {
      return
    }
    throw Birth(
      report: report(
        layer: 0, name: loss.rawValue, phase: "forward", operation: "\(loss.rawValue)(y, p)",
        operands: [
          StageOperand("outputs", output).measured(),
          StageOperand("targets", piece.rows.targets).measured(),
        ]),
      row: piece.step.rowOffset)
  }

  private func checkBackward(
    _ piece: JointPass.Piece, _ stage: Stage, _ gradient: FloatRows
  ) throws -> FloatRows {
    let (operation, operands) = stage.backwardOperands(gradient)
    let measured = operands.map { $0.measured() }
    let result = try stage.backward(gradient, piece.step)
    // What the first stage gives is nobody's.
    if stage !== piece.plan.stages[piece.plan.firstTrained],
      backend.firstNotFinite(in: result) != nil
    {
      throw Birth(
        report: report(
          layer: stage.position, name: stage.name, phase: "backward", operation: operation,
          operands: measured),
        row: piece.step.rowOffset)
    }
    return result
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
