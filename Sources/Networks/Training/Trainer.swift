import Glibc
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
  /// How much the targets vary, where they are numbers to predict.
  private let spread: (training: Double, validation: Double)
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

  /// Goes on with a training that has not come to its end. Throws `nothingToResume` if there is none.
  ///
  /// - Parameter data: the training's own, where it was read from a file that does not hold it;
  ///   `otherData` is thrown where it is not the same.
  package convenience init(
    resuming network: Network, data given: TrainingData? = nil,
    backend: any Backend = Backends.current, exchange: any GradientExchange = Alone()
  ) throws {
    guard let unfinished = network.unfinished else { throw TrainingError.nothingToResume }
    var network = network
    if let seed = unfinished.options.seed { network.seed = seed }
    guard let found = unfinished.data ?? given else {
      throw TrainingError.dataMissing(unfinished.source)
    }
    let data = try found.fitted(to: network).cast(to: network.elementType)
    if unfinished.data == nil, data.source.fingerprint != unfinished.source.fingerprint {
      throw TrainingError.otherData(unfinished.source, rows: data.rows)
    }
    try self.init(
      resolved: network, data: data, options: unfinished.options, state: unfinished.state,
      backend, exchange)
  }

  /// What is needed to go on from here; nil where the planned end is reached.
  package var unfinished: UnfinishedTraining? {
    guard state.epoch < options.epochs else { return nil }
    if let patience = options.patience, state.stale >= patience { return nil }
    return UnfinishedTraining(options: options, data: data, state: state)
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
    batches = try Batches(data, setup, options)
    validation = try data.validation.flatMap {
      $0.inputs.shape[0] == 0 ? nil : try RowSource($0.inputs, $0.targets)
    }
    spread =
      setup.hasNumberScores
      ? (data.targets.spread, data.validation?.targets.spread ?? 0) : (0, 0)
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
      guard measured.sums.loss.isFinite else { throw StepFailure.lossNotFinite }
      try exchange.average(memory.store.update.row, share: measured.share)
      clipGradients()
    } catch {
      stepStart?.restore(memory)
      if case TensorError.interrupted = error { throw StepFailure.stopped }
      throw error
    }
    memory.update(rate: rate)
    state.sums += measured.sums
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
    var sums = PassSums()
    /// Which part of the joint batch it was.
    var share = 1.0
  }

  /// Leaves the gradients of the step at hand in the updates.
  private func differentiate(rate: Double) throws -> StepMeasures {
    let step = try beginStep()
    var measured = StepMeasures(share: try exchange.share(ofRows: step.inputs.rows))
    let scale = gradientScale(
      of: step.weight(positions: setup.positions), rate: rate, share: measured.share)
    for plan in plans.pieces(rows: step.inputs.rows) {
      let offset = measured.sums.rows
      if offset > 0, Interrupt.isRequested, isAtEpochStart {
        // A step of many pieces may take seconds: it goes back to its start, which is kept.
        epochStart.restore(memory)
        throw StepFailure.stopped
      }
      try plan.differentiate(step.piece(from: offset, plan.rows), scale: scale, context(at: offset))
      measured.sums += plan.head.sums
    }
    return measured
  }

  /// Makes ready for the step at hand.
  func beginStep() throws -> Batches.Step {
    context.isTraining = true
    context.step = UInt64(memory.steps)
    memory.store.roundWeights(setup.backend)
    return try batches.step(state.step)
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
  ///
  /// - Parameter weight: what the batch's rows count together.
  func gradientScale(of weight: Double, rate: Double, share: Double) -> Double {
    var scale = memory.rule.retained != nil ? rate : 1
    switch options.reduction {
    case .mean:
      scale = weight > 0 ? scale / weight : 0
      if loss.averagesColumns { scale /= Double(batches.targetWidth) }
    case .sum: scale /= share
    }
    return scale
  }

  /// What the network measures on the validation rows, with the weights as they are.
  func measureValidation() throws -> Measures {
    guard let validation else { return Measures() }
    context.isTraining = false
    memory.store.roundWeights(setup.backend)
    var sums = PassSums()
    for plan in plans.validation {
      let offset = sums.rows
      if Interrupt.isRequested { throw TensorError.interrupted }
      try plan.measure(
        validation.inputs.rows(from: offset, count: plan.rows),
        validation.targets.rows(from: offset, count: plan.rows), context)
      sums += plan.head.sums
    }
    return measures(of: sums, spread: spread.validation / Double(max(1, validation.rows)))
  }

  /// A sum of rows' losses as it is reported.
  func reported(_ lossSum: Double, weight: Double) -> Double {
    (weight > 0 ? lossSum / weight : 0) * loss.reportedShare(classes: setup.outputShape.last ?? 1)
  }

  /// What passes measured.
  ///
  /// - Parameter spread: how much the targets vary, a row.
  func measures(of sums: PassSums, spread: Double) -> Measures {
    var measured = Measures()
    measured.loss = reported(sums.loss, weight: sums.weight)
    measured.accuracy = task.accuracy(
      sums.correct, rows: sums.answers, columns: batches.targetWidth)
    if setup.hasNumberScores, sums.rows > 0 {
      let rows = Double(sums.rows)
      measured.absoluteError = sums.absoluteErrors / rows / Double(max(1, batches.targetWidth))
      if spread > 0 { measured.determination = 1 - sums.squaredErrors / rows / spread }
    }
    if setup.positions > 1, loss == .crossEntropy { measured.perplexity = exp(measured.loss) }
    return measured
  }

  /// What the epoch has measured so far.
  var epochMeasures: Measures {
    measures(of: state.sums, spread: spread.training / Double(max(1, data.rows)))
  }
}

/// Why a step was not taken.
enum StepFailure: Error {
  case lossNotFinite
  /// A stop was asked for in the middle, and the step was undone.
  case stopped
}
