import Operations
import Tensors

extension Network {
  /// The outputs for rows of examples (inference: no dropout), with biases and rectifiers fused
  /// into the products. Many rows go through wide layers in pieces, so that what lies between the
  /// layers stays small beside the outputs.
  package func forward(_ x: Tensor) throws -> Tensor {
    if !isResolved { return try completed(for: x.shape).forward(x) }
    let widest = try widestValue(checkInput(x.shape))
    let (rows, piece) = (x.shape[0], max(1, Self.pieceCount / max(1, widest)))
    guard rows > piece, !layers.contains(where: \.mixesRows) else { return try forwardWhole(x) }
    if endsInProbabilities != nil, layers.count > 1, let last = layers.last {
      // On all logits at once: the probabilities remember them, for losses to be computed from.
      var body = self
      body.layers.removeLast()
      return try last.apply(Variable(body.forward(x)), parameters: []).tensor
    }
    let parts = try stride(from: 0, to: rows, by: piece).map { start in
      try forwardWhole(x.rows(start..<min(rows, start + piece)))
    }
    return try Tensor.concatenate(parts, axis: 0)
  }

  /// How many numbers each value between two layers may have: 64 MB of Float32.
  private static let pieceCount = 1 << 24

  /// The most numbers that a value between two layers has for one example.
  private func widestValue(_ input: [Int]) throws(NetworkError) -> Int {
    var (shape, widest) = (input, 1)
    for (index, layer) in layers.enumerated() {
      shape = try layer.outputShape(for: shape, position: index + 1)
      widest = max(widest, shape.reduce(1, *))
    }
    return widest
  }

  private func forwardWhole(_ x: Tensor) throws -> Tensor {
    let sequences = SequencePass()
    var value = x
    var index = 0
    while index < layers.count {
      try Interrupt.check()
      let layer = layers[index]
      let isRectified = index + 1 < layers.count && layers[index + 1].isRectifier
      if let output = try layer.fused(value, rectified: isRectified) {
        value = output
        index += isRectified ? 2 : 1
      } else {
        let parameters = layer.parameterGroups.joined().map { Variable($0.tensor) }
        let pass = LayerPass(parameters: parameters[...], sequences: sequences)
        value = try layer.apply(Variable(value), pass).tensor
        index += 1
      }
    }
    return value
  }

  /// The outputs as recorded operations, with these variables for the parameters, in the order of
  /// `parameters`: what `grad L wrt net` watches. Without them the parameters are constants.
  package func forward(_ x: Variable, parameters: [Variable]? = nil) throws -> Variable {
    if parameters == nil, !isResolved { return try completed(for: x.shape).forward(x) }
    try checkInput(x.shape)
    let values = parameters ?? self.parameters.map { Variable($0.tensor) }
    let expected = layers.reduce(0) { $0 + $1.parameterCount }
    guard values.count == expected else {
      throw NetworkError.parameterCount(expected: expected, got: values.count)
    }
    return try layers.apply(x, LayerPass(parameters: values[...]))
  }

  /// The same as in training: dropout drops, and statistics are the batch's own.
  ///
  /// - Parameter seed: decides what drops.
  package func forward(
    _ x: Variable, parameters: [Variable]? = nil, trainingWithSeed seed: UInt64
  ) throws -> Variable {
    if parameters == nil, !isResolved {
      return try completed(for: x.shape).forward(x, trainingWithSeed: seed)
    }
    try checkInput(x.shape)
    var remaining = (parameters ?? self.parameters.map { Variable($0.tensor) })[...]
    let sequences = SequencePass()
    var value = x
    for (index, layer) in layers.enumerated() {
      let pass = TrainingPass(seed: seed, position: index + 1, step: 0, firstRow: 0)
      let own = remaining.prefix(layer.parameterCount)
      remaining = remaining.dropFirst(layer.parameterCount)
      value = try layer.apply(
        value, LayerPass(parameters: own, training: pass, sequences: sequences))
    }
    return value
  }

  /// Whether some layer computes something else in training than outside it.
  package var differsInTraining: Bool { layers.contains { $0.differsInTraining } }

  /// The network with the layers that these rows complete. As their weights are drawn from the
  /// network's own seed, each call gives the same, and so does the training that comes later.
  package func completed(for shape: Shape) throws -> Network {
    guard shape.rank >= 2 else { throw NetworkError.needsRows(got: shape) }
    var network = self
    try network.resolve(input: Array(shape.dimensions.dropFirst()))
    return network
  }

  /// The shape of one example.
  @discardableResult
  private func checkInput(_ shape: Shape) throws(NetworkError) -> [Int] {
    if let index = layers.firstIndex(where: { !$0.isResolved }) {
      throw .unresolved(layer: layers[index].description, position: index + 1)
    }
    guard shape.rank >= 2 else { throw .needsRows(got: shape) }
    let input = Array(shape.dimensions.dropFirst())
    _ = try outputShape(for: input)
    return input
  }
}
