import Tensors

/// How the rows of a training step are cut: into pieces whose activations fit the caches, and into
/// blocks that threads or ranks take whole. It follows from the network, the data and the batch
/// alone, never from how many threads there are, so that sums keep their order.
struct StepCut {
  /// Rows of a step.
  let batchRows: Int
  /// Rows measured at once.
  let measuringRows: Int
  /// The widest gradient between two stages or inside one, in numbers an example.
  let widestGradient: Int
  /// The threads of a step: one where a step is so small that waking others costs more than they
  /// save; nil for as many as there are.
  let threads: Int?
  /// Whether a batch is computed in blocks whose gradients are joined by a fixed tree.
  let isInBlocks: Bool
  /// Whether the blocks run side by side, since layers join sums over the batch.
  let joinsSums: Bool
  /// Multiplications with their additions a row of a step takes.
  let multiplyAdds: Double
  /// The numbers that an example has between or inside stages.
  let activations: Int
  private let targetRows: Int
  /// Whether a batch without a tree between ranks may be computed in blocks all the same, by threads.
  private let mayUseThreadBlocks: Bool
  /// Blocks of fewer rows would spend more on their sums than on their products.
  private let fewestBlockRows: Int

  /// Below so many multiplications a step runs on one thread, in less than a hundred microseconds.
  private static let smallStep = 5_000_000.0

  /// Floats of activations that a piece of a batch may fill: about a level-2 cache for each of two
  /// threads.
  private static let pieceFloats = 1 << 20

  /// - Parameters:
  ///   - input: an example's shape.
  ///   - batch: the rows of a step.
  ///   - isShared: whether ranks share every batch.
  init(_ network: Network, input: [Int], batch: Int, loss: Loss, isShared: Bool) throws {
    batchRows = batch
    let (sum, widest) = try Self.widths(of: network, input: input)
    (activations, widestGradient) = (sum, widest)
    let cachedRows = max(Self.fewestRows(sum), Self.pieceFloats / max(1, sum))
    let addsUp = loss.recorded?.isMeanOverRows ?? true
    // What mixes no rows after all is looked for where ranks want to share a batch.
    let layers = network.layers.withInputs(input)
    let needsWholeBatch = layers.contains {
      isShared ? $0.layer.needsWholeBatch(for: $0.input) : $0.layer.needsWholeBatch
    }
    targetRows = !addsUp || needsWholeBatch ? .max : cachedRows
    measuringRows =
      !addsUp
        || layers.contains {
          $0.layer.mixesRows && !(isShared && $0.layer.keepsRowsApart($0.input))
        }
      ? .max : max(Self.fewestRows(sum), min(1024, Self.pieceFloats / max(1, sum)))
    joinsSums = needsWholeBatch
    let isSingle = network.elementType == .f32 && StageBuilder.usesOwnStages
    isInBlocks =
      isShared && addsUp
      && layers.allSatisfy {
        !$0.layer.needsWholeBatch(for: $0.input) || $0.layer.joinsSums && isSingle
      }
    mayUseThreadBlocks = !isShared && addsUp && !needsWholeBatch && isSingle
    let products = try Self.products(of: network, input: input)
    multiplyAdds = 3 * products
    fewestBlockRows = Self.fewestBlockRows(products: products, parameters: network.parameterCount)
    threads = multiplyAdds * Double(batch) < Self.smallStep ? 1 : nil
  }

  /// A sum of two gradients moves as many bytes as are read for a row's products with them, of which
  /// a dense layer makes thirty in that time; a convolution works longer on a row.
  private static func fewestBlockRows(products: Double, parameters: Int) -> Int {
    let intensity = products / Double(max(1, parameters))
    return max(4, min(32, Int((32 / max(1, intensity)).rounded(.up))))
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
    guard mayUseThreadBlocks, threads == nil, batch >= worthwhile else { return nil }
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
