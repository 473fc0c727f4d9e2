import Tensors

/// What training changes: the weights, what the optimizer and the layers remember, and the number
/// of steps. A training works on it in place; networks are made from it.
final class TrainingMemory {
  let store: ParameterStore
  let statistics: StatisticsStore
  /// What looks at the memory during a pass.
  let passes = RecordedPasses()
  let rule: UpdateRule.Step
  /// Steps taken with this rule, in all trainings of the network.
  var steps: Int
  private let ruleName: String
  private let before: [[Tensor]]
  private let backend: any Backend
  private let states: (FloatRows?, FloatRows?)

  /// Takes over the network's numbers; the optimizer's, where it was the same rule.
  ///
  /// - Parameter isRecorded: whether stages are mostly recorded: they have their gradients computed in
  ///   one place and added in another, and a step that is to be taken back must not have changed
  ///   what the rule remembers. The gradient then has memory of its own.
  init(
    _ network: Network, _ options: TrainingOptions, type: ElementType, isRecorded: Bool,
    _ backend: any Backend
  ) throws {
    self.backend = backend
    ruleName = options.optimizer.name
    let step = options.optimizer.step
    rule = isRecorded ? step.apart?() ?? step : step
    store = try ParameterStore(
      network, optimizer: options.optimizer, retains: rule.retained != nil, type: type,
      precision: options.precision, frozen: options.frozen)
    before =
      network.optimizerState.rule == options.optimizer.name
      ? network.optimizerState.buffers : []
    states = (store.states.first?.row, store.states.dropFirst().first?.row)
    statistics = StatisticsStore(network.statistics, type: type)
    let isSameRule = network.optimizerState.rule == ruleName
    steps = isSameRule ? network.optimizerState.steps : 0
  }

  /// Changes every parameter by its gradient.
  func update(rate: Double) {
    steps += 1
    backend.update(
      rule.formula, store.weights.row,
      states: states,
      gradient: store.update.row, numbers: rule.numbers(rate, steps))
    store.roundNarrowParameters()
  }

  /// Gives a network these numbers.
  func write(to network: inout Network) throws {
    try network.setParameters(try store.tensors())
    network.statistics = try statistics.tensors(like: network.statistics, from: 0)
    network.optimizerState.rule = ruleName
    network.optimizerState.buffers = try store.stateTensors(before: before)
    network.optimizerState.steps = steps
  }
}

/// What a step changes before its update, so that it can be taken back: the rule's state where
/// gradients are added to it at once, and what the layers remember.
final class StepStart {
  private let update: FloatBuffer?
  private var statistics: [Double] = []

  init(like memory: TrainingMemory) throws {
    let buffer = memory.store.update
    update =
      memory.rule.retained == nil
      ? nil : try FloatBuffer(count: buffer.count, type: buffer.type)
  }

  /// Remembers the present.
  func take(_ memory: TrainingMemory) {
    update?.row.copy(from: memory.store.update.row)
    statistics = memory.statistics.values
  }

  /// Brings back what was remembered.
  func restore(_ memory: TrainingMemory) {
    if let update { memory.store.update.row.copy(from: update.row) }
    memory.statistics.values = statistics
  }
}

/// A training at some moment, to go back to.
final class TrainingMoment {
  let weights: FloatBuffer
  let states: [FloatBuffer]
  private var statistics: [Double] = []
  private var steps = 0
  /// Where the training stood.
  private(set) var state = TrainingState()

  init(like memory: TrainingMemory) throws {
    weights = try FloatBuffer(count: memory.store.weights.count, type: memory.store.weights.type)
    states = try memory.store.states.map { try FloatBuffer(count: $0.count, type: $0.type) }
  }

  /// Remembers the present.
  func take(_ memory: TrainingMemory, _ state: TrainingState) {
    weights.copy(from: memory.store.weights)
    for (mine, theirs) in zip(states, memory.store.states) { mine.copy(from: theirs) }
    statistics = memory.statistics.values
    steps = memory.steps
    self.state = state
  }

  /// Brings back what was remembered.
  func restore(_ memory: TrainingMemory) {
    memory.store.weights.copy(from: weights)
    for (mine, theirs) in zip(states, memory.store.states) { theirs.copy(from: mine) }
    memory.statistics.values = statistics
    memory.steps = steps
  }
}
