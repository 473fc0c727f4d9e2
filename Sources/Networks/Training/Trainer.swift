import Tensors

/// Trains a network by a plan: memory and products are fixed once for each number of rows that
/// occurs, and a step allocates nothing, but for layers that are recorded anew each time.
///
/// A batch runs in pieces small enough for the caches; their gradients add up in the update. For
/// plain momentum the update is the velocity itself: the loss's gradient carries the learning
/// rate, products accumulate onto γ·v, and one pass over all parameters subtracts. Results do not
/// depend on the number of threads.
///
/// The trainer works on a copy. `trained()` is the network as it stands, at any time: after the
/// end, after an interruption, after an error.
package final class Trainer {
  /// What was asked for.
  package let options: TrainingOptions
  let setup: TrainingSetup
  let data: TrainingData
  let batches: Batches
  let validation: RowSource?
  let plans: TrainingPlans
  let memory: TrainingMemory
  let exchange: any GradientExchange
  let clock = TrainingClock()
  private let context = StepContext()
  /// The network without what `memory` and `history` hold of it.
  var template: Network
  package internal(set) var history: History
  var state: TrainingState
  /// The epoch's start, to replay it from.
  let epochStart: TrainingMoment
  /// The step's start, where a step may end half way.
  private let stepStart: TrainingMoment?

  /// Plans the training of `network`, whose lazy layers are resolved from its seed if the data is
  /// the first they see. Throws `NetworkError` or `TrainingError` for what does not fit.
  ///
  /// - Parameters:
  ///   - backend: what computes.
  ///   - exchange: what happens between gradients and update.
  package convenience init(
    _ network: Network, data: TrainingData, options: TrainingOptions,
    backend: any Backend = Backends.current, exchange: any GradientExchange = Alone()
  ) throws {
    var network = network
    if let seed = options.seed { network.seed = seed }
    try network.resolve(input: Array(data.inputs.shape.dimensions.dropFirst()))
    var state = TrainingState()
    state.historyBefore = network.history.count
    try self.init(
      resolved: network, data: data.fitted(to: network), options: options, state: state, backend,
      exchange)
  }

  /// Goes on with an interrupted training. Throws `nothingToResume` if there is none.
  package convenience init(
    resuming network: Network, backend: any Backend = Backends.current,
    exchange: any GradientExchange = Alone()
  ) throws {
    guard let unfinished = network.unfinished else { throw TrainingError.nothingToResume }
    var network = network
    if let seed = unfinished.options.seed { network.seed = seed }
    try self.init(
      resolved: network, data: unfinished.data, options: unfinished.options,
      state: unfinished.state, backend, exchange)
  }

  private init(
    resolved network: Network, data: TrainingData, options: TrainingOptions, state: TrainingState,
    _ backend: any Backend, _ exchange: any GradientExchange
  ) throws {
    setup = try TrainingSetup(network, data: data, options: options, backend: backend)
    let data = try data.cast(to: setup.type)
    self.options = options
    self.data = data
    self.state = state
    self.exchange = exchange
    template = network
    template.loss = setup.loss
    history = network.history
    batches = try Batches(data, size: setup.batchRows, shuffles: options.shuffle, backend)
    validation = try data.validation.flatMap {
      $0.inputs.shape[0] == 0 ? nil : try RowSource($0.inputs, $0.targets)
    }
    memory = try TrainingMemory(network, options, type: setup.type, backend)
    plans = try TrainingPlans(
      network, setup, memory, rows: data.rows, validationRows: validation?.rows ?? 0)
    epochStart = try TrainingMoment(like: memory)
    stepStart = plans.mayStop ? try TrainingMoment(like: memory) : nil
    try checkStart()
  }

  /// The loss that is trained.
  package var loss: Loss { setup.loss }
  /// What the examples ask for.
  package var task: LearningTask { setup.task }
  /// Steps in an epoch.
  package var stepsPerEpoch: Int { batches.count }
  /// The epoch at hand, counted from 1.
  package var epoch: Int { min(state.epoch + 1, max(1, options.epochs)) }
  /// How many epochs the history held before this training.
  package var epochsMeasured: Int { state.historyBefore }

  /// The network as it stands.
  package func trained() throws -> Network {
    var network = template
    try memory.write(to: &network)
    network.history = history
    return network
  }

  /// One step; adds to the state's measurements. Throws `StepFailure`, before anything has changed,
  /// when the loss is not finite, or when a stop is asked for within a step that can be undone.
  func takeStep(rate: Double) throws {
    stepStart?.take(memory, state)
    let measured: StepMeasures
    do {
      measured = try differentiate(rate: rate)
      guard measured.lossSum.isFinite else { throw StepFailure.lossNotFinite }
      try exchange.average(memory.store.update.row, share: measured.share)
      clipGradients()
    } catch {
      stepStart?.restore(memory)
      if case TensorError.interrupted = error { throw StepFailure.stopped }
      throw error
    }
    memory.update(rate: rate)
    state.lossSum += measured.lossSum
    state.correct += measured.correct
    state.rows += measured.rows
    state.step += 1
  }

  /// Scales the gradients down to the norm that the optimizer asks for.
  func clipGradients() {
    guard options.optimizer["clip"] ?? 0 > 0 else { return }
    let numbers = memory.store.update.row
    var squares = 0.0
    for index in 0..<numbers.count {
      squares += numbers.number(at: index) * numbers.number(at: index)
    }
    let scale = options.optimizer.clipping(ofNorm: squares.squareRoot())
    guard scale != 1 else { return }
    numbers.multiply(by: scale)
  }

  /// What a step measures before the update.
  private struct StepMeasures {
    var lossSum = 0.0
    var correct = 0
    var rows = 0
    /// Which part of the joint batch it was.
    var share = 1.0
  }

  /// Leaves the gradients of the step at hand in the updates.
  private func differentiate(rate: Double) throws -> StepMeasures {
    let (inputs, targets) = beginStep()
    var measured = StepMeasures(share: try exchange.share(ofRows: inputs.rows))
    let scale = gradientScale(rows: inputs.rows, rate: rate, share: measured.share)
    for plan in plans.pieces(rows: inputs.rows) {
      let offset = measured.rows
      if offset > 0, Interrupt.isRequested, isAtEpochStart {
        // A step of many pieces may take seconds: it goes back to its start, which is kept.
        epochStart.restore(memory)
        throw StepFailure.stopped
      }
      try plan.differentiate(
        inputs.rows(from: offset, count: plan.rows), targets.rows(from: offset, count: plan.rows),
        scale: scale, context(at: offset))
      measured.lossSum += plan.head.lossSum
      measured.correct += plan.head.correct
      measured.rows += plan.rows
    }
    return measured
  }

  /// Makes ready for the step at hand.
  func beginStep() -> (inputs: FloatRows, targets: FloatRows) {
    context.isTraining = true
    context.step = UInt64(memory.steps)
    memory.store.roundWeights(setup.backend)
    return batches.rows(ofStep: state.step)
  }

  /// What the stages are told at a piece of the step that begins with that row.
  func context(at row: Int) -> StepContext {
    context.isFirstChunk = row == 0
    context.rowOffset = row
    return context
  }

  /// Whether the state before the step at hand is the epoch's start.
  private var isAtEpochStart: Bool {
    (epochStart.state.epoch, epochStart.state.step) == (state.epoch, state.step)
  }

  /// What the gradient of the summed loss is multiplied by.
  func gradientScale(rows: Int, rate: Double, share: Double) -> Double {
    var scale = memory.rule.retained != nil ? rate : 1
    switch options.reduction {
    case .mean:
      scale /= Double(rows)
      if loss.averagesColumns { scale /= Double(batches.targetWidth) }
    case .sum: scale /= share
    }
    return scale
  }

  /// Loss and accuracy on the validation rows, with the weights as they are; nan where there are
  /// none.
  func measureValidation() throws -> (loss: Double, accuracy: Double) {
    guard let validation else { return (.nan, .nan) }
    context.isTraining = false
    memory.store.roundWeights(setup.backend)
    var lossSum = 0.0
    var correct = 0
    var offset = 0
    for plan in plans.validation {
      if Interrupt.isRequested { throw TensorError.interrupted }
      try plan.measure(
        validation.inputs.rows(from: offset, count: plan.rows),
        validation.targets.rows(from: offset, count: plan.rows), context)
      lossSum += plan.head.lossSum
      correct += plan.head.correct
      offset += plan.rows
    }
    return (reported(lossSum, rows: offset), accuracy(correct, rows: offset))
  }

  /// A sum of rows' losses as it is reported.
  func reported(_ lossSum: Double, rows: Int) -> Double {
    lossSum / Double(max(1, rows)) * loss.reportedShare(classes: setup.outputShape.last ?? 1)
  }

  /// The share of right answers; nan where the task has none.
  func accuracy(_ correct: Int, rows: Int) -> Double {
    task.accuracy(correct, rows: rows * setup.positions, columns: batches.targetWidth)
  }
}

/// Why a step was not taken.
enum StepFailure: Error {
  case lossNotFinite
  /// A stop was asked for in the middle, and the step was undone.
  case stopped
}
