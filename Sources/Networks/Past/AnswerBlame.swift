import Tensors

/// Which rows of the last training have made a network's answer to an example what it is.
package struct AnswerBlame: Sendable {
  /// The loss of the answer, before the training and after it.
  package let before: Double
  package let after: Double
  /// For each row of the data how far its steps have lowered that loss; below 0 they raised it.
  package let rows: [Double]
  /// Whether the steps were plain gradient descent, of which these are first-order estimates.
  package let isPlain: Bool
  /// The parameters of layers that are not dense: the training moved them, and what each row did to
  /// them is not known.
  package let leftOut: [String]
  /// What the rows were to give, N×K.
  package let targets: Tensor
}

extension Network {
  /// Follows the last training and compares each row's gradient with that of an example, at the
  /// weights of the very step (TracIn; Pruthi et al., 2020): a step along a gradient lowers the loss
  /// of what has a like one. The gradients are those of dense layers.
  ///
  /// - Parameters:
  ///   - input: the example, 1×….
  ///   - answer: what the network gives for it, 1×K, as targets are given.
  /// - Throws: `TrainingError`; `TensorError.interrupted`.
  package func blame(answer: Tensor, to input: Tensor) throws -> AnswerBlame {
    guard let run = past?.lastBeginning else { throw TrainingError.nothingToBlame }
    let trainer = try Trainer(run.network, data: run.data, options: run.options)
    var options = TrainingOptions()
    options.loss = trainer.loss
    options.batch = .full
    // A rule that keeps the gradient apart from its state.
    options.optimizer = Optimizer(.adagrad, rate: 0.0)
    let example = try Trainer(
      run.network, data: TrainingData(inputs: input, targets: answer), options: options)
    let follower = AnswerFollower(trainer, example)
    try follower.follow(epochs: run.history.count)
    guard !follower.seen.isEmpty else {
      throw TrainingError.cannotBlame(
        "the network has no dense layer in Float32: of others the rows' shares are not told apart")
    }
    try Network.requireSameLosses(
      trainer.history.after(trainer.epochsMeasured).loss, as: run.history.loss,
      since: run.network.history.count)
    func loss(_ network: Network) throws -> Double {
      try network.measured(input, answer, loss: trainer.loss).loss
    }
    return AnswerBlame(
      before: try loss(run.network), after: try loss(trainer.trained()), rows: follower.rows,
      isPlain: run.options.optimizer.name == "sgd",
      leftOut: trainer.memory.store.slots.filter {
        !$0.isFrozen && !follower.seen.contains($0.name)
      }.map(\.name),
      targets: trainer.data.targets)
  }
}

/// Adds up how rows' gradients agree with an example's.
private final class AnswerFollower {
  private let trainer: Trainer
  private let example: Trainer
  private(set) var rows: [Double]
  /// The parameters whose gradients are compared.
  private(set) var seen: Set<String> = []
  private var batch: [Double] = []
  /// What the example gives the dense layers at the weights of the step, by the weights' names.
  private var own: [String: (inputs: [Float], gradients: [Float])] = [:]
  private let momentum: Double
  private let carriesRate: Bool

  init(_ trainer: Trainer, _ example: Trainer) {
    self.trainer = trainer
    self.example = example
    rows = [Double](repeating: 0, count: trainer.data.rows)
    momentum = trainer.options.optimizer["momentum"] ?? 0
    carriesRate = trainer.memory.rule.retained != nil
  }

  func follow(epochs: Int) throws {
    try trainer.follow(
      epochs: epochs, before: begin,
      rows: { [unowned self] rows in compare(rows) }, after: end)
  }

  private func begin() throws {
    batch = [Double](
      repeating: 0, count: trainer.batches.rows(ofStep: trainer.state.step))
    own = [:]
    let (mine, theirs) = (example.memory.store, trainer.memory.store)
    for (target, source) in zip(mine.slots, theirs.slots) {
      target.numbers.copy(from: source.numbers)
    }
    example.memory.statistics.values = trainer.memory.statistics.values
    example.state.step = 0
    _ = try example.followStep(rate: 0) { [unowned self] rows in
      func numbers(_ rows: FloatRows) -> [Float] {
        (0..<rows.count).map { Float(rows.number(at: $0)) }
      }
      own[rows.stage.weights.name] = (numbers(rows.inputs), numbers(rows.gradients))
    }
  }

  /// A row's gradient of W is xᵀδ: two of them agree by (x·x′)(δ·δ′), the biases' by δ·δ′, summed over
  /// the positions of both.
  private func compare(_ rows: FollowedRows) {
    let stage = rows.stage
    guard !stage.weights.isFrozen, let own = own[stage.weights.name] else { return }
    seen.formUnion([stage.weights.name, stage.bias?.name].compactMap { $0 })
    let bias: Double = stage.bias == nil ? 0 : 1
    let positions = own.gradients.count / max(1, stage.outputs)
    for place in 0..<rows.inputs.rows {
      let row = rows.first + place / max(1, rows.positions)
      guard batch.indices.contains(row) else { continue }
      for other in 0..<positions {
        let slope = Self.product(
          rows.gradients, place * stage.outputs, own.gradients, other * stage.outputs,
          stage.outputs)
        if slope == 0 { continue }
        let like = Self.product(
          rows.inputs, place * stage.inputs, own.inputs, other * stage.inputs, stage.inputs)
        batch[row] += slope * (like + bias)
      }
    }
  }

  private static func product(
    _ rows: FloatRows, _ start: Int, _ numbers: [Float], _ first: Int, _ count: Int
  ) -> Double {
    var sum: Float = 0
    numbers.withUnsafeBufferPointer { numbers in
      // SAFETY: both have `count` numbers from there on; stages that are followed are Float32.
      for index in 0..<count { sum += rows.pointer[start + index] * numbers[first + index] }
    }
    return Double(sum)
  }

  private func end(rate: Double) {
    let first = (trainer.state.step - 1) * trainer.batches.size
    // With momentum a gradient goes on acting in the steps to come.
    let factor = (carriesRate ? 1 : rate) / (1 - momentum)
    for (place, agreement) in batch.enumerated() {
      rows[trainer.batches.row(at: first + place)] += factor * agreement
    }
  }
}
