import Tensors

/// What the rows of the last training have done to one weight.
package struct WeightBlame: Sendable {
  /// Before the training and after it.
  package let before: Double
  package let after: Double
  package let epochs: Int
  /// For each row of the data how far it moved the weight, all epochs together.
  package let rows: [Double]
  /// What a penalty on the weights did, and what the optimizer still had of trainings before.
  package let penalty: Double
  package let earlier: Double
  /// What all of that leaves over.
  package var rest: Double { after - before - rows.reduce(0, +) - penalty - earlier }
  /// Whether the steps follow the gradients alone, so that the rest is rounding.
  package let isExact: Bool
  /// What the rows were to give, N×K.
  package let targets: Tensor
}

extension Network {
  /// Follows one number of a parameter through the last training, row by row. A step's gradient is a
  /// sum over its rows; what each has done in the end follows from the update rule
  /// (`UpdateResponse`).
  ///
  /// - Parameter element: its place among the parameter's numbers, in their order.
  /// - Throws: `TrainingError` where the training is not kept or cannot be followed;
  ///   `TensorError.interrupted`.
  package func blame(parameter name: String, element: Int) throws -> WeightBlame {
    guard let run = past?.lastBeginning else { throw TrainingError.nothingToBlame }
    let trainer = try Trainer(run.network, data: run.data, options: run.options)
    guard let response = UpdateResponse(run.options.optimizer) else {
      throw TrainingError.cannotBlame(
        "\(run.options.optimizer.name) goes by the sign of its gradients, so that no row has a share"
      )
    }
    guard let slot = trainer.memory.store.slots.first(where: { $0.name == name }),
      slot.shape.count > element, element >= 0
    else { throw NetworkError.noSuchParameter(name: name, known: parameterNames) }
    guard !slot.isFrozen else {
      throw TrainingError.cannotBlame("\(name) was left as it was in the last training")
    }
    try MemoryGuard.check(
      elements: Double(run.data.rows) * Double(run.history.count), bytesEach: 16)
    let follower = WeightFollower(trainer, slot, element: element, response)
    try follower.follow(epochs: run.history.count)
    guard follower.isSeen else {
      throw TrainingError.cannotBlame(
        "\(name) belongs to a layer that looks at whole batches: the rows' shares are not told apart"
      )
    }
    try Network.requireSameLosses(
      trainer.history.after(trainer.epochsMeasured).loss, as: run.history.loss,
      since: run.network.history.count)
    return follower.blame(epochs: run.history.count)
  }
}

/// Collects what rows add to the gradient of one number.
private final class WeightFollower {
  private let trainer: Trainer
  private let slot: ParameterSlot
  private let element: Int
  private var response: UpdateResponse
  private(set) var isSeen = false
  /// Of the step at hand, by the row's place in the batch.
  private var batch: [Double] = []
  private var weight: Double
  private let start: Double
  private let earlier: Double
  /// Of each step: which rows, and what they added.
  private var steps: [(rows: [Int32], gradients: [Float])] = []

  init(_ trainer: Trainer, _ slot: ParameterSlot, element: Int, _ response: UpdateResponse) {
    self.trainer = trainer
    self.slot = slot
    self.element = element
    self.response = response
    start = slot.numbers.number(at: element)
    weight = start
    earlier =
      trainer.memory.store.states.first.map { slot.gradient(in: $0).number(at: element) } ?? 0
  }

  func follow(epochs: Int) throws {
    try trainer.follow(
      epochs: epochs, before: begin,
      rows: { [unowned self] rows in try take(rows) }, after: end)
  }

  private func begin() {
    batch = [Double](
      repeating: 0, count: trainer.batches.rows(ofStep: trainer.state.step))
    weight = slot.numbers.number(at: element)
  }

  private func take(_ rows: any RowGradients) throws {
    guard rows.parameters.contains(where: { $0.name == slot.name }) else { return }
    isSeen = true
    for row in 0..<rows.rows where batch.indices.contains(rows.first + row) {
      batch[rows.first + row] += try rows.part(ofRow: row, of: slot.name, element: element)
    }
  }

  private func end(rate: Double) {
    let memory = trainer.memory
    let sum = batch.reduce(0, +)
    let carriesRate = memory.rule.retained != nil
    let state = memory.store.states.first.map { slot.gradient(in: $0).number(at: element) } ?? 0
    let isClipped = (trainer.options.optimizer["clip"] ?? 0) > 0
    response.add(
      gradient: sum, carriesRate: carriesRate,
      clipped: isClipped ? slot.gradient(in: memory.store.update).number(at: element) : sum,
      state: state, weights: (weight, slot.numbers.number(at: element)), rate: rate)
    let first = (trainer.state.step - 1) * trainer.batches.size
    steps.append(
      (
        batch.indices.map { Int32(trainer.batches.row(at: first + $0)) }, batch.map { Float($0) }
      ))
  }

  func blame(epochs: Int) -> WeightBlame {
    let shares = response.shares(earlier: earlier)
    var rows = [Double](repeating: 0, count: trainer.data.rows)
    for (step, share) in zip(steps, shares.steps) {
      for (row, gradient) in zip(step.rows, step.gradients) {
        rows[Int(row)] += share * Double(gradient)
      }
    }
    return WeightBlame(
      before: start, after: slot.numbers.number(at: element), epochs: epochs, rows: rows,
      penalty: shares.penalty, earlier: shares.earlier,
      isExact: trainer.options.optimizer.name == "sgd", targets: trainer.data.targets)
  }
}
