import Operations
import Tensors

/// x + f(x), where f is layers in a row that keep the shape (He et al., 2016).
package struct Residual: Layer {
  /// The layers of f.
  package private(set) var layers: [any Layer]

  /// A layer around the layers of `network`.
  package init(_ network: Network) throws(NetworkError) {
    layers = network.layers
    if layers.isEmpty { throw .empty }
  }

  package var description: String {
    "residual(" + layers.map(\.description).joined(separator: " |> ") + ")"
  }

  package var parameterGroups: [[LayerParameter]] {
    get { layers.flatMap(\.parameterGroups) }
    set {
      var remaining = newValue[...]
      for index in layers.indices {
        let count = layers[index].parameterGroups.count
        layers[index].parameterGroups = Array(remaining.prefix(count))
        remaining = remaining.dropFirst(count)
      }
    }
  }
  package var groupCount: Int { layers.reduce(0) { $0 + $1.groupCount } }
  package var isResolved: Bool { layers.allSatisfy(\.isResolved) }

  package var statistics: [Tensor] {
    get { layers.flatMap(\.statistics) }
    set {
      var remaining = newValue[...]
      for index in layers.indices {
        let count = layers[index].statistics.count
        layers[index].statistics = Array(remaining.prefix(count))
        remaining = remaining.dropFirst(count)
      }
    }
  }

  package func outputShape(for input: [Int], position: Int) throws(NetworkError) -> [Int] {
    var shape = input
    for layer in layers { shape = try layer.outputShape(for: shape, position: position) }
    try checkKept(input, shape, position)
    return input
  }

  private func checkKept(_ input: [Int], _ output: [Int], _ position: Int) throws(NetworkError) {
    guard output != input else { return }
    throw .layerInput(
      layer: description, position: position,
      takes: "what its layers give (\(NetworkError.words(output)))", got: input,
      remedy: "its layers must keep the shape")
  }

  package mutating func resolve(
    input: [Int], position: Int, generator: inout RandomGenerator
  ) throws -> [Int] {
    // Each layer is asked once for its output: nested residuals are resolved in linear time.
    var shape = input
    for index in layers.indices {
      shape = try layers[index].resolve(
        input: shape, position: position, generator: &generator)
    }
    try checkKept(input, shape, position)
    return input
  }

  package mutating func resolveAlone(generator: inout RandomGenerator) throws {
    for index in layers.indices { try layers[index].resolveAlone(generator: &generator) }
  }

  package mutating func reset(generator: inout RandomGenerator) throws {
    for index in layers.indices { try layers[index].reset(generator: &generator) }
  }

  package func apply(_ x: Variable, parameters: ArraySlice<Variable>) throws -> Variable {
    var remaining = parameters
    var value = x
    for layer in layers {
      value = try layer.apply(value, parameters: remaining.prefix(layer.parameterCount))
      remaining = remaining.dropFirst(layer.parameterCount)
    }
    return try .add(x, value)
  }

  package func makeStages(input: [Int], _ builder: StageBuilder) throws {
    let passesGradient = builder.needsInputGradient
    let inner = try builder.nested {
      var shape = input
      for layer in layers {
        try layer.makeStages(input: shape, builder)
        shape = try layer.outputShape(for: shape, position: builder.position)
      }
    }
    builder.append(
      try ResidualStage(
        builder, inner: inner, width: input.reduce(1, *), passesGradient: passesGradient))
  }

  package func widestGradient(for input: [Int]) -> Int {
    var (shape, widest) = (input, 1)
    for layer in layers {
      widest = max(widest, layer.widestGradient(for: shape))
      shape = (try? layer.outputShape(for: shape, position: 0)) ?? shape
      widest = max(widest, shape.reduce(1, *))
    }
    return widest
  }

  package var needsWholeBatch: Bool { layers.contains { $0.needsWholeBatch } }
}

/// Backward, the gradient passes through the inner stages and is added to itself.
final class ResidualStage: Stage {
  private let inner: [Stage]
  private let passesGradient: Bool
  private let kept: Floats

  init(_ builder: StageBuilder, inner: [Stage], width: Int, passesGradient: Bool)
    throws(TensorError)
  {
    self.inner = inner
    self.passesGradient = passesGradient
    kept = try builder.buffer(width: width)
    super.init(builder, width: width, output: try builder.buffer(width: width))
  }

  override var keepsOutput: Bool { false }

  override func forward(_ input: Floats, _ step: StepContext) throws(TensorError) -> Floats {
    self.input = input
    var value = input
    for stage in inner { value = try stage.forward(value, step) }
    for index in 0..<rows * width { output[index] = input[index] + value[index] }
    return output
  }

  override func backward(_ gradient: Floats, _ step: StepContext) throws(TensorError) -> Floats {
    if passesGradient { kept.update(from: gradient, count: rows * width) }
    var value = gradient
    for stage in inner.reversed() { value = try stage.backward(value, step) }
    if passesGradient { for index in 0..<rows * width { value[index] += kept[index] } }
    return value
  }

  override func forwardOperands() -> (operation: String, operands: [StageOperand]) {
    ("x + f(x)", [StageOperand("x", input, rows, width)])
  }
}
