import Tensors

/// What to train on: rows of examples, their targets, and rows to validate on.
package struct TrainingData: Sendable {
  /// N rows of examples, Float32, contiguous.
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
    return (
      try inputs.cast(to: .f32).contiguous(), try rows.cast(to: .f32).contiguous()
    )
  }
}

/// Rows of inputs and targets by address. The tensors are held so that the memory stays.
final class RowSource {
  let inputs: Floats
  let targets: Floats
  let rows: Int
  let inputWidth: Int
  let targetWidth: Int
  private let tensors: (Tensor, Tensor)

  init(_ inputs: Tensor, _ targets: Tensor) throws {
    rows = inputs.shape[0]
    inputWidth = inputs.shape.dimensions.dropFirst().reduce(1, *)
    targetWidth = targets.shape.dimensions.dropFirst().reduce(1, *)
    let (x, y) = (try inputs.contiguous(), try targets.contiguous())
    tensors = (x, y)
    // SAFETY: both are contiguous Float32, so the addresses are their storage's own, which
    // `tensors` keeps alive; a tensor that is held here is never written in place elsewhere.
    self.inputs = try Self.address(x)
    self.targets = try Self.address(y)
  }

  private static func address(_ tensor: Tensor) throws -> Floats {
    try tensor.withFloats { floats throws(TensorError) -> Floats in
      guard let base = floats.baseAddress else { throw .negativeCount("rows", 0) }
      return Floats(mutating: base)
    }
  }
}
