import Platform
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
  let gradients: GradientSum
  let clock = TrainingClock()
  /// What is noted of the training once an epoch.
  let watch: TrainingWatch
  /// For each parameter the number in its name.
  private let parameterNumbers: [Int]
  /// How much the targets vary, where they are numbers to predict.
  let spread: (training: Double, validation: Double)
  /// The network without what `memory` and `history` hold of it.
  var template: Network
  package internal(set) var history: History
  var state: TrainingState
  /// The epoch's start, to replay it from.
  let epochStart: TrainingMoment
  /// The step's start, where a step may end half way.
  let stepStart: StepStart?
  /// The training as the past keeps it; nil where it is not to be remembered.
  var recording: PastRecording?
  /// Whether a rank has asked for a stop, so that all make one.
  var isStopAgreed = false

  /// Plans the training of `network`, whose lazy layers are resolved from its seed if the data is
  /// the first they see. Throws `NetworkError` or `TrainingError` for what does not fit.
  ///
  /// - Parameters:
  ///   - backend: what computes.
  ///   - exchange: what happens between gradients and update.
  package convenience init(
    _ network: Network, data: TrainingData, options: TrainingOptions,
    backend: any Backend = Backends.current, exchange: any GradientExchange = Ranks.current
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
    backend: any Backend = Backends.current, exchange: any GradientExchange = Ranks.current
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
    var options = options
    options.isShared = options.isShared || exchange.isShared
    setup = try TrainingSetup(network, data: data, options: options, backend: backend)
    let data = try data.cast(to: setup.type)
    self.options = options
    self.data = data
    self.state = state
    self.exchange = exchange
    template = network
    template.loss = setup.loss
    parameterNumbers = network.parameterNumbers
    watch = try TrainingWatch(
      network, input: setup.inputShape, diary: state.epoch + state.step > 0 ? network.diary : nil)
    history = network.history
    batches = try Batches(data, setup, options)
    validation = try data.validation.flatMap {
      $0.inputs.shape[0] == 0 ? nil : try RowSource($0.inputs, $0.targets)
    }
    spread =
      setup.hasNumberScores
      ? (try data.targets.spread(), try data.validation?.targets.spread() ?? 0) : (0, 0)
    memory = try TrainingMemory(
      network, options, type: setup.type, isRecorded: setup.isRecorded, backend)
    plans = try TrainingPlans(
      network, setup, memory, rows: data.rows, validationRows: validation?.rows ?? 0)
    gradients = GradientSum(
      memory.store.update, exchange,
      chunks: GradientSum.chunks(
        of: memory.store.update.count,
        starts: memory.store.slots.filter { !$0.isFrozen }.map(\.offset)))
    epochStart = try TrainingMoment(like: memory)
    stepStart = plans.mayStop ? try StepStart(like: memory) : nil
    try checkStart()
    try checkCodes()
  }

  /// The loss that is trained.
  package var loss: Loss { setup.loss }
  /// What the command called the data.
  package var dataName: String { data.name }
  /// What the examples ask for.
  package var task: LearningTask { setup.task }
  /// Whether there are rows to measure on.
  package var isValidated: Bool { validation != nil }
  /// The loss of the best constant answer to the rows that are trained on.
  private(set) lazy var ignorantLoss = try? loss.ofConstantAnswer(data.targets)
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
    network.diary = watch.diary
    return network
  }

  /// Notes what the epoch's first step has shown.
  func noteFirstStep(rate: Double) {
    watch.note(
      memory, since: epochStart, parameterNumbers, rate: rate, epoch: state.epoch + 1)
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
