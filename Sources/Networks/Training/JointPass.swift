import Tensors

/// Forward and back through pieces of a batch side by side, stage by stage: where a stage needs sums
/// over the whole batch, those of all pieces, of all ranks, are joined before any goes on.
struct JointPass {
  /// A piece of the batch on its way.
  struct Piece {
    let plan: TrainingPlan
    let rows: Batches.Step
    var step: StepContext
    /// Where its gradients go.
    let gradients: Floats
  }

  /// Told what each stage gives; makes the call of each backward pass.
  struct Observer {
    var forward: (Piece, Stage, _ output: FloatRows) throws -> Void
    var loss: (Piece, _ output: FloatRows) throws -> Void
    var backward: (Piece, Stage, _ gradient: FloatRows) throws -> FloatRows
  }

  let pieces: [Piece]
  let gradients: GradientPlace
  /// The rows of the batch.
  let batchRows: Int
  /// Makes of the pieces' sums those of the batch, in the order of the blocks.
  let join: ([[Double]]) throws -> [Double]
  var observer: Observer?

  /// Leaves each piece's gradients, times `scale`, where they belong.
  func run(scale: Double) throws {
    let outputs = try forward(pieces.map(\.plan.stages), pieces.map(\.rows.inputs))
    for (piece, output) in zip(pieces, outputs) {
      try piece.plan.head.evaluate(
        output, piece.rows.targets, weights: piece.rows.weights, scale: scale)
      try observer?.loss(piece, output)
    }
    _ = try backward(
      pieces.map { Array($0.plan.stages.dropFirst($0.plan.firstTrained)) },
      pieces.map(\.plan.head.gradient))
  }

  // MARK: forward

  private func forward(_ stages: [[Stage]], _ inputs: [FloatRows]) throws -> [FloatRows] {
    var values = inputs
    for index in 0..<(stages.first?.count ?? 0) {
      let side = stages.map { $0[index] }
      values = try forward(side, values)
      for (piece, stage) in side.enumerated() {
        try observer?.forward(pieces[piece], stage, values[piece])
      }
    }
    return values
  }

  private func forward(_ side: [Stage], _ inputs: [FloatRows]) throws -> [FloatRows] {
    if side.contains(where: { !$0.inner.isEmpty }) {
      let inside = try forward(side.map(\.inner), inputs)
      return side.indices.map { side[$0].finishForward(inputs[$0], inside[$0]) }
    }
    let whole = side.compactMap { $0 as? any WholeBatchStage }
    for round in 0..<(whole.first?.forwardRounds ?? 0) {
      let sums = try join(whole.indices.map { try whole[$0].forwardSums(round, of: inputs[$0]) })
      for (piece, stage) in whole.enumerated() {
        stage.takeForward(round, sums, batchRows: batchRows, isFirst: piece == 0)
      }
    }
    return try side.indices.map { try side[$0].forward(inputs[$0], pieces[$0].step) }
  }

  // MARK: backward

  private func backward(_ stages: [[Stage]], _ gradients: [FloatRows]) throws -> [FloatRows] {
    var values = gradients
    for index in (0..<(stages.first?.count ?? 0)).reversed() {
      values = try backward(stages.map { $0[index] }, values)
    }
    return values
  }

  private func backward(_ side: [Stage], _ gradients: [FloatRows]) throws -> [FloatRows] {
    if side.contains(where: { !$0.inner.isEmpty }) {
      for (stage, gradient) in zip(side, gradients) { stage.beginBackward(gradient) }
      let inside = try backward(side.map(\.inner), gradients)
      return zip(side, inside).map { $0.finishBackward($1) }
    }
    let whole = side.compactMap { $0 as? any WholeBatchStage }
    if !whole.isEmpty {
      let sums = try join(whole.indices.map { try whole[$0].backwardSums(of: gradients[$0]) })
      for stage in whole { stage.takeBackward(sums, batchRows: batchRows) }
    }
    return try side.indices.map { index in
      self.gradients.base = pieces[index].gradients
      if let observer {
        return try observer.backward(pieces[index], side[index], gradients[index])
      }
      return try side[index].backward(gradients[index], pieces[index].step)
    }
  }
}
