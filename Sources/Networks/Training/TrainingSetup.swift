import Platform
import Tensors

/// What follows from a network, data and options before anything is allocated.
struct TrainingSetup {
  let inputShape: [Int]
  let outputShape: [Int]
  let targetShape: [Int]
  /// How many rows of classes an example's output holds: one, or in a sequence one a step.
  var positions: Int {
    form == .softmaxCrossEntropy || task == .classes
      ? max(1, outputShape.dropLast().reduce(1, *)) : 1
  }
  /// Whether numbers are predicted that can be compared with the targets one by one.
  var hasNumberScores: Bool { task == .numbers && targetShape == outputShape }
  /// The network's last layer.
  let lastLayer: (any Layer)?
  let loss: Loss
  let form: LossForm
  let task: LearningTask
  /// Decides orders and dropout.
  let seed: UInt64
  let precision: Precision
  /// Float64 where a parameter is: then all of the training is in it. Otherwise Float32.
  let type: ElementType
  let backend: any Backend
  /// Whether the inputs of a step are changed before it.
  let isAugmented: Bool
  /// Rows of a step.
  let batchRows: Int
  /// Rows measured at once.
  let measuringRows: Int
  /// The widest gradient between two stages or inside one, in numbers an example.
  let widestGradient: Int
  /// The threads of a step: one where a step is so small that waking others costs more than they
  /// save; nil for as many as there are.
  let stepThreads: Int?
  private let targetRows: Int
  /// Whether a batch is computed in blocks whose gradients are joined by a fixed tree.
  let isInBlocks: Bool
  /// Whether a batch without a tree between ranks may be computed in blocks all the same, by threads.
  private let mayUseThreadBlocks: Bool
  /// Whether the blocks run side by side, since layers join sums over the batch.
  let joinsSums: Bool
  /// Blocks of fewer rows would spend more on their sums than on their products.
  private let fewestBlockRows: Int
  /// Multiplications with their additions a row of a step takes.
  let multiplyAdds: Double
  /// The numbers that an example has between or inside stages.
  let activations: Int

  /// Below so many multiplications a step runs on one thread, in less than a hundred microseconds.
  private static let smallStep = 5_000_000.0

  /// Floats of activations that a piece of a batch may fill: about a level-2 cache for each of two
  /// threads.
  private static let pieceFloats = 1 << 20

  init(
    _ network: Network, data: TrainingData, options: TrainingOptions, backend: any Backend,
    isShared: Bool
  ) throws {
    try options.check()
    if network.parameters.isEmpty { throw TrainingError.noParameters }
    if network.parameterNumbers.allSatisfy(options.frozen.contains) {
      throw TrainingError.nothingToTrain
    }
    self.backend = backend
    isAugmented = options.augmentation != nil
    seed = network.seed
    precision = options.precision
    type = network.elementType
    if precision == .bf16, type == .f64 { throw TrainingError.precisionOfFloat64 }
    inputShape = Array(data.inputs.shape.dimensions.dropFirst())
    outputShape = try network.outputShape(for: inputShape)
    targetShape = Array(data.targets.shape.dimensions.dropFirst())
    lastLayer = network.layers.last
    loss = try network.loss(requested: options.loss, for: data.targets)
    try Self.check(data, output: outputShape, options, loss)
    form = network.form(of: loss)
    // What the task is, and whether all is finite, is seen from the numbers as Float64.
    try MemoryGuard.check(
      elements: Double(data.targets.count), bytesEach: 16)
    task =
      targetShape == outputShape
      ? LearningTask(network, loss: loss, inputs: data.inputs, targets: data.targets) : .numbers
    if loss.isCrossEntropy, outputShape.last ?? 1 < 2 {
      throw TrainingError.needsClasses(loss: loss.rawValue)
    }
    switch options.batch {
    case .full: batchRows = data.rows
    case .rows(let rows): batchRows = min(rows, data.rows)
    }
    let (sum, widest) = try Self.widths(of: network, input: inputShape)
    widestGradient = widest
    let addsUp = loss.recorded?.isMeanOverRows ?? true
    // What mixes no rows after all is looked for where ranks want to share a batch.
    let layers = network.layers.withInputs(inputShape)
    let needsWholeBatch = layers.contains {
      isShared ? $0.layer.needsWholeBatch(for: $0.input) : $0.layer.needsWholeBatch
    }
    targetRows =
      !addsUp || needsWholeBatch
      ? .max : max(Self.fewestRows(sum), Self.pieceFloats / max(1, sum))
    joinsSums = needsWholeBatch
    let isSingle = network.elementType == .f32
    isInBlocks =
      isShared && addsUp
      && layers.allSatisfy {
        !$0.layer.needsWholeBatch(for: $0.input) || $0.layer.joinsSums && isSingle
      }
    mayUseThreadBlocks = !isShared && addsUp && !needsWholeBatch && isSingle
    let products = try Self.products(of: network, input: inputShape)
    multiplyAdds = 3 * products
    activations = sum
    // A sum of two gradients moves as many bytes as are read for a row's products with them, of which
    // a dense layer makes thirty in that time; a convolution works longer on a row.
    let intensity = products / Double(max(1, network.parameterCount))
    fewestBlockRows = max(4, min(32, Int((32 / max(1, intensity)).rounded(.up))))
    stepThreads =
      multiplyAdds * Double(batchRows) < Self.smallStep ? 1 : nil
    measuringRows =
      !addsUp
        || layers.contains {
          $0.layer.mixesRows && !(isShared && $0.layer.keepsRowsApart($0.input))
        }
      ? .max : max(Self.fewestRows(sum), min(1024, Self.pieceFloats / max(1, sum)))
  }

  private static func check(
    _ data: TrainingData, output: [Int], _ options: TrainingOptions, _ loss: Loss
  ) throws {
    for targets in [data.targets, data.validation?.targets].compactMap({ $0 }) {
      let width = Array(targets.shape.dimensions.dropFirst())
      guard width == output || loss.recorded?.takesOtherTargets ?? false else {
        throw TrainingError.targetWidth(network: output, targets: width)
      }
    }
    if options.patience != nil, data.validation?.inputs.shape[0] ?? 0 == 0 {
      throw TrainingError.patienceNeedsValidation
    }
    if options.precision == .bf16, !MatmulPlan.offersHalfPrecision {
      throw TrainingError.precisionUnavailable(options.precision.rawValue)
    }
  }

  /// The numbers an example has between or inside stages: in all, and at the widest place.
  private static func widths(of network: Network, input: [Int]) throws -> (sum: Int, widest: Int) {
    var shape = input
    var (sum, widest) = (0, max(1, shape.reduce(1, *)))
    for (index, layer) in network.layers.enumerated() {
      let inner = layer.widestInside(for: shape)
      shape = try layer.outputShape(for: shape, position: index + 1)
      let width = max(inner, shape.reduce(1, *))
      sum += width
      widest = max(widest, width)
    }
    return (sum, widest)
  }

  /// Pieces of fewer rows are slow, but those of very wide layers must still fit the memory.
  private static func fewestRows(_ widths: Int) -> Int {
    max(1, min(64, (1 << 26) / max(1, widths)))
  }

  /// The multiplications of a row's forward pass: each number of a layer counts once a place, as a
  /// convolution's do for each of its positions.
  private static func products(of network: Network, input: [Int]) throws -> Double {
    var shape = input
    var products = 0.0
    for (index, layer) in network.layers.enumerated() {
      let places = max(1, shape.dropLast().reduce(1, *))
      shape = try layer.outputShape(for: shape, position: index + 1)
      products +=
        Double(layer.parameterGroups.reduce(0) { $0 + $1.reduce(0) { $0 + $1.tensor.count } })
        * Double(max(places, shape.dropLast().reduce(1, *)))
    }
    return products
  }

  /// The rows of a batch's blocks, of which the last may have fewer.
  func blockRows(batch: Int) -> Int {
    isInBlocks ? BlockTree.rows(ofBatch: batch, fewest: fewestBlockRows) : batch
  }

  /// The rows of the blocks that threads carry forward and back whole, rather than share every
  /// product: those of a large batch, for the threads wait for each other once a step then. Nil
  /// where they share. It does not depend on how many threads there are, so that the sums over the
  /// blocks keep their order.
  func threadBlockRows(batch: Int) -> Int? {
    let worthwhile = Self.threadBlocks * Self.rowsWorthSumming * fewestBlockRows
    guard mayUseThreadBlocks, stepThreads == nil, batch >= worthwhile else { return nil }
    return (batch + Self.threadBlocks - 1) / Self.threadBlocks
  }

  /// The blocks of such a batch, as many as there may be threads for.
  private static let threadBlocks = 16
  /// So many times the least rows, a block's products take so much longer than the sum of its
  /// gradients with the others' that nobody notices.
  private static let rowsWorthSumming = 8

  /// The rows of a piece, for a batch to be cut into equal ones.
  func pieceRows(batch: Int) -> Int {
    if batch <= targetRows { return batch }
    let count = (batch + targetRows - 1) / targetRows
    return (batch + count - 1) / count
  }
}

extension Threads {
  /// Runs with that many threads (as many as there are, if nil); the number comes back after.
  static func limited<Result>(to count: Int?, _ body: () throws -> Result) rethrows -> Result {
    guard let count, count < Threads.count else { return try body() }
    let before = Threads.count
    Threads.count = count
    defer { Threads.count = before }
    return try body()
  }
}

/// Seconds since some moment.
struct TrainingClock {
  var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
