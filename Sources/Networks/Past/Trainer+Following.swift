import Tensors

extension Trainer {
  /// Takes the steps of a training again, looking at what each row of a batch adds to the
  /// gradients; what they come to is the same to the last bit.
  ///
  /// - Parameters:
  ///   - epochs: how many of them.
  ///   - before: called before each step.
  ///   - rows: called once for each stage with parameters and piece of the batch.
  ///   - after: called after each step, with its rate.
  /// - Throws: `TensorError.interrupted`; `TrainingError` where it went otherwise than before.
  func follow(
    epochs: Int, before: () throws -> Void, rows: @escaping (any RowGradients) throws -> Void,
    after: (_ rate: Double) throws -> Void
  ) throws {
    while state.epoch < epochs {
      beginEpoch()
      let rate = try rate(ofEpoch: state.epoch)
      try Threads.limited(to: setup.cut.threads) {
        while state.step < stepsPerEpoch {
          if Interrupt.isRequested { throw TensorError.interrupted }
          try before()
          let sums = try followStep(rate: rate, rows)
          guard sums.loss.isFinite else { throw TrainingError.pastHasChanged(epoch: epoch) }
          clipGradients()
          memory.update(rate: rate)
          state.sums += sums
          state.step += 1
          try after(rate)
        }
      }
      try endEpoch()
      state.beginEpoch()
    }
  }

  /// Gradients of the step at hand, and what its rows measured; nothing is changed.
  func followStep(
    rate: Double, _ rows: @escaping (any RowGradients) throws -> Void
  ) throws -> PassSums {
    let plan = plans.batch(rows: batches.rows(ofStep: state.step))
    let alone = Alone()
    var pass = try BatchPass(
      self, plan, beginStep(needing: 0..<plan.rows), rate: rate,
      GradientSum(memory.store.update, alone), BlockTree(blocks: plan.blocks.count, ranks: 1),
      alone)
    pass.observer = JointPass.Observer(
      forward: { _, _, _ in }, loss: { _, _ in },
      backward: { piece, stage, gradient in
        // It may be overwritten by the pass.
        let before =
          try stage.ownLayer == nil ? nil : gradient.tensor(Shape(checking: [gradient.count]))
        let result = try stage.backward(gradient, piece.step)
        for part in try stage.rowGradients(gradient, before: before, piece.step) {
          try rows(part)
        }
        return result
      })
    return PassSums(try pass.run())
  }
}
