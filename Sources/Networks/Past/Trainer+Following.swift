import Tensors

/// What a dense layer's weights got from rows of a batch, as a step of training computed it.
struct FollowedRows {
  let stage: DenseStage
  /// What came in, a row of it a position.
  let inputs: FloatRows
  /// The gradient with respect to what the layer gives, before its activation.
  let gradients: FloatRows
  /// The first row's place in the batch.
  let first: Int
  /// How many rows of `inputs` a row of the batch has.
  let positions: Int

  var rows: Int { inputs.rows / max(1, positions) }
}

extension Trainer {
  /// Takes the steps of a training again, looking at what each row of a batch adds to the gradients
  /// of dense layers; what they come to is the same to the last bit.
  ///
  /// - Parameters:
  ///   - epochs: how many of them.
  ///   - before: called before each step.
  ///   - rows: called once for each dense layer and piece of the batch.
  ///   - after: called after each step, with its rate.
  /// - Throws: `TensorError.interrupted`; `TrainingError` where it went otherwise than before.
  func follow(
    epochs: Int, before: () throws -> Void, rows: @escaping (FollowedRows) throws -> Void,
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
    rate: Double, _ rows: @escaping (FollowedRows) throws -> Void
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
        let result = try stage.backward(gradient, piece.step)
        // A rectifier's mask is on the gradient now.
        if let dense = stage as? DenseStage {
          try rows(
            FollowedRows(
              stage: dense, inputs: dense.input.inRows(of: dense.inputs),
              gradients: gradient.inRows(of: dense.outputs), first: piece.step.rowOffset,
              positions: dense.input.columns / max(1, dense.inputs)))
        }
        return result
      })
    return PassSums(try pass.run())
  }
}
