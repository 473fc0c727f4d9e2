import Tensors

extension Network {
  /// The outputs for rows of examples (inference: no dropout), with biases and rectifiers fused
  /// into the products.
  package func forward(_ x: Tensor) throws -> Tensor {
    try checkInput(x.shape)
    var value = x
    var index = 0
    while index < layers.count {
      try Interrupt.check()
      if let dense = layers[index] as? Dense {
        let next = index + 1 < layers.count ? layers[index + 1] as? ActivationLayer : nil
        let isRectified = next?.kind == .relu
        value = try dense.fused(value, relu: isRectified)
        index += isRectified ? 2 : 1
      } else {
        let layer = layers[index]
        let parameters = layer.parameterGroups.joined().map { Variable($0.tensor) }
        value = try layer.apply(Variable(value), parameters: parameters[...]).tensor
        index += 1
      }
    }
    return value
  }

  /// The outputs as recorded operations, with these variables for the parameters, in the order of
  /// `parameters`: what `grad L wrt net` watches. Without them the parameters are constants.
  package func forward(_ x: Variable, parameters: [Variable]? = nil) throws -> Variable {
    try checkInput(x.shape)
    let values = parameters ?? self.parameters.map { Variable($0.tensor) }
    let expected = layers.reduce(0) { $0 + $1.parameterCount }
    guard values.count == expected else {
      throw NetworkError.parameterCount(expected: expected, got: values.count)
    }
    var remaining = values[...]
    var value = x
    for layer in layers {
      value = try layer.apply(value, parameters: remaining.prefix(layer.parameterCount))
      remaining = remaining.dropFirst(layer.parameterCount)
    }
    return value
  }

  private func checkInput(_ shape: Shape) throws(NetworkError) {
    if let index = layers.firstIndex(where: { !$0.isResolved }) {
      throw .unresolved(layer: layers[index].description, position: index + 1)
    }
    guard shape.rank >= 2 else { throw .needsRows(got: shape) }
    _ = try outputShape(for: Array(shape.dimensions.dropFirst()))
  }
}
