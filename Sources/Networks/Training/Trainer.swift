import CKernels
import Tensors

/// Trains a network by a plan: memory and products are fixed once for each number of rows that
/// occurs, and a step allocates nothing.
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
  /// Steps in an epoch.
  package let stepsPerEpoch: Int
  let data: TrainingData
  var template: Network
  var history: History
  var state: TrainingState
  let store: ParameterStore
  let statistics = StatisticsStore()
  let context = StepContext()
  /// The loss that is trained.
  package let loss: Loss
  /// What the examples ask for.
  package let task: LearningTask
  /// Decides orders and dropout.
  let seed: UInt64
  let batchRows: Int
  let source: RowSource
  let validation: RowSource?
  let clock: TrainingClock
  let stepThreads: Int?
  private let pieces: [TrainingPlan]
  private let lastPieces: [TrainingPlan]
  let validationPieces: [TrainingPlan]
  private let gathered: (inputs: FloatBuffer, targets: FloatBuffer)?
  var order: [Int] = []
  var optimizerSteps: Int
  private let updateStep: UpdateRule.Step
  let snapshot: StoreSnapshot
  var snapshotState = TrainingState()
  var snapshotSteps = 0

  /// Plans the training of `network`, whose lazy layers are resolved from its seed if the data is
  /// the first they see. Throws `NetworkError` or `TrainingError` for what does not fit.
  package convenience init(
    _ network: Network, data: TrainingData, options: TrainingOptions
  ) throws {
    var network = network
    if let seed = options.seed { network.seed = seed }
    try network.resolve(input: Array(data.inputs.shape.dimensions.dropFirst()))
    var state = TrainingState()
    state.historyBefore = network.history.count
    try self.init(
      resolved: network, data: data.fitted(to: network), options: options, state: state)
  }

  /// Goes on with an interrupted training. Throws `nothingToResume` if there is none.
  package convenience init(resuming network: Network) throws {
    guard let unfinished = network.unfinished else { throw TrainingError.nothingToResume }
    try self.init(
      resolved: network, data: unfinished.data, options: unfinished.options,
      state: unfinished.state)
  }

  private init(
    resolved network: Network, data: TrainingData, options: TrainingOptions, state: TrainingState
  ) throws {
    try options.check()
    let setup = try TrainingSetup(network, data: data, options: options)
    self.options = options
    self.data = data
    self.state = state
    template = network
    history = network.history
    loss = setup.loss
    task = setup.task
    seed = options.seed ?? network.seed
    template.seed = seed
    template.loss = loss
    batchRows = setup.batchRows
    stepsPerEpoch = (data.rows + setup.batchRows - 1) / setup.batchRows
    source = try RowSource(data.inputs, data.targets)
    validation = try data.validation.flatMap {
      $0.inputs.shape[0] == 0 ? nil : try RowSource($0.inputs, $0.targets)
    }
    if options.patience != nil, validation == nil { throw TrainingError.patienceNeedsValidation }
    if options.precision == .bf16, !MatmulPlan.offersHalfPrecision {
      throw TrainingError.precisionUnavailable(options.precision.rawValue)
    }
    store = try ParameterStore(
      network, optimizer: options.optimizer, precision: options.precision)
    for tensor in network.statistics {
      statistics.values += tensor.doubles().map { Float($0) }
    }
    updateStep = options.optimizer.step
    let isSameRule = network.optimizerState.rule == options.optimizer.name
    optimizerSteps = isSameRule ? network.optimizerState.steps : 0
    let validationRows = validation?.rows ?? 0
    let pieceRows = setup.pieceRows(batch: batchRows)
    let lastRows = data.rows % batchRows
    let factory = try PlanFactory(
      template, setup: setup, store: store, statistics: statistics, options: options,
      largestRows: max(pieceRows, min(validationRows, setup.measuringRows)))
    var cache = PlanCache(factory)
    stepThreads = setup.stepThreads
    if validationRows > pieceRows {
      _ = try cache.plan(rows: min(validationRows, setup.measuringRows))
    }
    (pieces, lastPieces) = try Threads.limited(to: setup.stepThreads) {
      (
        try cache.plans(covering: setup.batchRows, piece: pieceRows),
        lastRows == 0 ? [] : try cache.plans(covering: lastRows, piece: pieceRows)
      )
    }
    validationPieces =
      validationRows == 0
      ? [] : try cache.plans(covering: validationRows, piece: setup.measuringRows)
    gathered =
      options.shuffle && batchRows < data.rows
      ? (
        try FloatBuffer(count: batchRows * source.inputWidth),
        try FloatBuffer(count: batchRows * source.targetWidth)
      ) : nil
    snapshot = try StoreSnapshot(like: store)
    clock = TrainingClock()
    try checkStart()
  }

  /// The epoch at hand, counted from 1.
  package var epoch: Int { min(state.epoch + 1, max(1, options.epochs)) }
  /// How many epochs the history held before this training.
  package var epochsMeasured: Int { state.historyBefore }

  /// The network as it stands.
  package func trained() throws -> Network {
    var network = template
    try network.setParameters(try store.tensors(like: network.parameters.map(\.tensor)))
    try network.setStatistics(statistics.values)
    network.history = history
    network.optimizerState.rule = options.optimizer.name
    network.optimizerState.buffers = try store.stateTensors()
    network.optimizerState.steps = optimizerSteps
    return network
  }

  /// One step; adds to the state's measurements. Throws `StepFailure`, before anything of the
  /// weights has changed, when the loss is not finite, or when a stop is asked for between the
  /// pieces of a step that can be undone.
  func takeStep(rate: Double) throws {
    let first = state.step * batchRows
    let count = min(batchRows, source.rows - first)
    let (inputs, targets) = rows(first, count)
    let plans = count == batchRows ? pieces : lastPieces
    context.isTraining = true
    context.step = UInt64(optimizerSteps)
    store.roundWeights()
    let scale = gradientScale(rows: count, rate: rate)
    var lossSum = 0.0
    var correct = 0
    var offset = 0
    for plan in plans {
      if offset > 0, Interrupt.isRequested, isAtSnapshot {
        // A step of many pieces may take seconds: it goes back to its start, which is kept.
        snapshot.restore(store, statistics: statistics)
        throw StepFailure.stopped
      }
      context.isFirstChunk = offset == 0
      context.rowOffset = offset
      try plan.differentiate(
        inputs + offset * source.inputWidth, targets + offset * source.targetWidth, scale: scale,
        context)
      lossSum += plan.head.lossSum
      correct += plan.head.correct
      offset += plan.rows
    }
    guard lossSum.isFinite else { throw StepFailure.lossNotFinite }
    update(rate: rate)
    state.lossSum += lossSum
    state.correct += correct
    state.rows += count
    state.step += 1
  }

  /// Whether what is kept to go back to is the state before the step at hand.
  private var isAtSnapshot: Bool {
    (snapshotState.epoch, snapshotState.step) == (state.epoch, state.step)
  }

  /// The plans for the pieces of a step of so many rows.
  func plans(rows count: Int) -> [TrainingPlan] { count == batchRows ? pieces : lastPieces }

  /// The step's inputs and targets: the data itself where the order is its own, otherwise
  /// gathered into the plan's memory.
  func rows(_ first: Int, _ count: Int) -> (inputs: Floats, targets: Floats) {
    guard let gathered else {
      return (
        source.inputs + first * source.inputWidth, source.targets + first * source.targetWidth
      )
    }
    order.withUnsafeBufferPointer { order in
      guard let base = order.baseAddress else { return }
      // SAFETY: the order has an entry for each row of the data; the buffers hold a batch.
      nnsh_gather_rows(
        source.inputs, base + first, count, source.inputWidth, gathered.inputs.pointer)
      nnsh_gather_rows(
        source.targets, base + first, count, source.targetWidth, gathered.targets.pointer)
    }
    return (gathered.inputs.pointer, gathered.targets.pointer)
  }

  /// What the gradient of the summed loss is multiplied by.
  func gradientScale(rows: Int, rate: Double) -> Float {
    var scale = updateStep.retained != nil ? rate : 1
    if options.reduction == .mean {
      scale /= Double(rows)
      if loss.averagesColumns { scale /= Double(source.targetWidth) }
    }
    return Float(scale)
  }

  /// Changes the weights by the gradients (or velocity) that the pieces have left.
  func update(rate: Double) {
    optimizerSteps += 1
    store.apply(updateStep, rate: Float(rate), step: optimizerSteps)
  }
}

/// Why a step was not taken.
enum StepFailure: Error {
  case lossNotFinite
  /// A stop was asked for in the middle, and the step was undone.
  case stopped
}
