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
  /// The parameters of layers that look at whole batches: the training moved them, and what each row
  /// did to them is not known.
  package let leftOut: [String]
  /// What the rows were to give, N×K.
  package let targets: Tensor
}

extension Network {
  /// Follows the last training and compares each row's gradient with that of an example, at the
  /// weights of the very step (TracIn; Pruthi et al., 2020): a step along a gradient lowers the loss
  /// of what has a like one.
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
        "the network's layers look at whole batches: the rows' shares are not told apart")
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
  /// What the example gives at the weights of the step.
  private var own = ExampleGradients()
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
      rows: { [unowned self] rows in try compare(rows) }, after: end)
  }

  private func begin() throws {
    batch = [Double](
      repeating: 0, count: trainer.batches.rows(ofStep: trainer.state.step))
    own = ExampleGradients()
    let (mine, theirs) = (example.memory.store, trainer.memory.store)
    for (target, source) in zip(mine.slots, theirs.slots) {
      target.numbers.copy(from: source.numbers)
    }
    example.memory.statistics.values = trainer.memory.statistics.values
    example.state.step = 0
    _ = try example.followStep(rate: 0) { [unowned self] rows in
      guard let product = rows as? ProductRows, let weights = product.weights else { return }
      own.products[weights.name] = (product.inputs.floats, product.gradients.floats)
    }
    for slot in mine.slots {
      own.parameters[slot.name] = slot.gradient(in: mine.update).floats
    }
  }

  private func compare(_ rows: any RowGradients) throws {
    let trained = rows.parameters.filter { !$0.isFrozen }.map(\.name)
    guard !trained.isEmpty else { return }
    seen.formUnion(trained)
    for row in 0..<rows.rows where batch.indices.contains(rows.first + row) {
      batch[rows.first + row] += try rows.agreement(ofRow: row, with: own)
    }
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

extension FloatRows {
  /// The numbers in Float32.
  fileprivate var floats: [Float] { (0..<count).map { Float(number(at: $0)) } }
}
