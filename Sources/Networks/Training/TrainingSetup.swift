import CKernels
import Glibc
import Tensors

/// What follows from a network, data and options before anything is allocated.
struct TrainingSetup {
  let inputShape: [Int]
  let loss: Loss
  let form: LossForm
  let task: LearningTask
  let batchRows: Int
  /// Rows measured at once.
  let measuringRows: Int
  /// The threads of a step: one where a step is so small that waking others costs more than they
  /// save; nil for as many as there are.
  let stepThreads: Int?
  private let targetRows: Int

  /// Below so many multiplications a step runs on one thread, in less than a hundred microseconds.
  private static let smallStep = 5_000_000.0

  /// Floats of activations that a piece of a batch may fill: about a level-2 cache for each of two
  /// threads.
  private static let pieceFloats = 1 << 20

  init(_ network: Network, data: TrainingData, options: TrainingOptions) throws {
    inputShape = Array(data.inputs.shape.dimensions.dropFirst())
    let output = try network.outputShape(for: inputShape)
    if network.parameters.isEmpty { throw TrainingError.noParameters }
    for targets in [data.targets, data.validation?.targets].compactMap({ $0 }) {
      let width = Array(targets.shape.dimensions.dropFirst())
      guard width == output else {
        throw TrainingError.targetWidth(network: output, targets: width)
      }
    }
    loss = try network.loss(requested: options.loss, for: data.targets)
    form = network.form(of: loss)
    task = LearningTask(network, loss: loss, inputs: data.inputs, targets: data.targets)
    if loss.isCrossEntropy, output.reduce(1, *) < 2 {
      throw TrainingError.needsClasses(loss: loss.rawValue)
    }
    switch options.batch {
    case .full: batchRows = data.rows
    case .rows(let rows): batchRows = min(rows, data.rows)
    }
    var widths = 0
    var shape = inputShape
    for (index, layer) in network.layers.enumerated() {
      let inner = layer is Dense ? 0 : layer.widestGradient(for: shape)
      shape = try layer.outputShape(for: shape, position: index + 1)
      widths += max(inner, shape.reduce(1, *))
    }
    targetRows =
      network.layers.contains { $0.needsWholeBatch }
      ? .max : max(Self.fewestRows(widths), Self.pieceFloats / max(1, widths))
    stepThreads =
      3 * Double(network.parameterCount) * Double(batchRows) < Self.smallStep ? 1 : nil
    measuringRows = max(
      Self.fewestRows(widths), min(1024, Self.pieceFloats / max(1, widths)))
  }

  /// Pieces of fewer rows are slow, but those of very wide layers must still fit the memory.
  private static func fewestRows(_ widths: Int) -> Int {
    max(1, min(64, (1 << 26) / max(1, widths)))
  }

  /// The rows of a piece, for a batch to be cut into equal ones.
  func pieceRows(batch: Int) -> Int {
    if batch <= targetRows { return batch }
    let count = (batch + targetRows - 1) / targetRows
    return (batch + count - 1) / count
  }
}

/// The plans made so far, by their rows.
struct PlanCache {
  private let factory: PlanFactory
  private var plans: [Int: TrainingPlan] = [:]

  init(_ factory: PlanFactory) { self.factory = factory }

  mutating func plan(rows: Int) throws -> TrainingPlan {
    if let plan = plans[rows] { return plan }
    let plan = try factory.plan(rows: rows)
    plans[rows] = plan
    return plan
  }

  /// Plans for pieces that add up to `rows`: equal ones, and what is left over.
  mutating func plans(covering rows: Int, piece: Int) throws -> [TrainingPlan] {
    let size = min(rows, piece)
    var result = [TrainingPlan](repeating: try plan(rows: size), count: rows / size)
    if rows % size > 0 { result.append(try plan(rows: rows % size)) }
    return result
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
