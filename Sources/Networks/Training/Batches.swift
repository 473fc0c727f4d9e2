import Tensors

/// The rows of each step: the data itself where the order is its own, otherwise gathered.
final class Batches {
  /// What a step is given.
  struct Step {
    let inputs: FloatRows
    let targets: FloatRows
    /// How much each row of classes counts; nil where all count alike.
    let weights: [Double]?

    /// Rows of it, from `first` on.
    func piece(from first: Int, _ count: Int) -> Step {
      let positions = (weights?.count ?? 0) / max(1, inputs.rows)
      return Step(
        inputs: inputs.rows(from: first, count: count),
        targets: targets.rows(from: first, count: count),
        weights: weights.map { Array($0[first * positions..<(first + count) * positions]) })
    }

    /// What the sum of the rows' losses is divided by for their mean.
    ///
    /// - Parameter positions: how many rows of classes an example has.
    func weight(positions: Int) -> Double {
      weights.map { $0.reduce(0, +) / Double(positions) } ?? Double(inputs.rows)
    }
  }

  /// Rows of a step; the last of an epoch may have fewer.
  let size: Int
  private let source: RowSource
  private let backend: any Backend
  private let weights: [Double]?
  /// How many of the weights an example has.
  private let positions: Int
  private let augmentation: Augmentation?
  /// Of an example as the augmentation takes it.
  private let augmentedShape: [Int]
  private let seed: UInt64
  private let gathered: (inputs: FloatBuffer, targets: FloatBuffer)?
  private let augmented: FloatBuffer?
  /// Empty where rows come in the data's own order.
  private var order: [Int]
  private var epoch = 0
  /// Whether the inputs lie in a file, which is best read in its order.
  private let isMapped: Bool
  private let rowBytes: Int

  init(_ data: TrainingData, _ setup: TrainingSetup, _ options: TrainingOptions) throws {
    let targets = try data.smoothedTargets(options.smoothing, setup)
    source = try RowSource(data.inputs, targets)
    isMapped = data.inputs.isMapped
    rowBytes = source.inputs.columns * source.inputs.type.size
    size = setup.cut.batchRows
    backend = setup.backend
    seed = setup.seed
    weights = try RowWeights(data, setup, options.classWeights)?.numbers
    positions = setup.positions
    augmentation = options.augmentation
    augmentedShape =
      data.imageShape.isEmpty ? Array(data.inputs.shape.dimensions.dropFirst()) : data.imageShape
    func buffer(_ rows: FloatRows) throws -> FloatBuffer {
      try FloatBuffer(count: setup.cut.batchRows * rows.columns, type: rows.type)
    }
    gathered =
      options.shuffle && size < source.rows
      ? (try buffer(source.inputs), try buffer(source.targets)) : nil
    augmented = augmentation == nil ? nil : try buffer(source.inputs)
    order = gathered == nil ? [] : Array(0..<source.rows)
  }

  /// Rows of an epoch.
  var rows: Int { source.rows }
  /// Numbers in a row of targets.
  var targetWidth: Int { source.targets.columns }
  /// Steps in an epoch.
  var count: Int { (rows + size - 1) / size }

  /// Draws an epoch's order, where rows are shuffled.
  func begin(epoch: Int) {
    self.epoch = epoch
    guard gathered != nil else { return }
    var generator = RandomGenerator(seed: seed, stream: UInt64(truncatingIfNeeded: epoch))
    order = isMapped ? Self.runs(rows, width: rowBytes, &generator) : generator.permutation(rows)
  }

  /// The rows of a step of the epoch.
  func rows(ofStep step: Int) -> Int { min(size, rows - step * size) }

  /// An order for rows that come from a disk: runs of a megabyte in random order, and within a
  /// window of some of them the rows.
  static func runs(_ rows: Int, width: Int, _ generator: inout RandomGenerator) -> [Int] {
    let length = max(1, runBytes / max(1, width))
    let runs = generator.permutation((rows + length - 1) / length)
    var order: [Int] = []
    order.reserveCapacity(rows)
    for first in stride(from: 0, to: runs.count, by: runsInWindow) {
      let window = runs[first..<min(runs.count, first + runsInWindow)].flatMap { run in
        run * length..<min(rows, (run + 1) * length)
      }
      order += generator.permutation(window.count).map { window[$0] }
    }
    return order
  }

  private static let runBytes = 1 << 20
  private static let runsInWindow = 64

  /// What a step of the epoch is given. Throws what the augmentation throws.
  ///
  /// - Parameter needed: which of the step's rows are read.
  func step(_ step: Int, needing needed: Range<Int>) throws -> Step {
    let first = step * size
    let count = rows(ofStep: step)
    // What changes the inputs is given all of them, so that it draws the same for each.
    let needed = augmentation == nil ? needed : 0..<count
    let (inputs, targets) = gather(from: first, count: count, needing: needed)
    let weights = weights.map { weights in
      (first..<first + count).flatMap { place in
        let row = row(at: place)
        return weights[row * positions..<(row + 1) * positions]
      }
    }
    return Step(inputs: try augment(inputs, step: step), targets: targets, weights: weights)
  }

  private func gather(
    from first: Int, count: Int, needing needed: Range<Int>
  ) -> (inputs: FloatRows, targets: FloatRows) {
    guard let gathered else {
      return (
        source.inputs.rows(from: first, count: count),
        source.targets.rows(from: first, count: count)
      )
    }
    let inputs = gathered.inputs.row.inRows(of: source.inputs.columns).rows(from: 0, count: count)
    let targets = gathered.targets.row.inRows(of: source.targets.columns)
      .rows(from: 0, count: count)
    order.withUnsafeBufferPointer { order in
      guard let base = order.baseAddress else { return }
      // SAFETY: the order has an entry for each row of the data; the buffers hold a batch.
      let start = base + first + needed.lowerBound
      func part(_ rows: FloatRows) -> FloatRows {
        rows.rows(from: needed.lowerBound, count: needed.count)
      }
      backend.gather(start, from: source.inputs, into: part(inputs))
      backend.gather(start, from: source.targets, into: part(targets))
    }
    return (inputs, targets)
  }

  /// The inputs as the augmentation leaves them: the same whenever the step is taken again.
  private func augment(_ inputs: FloatRows, step: Int) throws -> FloatRows {
    guard let augmentation, let augmented else { return inputs }
    let shape = try Shape(checking: [inputs.rows] + augmentedShape)
    let changed = try augmentation.apply(
      inputs.tensor(shape), seed: seed, epoch: epoch, step: step)
    let rows = augmented.row.inRows(of: inputs.columns).rows(from: 0, count: inputs.rows)
    try rows.copy(from: changed)
    return rows
  }

  /// Which row of the data is at that place of the epoch.
  func row(at place: Int) -> Int { order.indices.contains(place) ? order[place] : place }
}
