import Tensors

/// What to train on: rows of examples, their targets, and rows to validate on.
package struct TrainingData: Sendable {
  /// N rows of examples, of the type that they came in.
  package let inputs: Tensor
  /// N rows of targets.
  package let targets: Tensor
  /// The same for validation.
  package let validation: (inputs: Tensor, targets: Tensor)?

  /// Takes N×… inputs and N×K (or N) targets. Throws when rows do not pair.
  package init(
    inputs: Tensor, targets: Tensor, validation: (inputs: Tensor, targets: Tensor)? = nil
  ) throws {
    (self.inputs, self.targets) = try Self.paired(inputs, targets)
    self.validation = try validation.map { try Self.paired($0.inputs, $0.targets) }
    if rows == 0 { throw TrainingError.noRows }
  }

  private init(fitting data: TrainingData, to network: Network) {
    inputs = data.inputs
    targets = network.fitted(targets: data.targets, inputs: data.inputs)
    validation = data.validation.map {
      ($0.inputs, network.fitted(targets: $0.targets, inputs: $0.inputs))
    }
  }

  private init(_ data: TrainingData, in type: ElementType) throws {
    inputs = try data.inputs.cast(to: type).contiguous()
    targets = try data.targets.cast(to: type).contiguous()
    validation = try data.validation.map {
      (try $0.inputs.cast(to: type).contiguous(), try $0.targets.cast(to: type).contiguous())
    }
  }

  /// The same in this type.
  func cast(to type: ElementType) throws -> TrainingData { try TrainingData(self, in: type) }

  /// The same with the targets as the network is to give them (`Network.fitted`).
  func fitted(to network: Network) -> TrainingData { TrainingData(fitting: self, to: network) }

  /// The number of examples.
  package var rows: Int { inputs.shape[0] }

  private static func paired(_ inputs: Tensor, _ targets: Tensor) throws -> (
    inputs: Tensor, targets: Tensor
  ) {
    guard inputs.rank >= 2 else { throw NetworkError.needsRows(got: inputs.shape) }
    guard targets.rank >= 1, targets.shape[0] == inputs.shape[0] else {
      throw TrainingError.rowCounts(
        inputs: inputs.shape[0], targets: targets.rank == 0 ? 1 : targets.shape[0])
    }
    let rows = targets.rank == 1 ? try targets.reshaped([targets.count, 1]) : targets
    return (inputs, rows)
  }
}

/// Rows of inputs and targets by address. The tensors are held so that the memory stays.
final class RowSource {
  let inputs: FloatRows
  let targets: FloatRows
  private let tensors: (Tensor, Tensor)

  var rows: Int { inputs.rows }

  init(_ inputs: Tensor, _ targets: Tensor) throws {
    let (x, y) = (try inputs.contiguous(), try targets.contiguous())
    tensors = (x, y)
    // SAFETY: both are contiguous and of their type, so the addresses are their storage's own, which
    // `tensors` keeps alive; a tensor that is held here is never written in place elsewhere.
    self.inputs = try Self.rows(of: x)
    self.targets = try Self.rows(of: y)
  }

  private static func rows(of tensor: Tensor) throws -> FloatRows {
    let rows = tensor.shape[0]
    let columns = rows == 0 ? 0 : tensor.count / rows
    func address(_ base: UnsafeRawPointer?) throws(TensorError) -> Floats {
      guard let base else { throw .negativeCount("rows", 0) }
      return Floats(mutating: base.assumingMemoryBound(to: Float.self))
    }
    let pointer =
      tensor.elementType == .f64
      ? try tensor.withDoubles { numbers throws(TensorError) in
        try address(UnsafeRawPointer(numbers.baseAddress))
      }
      : try tensor.withFloats { numbers throws(TensorError) in
        try address(UnsafeRawPointer(numbers.baseAddress))
      }
    return FloatRows(pointer, rows: rows, columns: columns, type: tensor.elementType)
  }
}

/// The rows of each step: the data itself where the order is its own, otherwise gathered.
final class Batches {
  /// Rows of a step; the last of an epoch may have fewer.
  let size: Int
  private let source: RowSource
  private let backend: any Backend
  private let gathered: (inputs: FloatBuffer, targets: FloatBuffer)?
  /// Empty where rows come in the data's own order.
  private var order: [Int]

  init(_ data: TrainingData, size: Int, shuffles: Bool, _ backend: any Backend) throws {
    source = try RowSource(data.inputs, data.targets)
    self.size = size
    self.backend = backend
    gathered =
      shuffles && size < source.rows
      ? (
        try FloatBuffer(count: size * source.inputs.columns, type: source.inputs.type),
        try FloatBuffer(count: size * source.targets.columns, type: source.targets.type)
      ) : nil
    order = gathered == nil ? [] : Array(0..<source.rows)
  }

  /// Rows of an epoch.
  var rows: Int { source.rows }
  /// Numbers in a row of targets.
  var targetWidth: Int { source.targets.columns }
  /// Steps in an epoch.
  var count: Int { (rows + size - 1) / size }

  /// Draws an epoch's order, where rows are shuffled.
  func shuffle(seed: UInt64, epoch: Int) {
    guard gathered != nil else { return }
    var generator = RandomGenerator(seed: seed, stream: UInt64(truncatingIfNeeded: epoch))
    order = generator.permutation(rows)
  }

  /// The inputs and targets of a step of the epoch.
  func rows(ofStep step: Int) -> (inputs: FloatRows, targets: FloatRows) {
    let first = step * size
    let count = min(size, rows - first)
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
      backend.gather(base + first, from: source.inputs, into: inputs)
      backend.gather(base + first, from: source.targets, into: targets)
    }
    return (inputs, targets)
  }

  /// Which row of the data is at that place of the epoch.
  func row(at place: Int) -> Int { order.indices.contains(place) ? order[place] : place }
}
