import Tensors

/// What to train on: rows of examples, their targets, and rows to validate on.
package struct TrainingData: Sendable {
  /// N rows of examples, of the type that they came in.
  package let inputs: Tensor
  /// N rows of targets.
  package let targets: Tensor
  /// How much each row counts in the loss, N numbers; nil where all count alike.
  package let weights: Tensor?
  /// Height × width (× channels) where the rows are pictures, otherwise empty.
  package var imageShape: [Int] = []
  /// As the command named it.
  package var name = ""
  /// The same for validation.
  package let validation: (inputs: Tensor, targets: Tensor)?

  /// Takes N×… inputs and N×K (or N) targets. Throws when rows do not pair.
  package init(
    inputs: Tensor, targets: Tensor, weights: Tensor? = nil,
    validation: (inputs: Tensor, targets: Tensor)? = nil
  ) throws {
    (self.inputs, self.targets) = try Self.paired(inputs, targets)
    self.weights = weights
    if let weights, weights.count != inputs.shape[0] {
      throw TrainingError.rowCounts(inputs: inputs.shape[0], targets: weights.count)
    }
    self.validation = try validation.map { try Self.paired($0.inputs, $0.targets) }
    if rows == 0 { throw TrainingError.noRows }
  }

  private init(fitting data: TrainingData, to network: Network) {
    inputs = data.inputs
    weights = data.weights
    imageShape = data.imageShape
    name = data.name
    targets = network.fitted(targets: data.targets, inputs: data.inputs)
    validation = data.validation.map {
      ($0.inputs, network.fitted(targets: $0.targets, inputs: $0.inputs))
    }
  }

  private init(_ data: TrainingData, in type: ElementType) throws {
    inputs = try data.inputs.cast(to: type).contiguous()
    targets = try data.targets.cast(to: type).contiguous()
    weights = data.weights
    imageShape = data.imageShape
    name = data.name
    validation = try data.validation.map {
      (try $0.inputs.cast(to: type).contiguous(), try $0.targets.cast(to: type).contiguous())
    }
  }

  /// The same in this type.
  func cast(to type: ElementType) throws -> TrainingData { try TrainingData(self, in: type) }

  /// The same with the targets as the network is to give them (`Network.fitted`).
  func fitted(to network: Network) -> TrainingData { TrainingData(fitting: self, to: network) }

  /// The rows with these numbers to train on, and those with others to validate on.
  package func selecting(_ chosen: [Int], validating held: [Int]) throws -> TrainingData {
    func rows(_ numbers: [Int], of tensor: Tensor) throws -> Tensor {
      try tensor.subscripted([
        .gather(Tensor(doubles: numbers.map(Double.init), elementType: .f64))
      ])
    }
    var part = try TrainingData(
      inputs: rows(chosen, of: inputs), targets: rows(chosen, of: targets),
      weights: weights.map { try rows(chosen, of: $0) },
      validation: (rows(held, of: inputs), rows(held, of: targets)))
    part.imageShape = imageShape
    part.name = name
    return part
  }

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
