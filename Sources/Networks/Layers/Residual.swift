import ONNX
import Operations
import Tensors

/// x + f(x), where f is layers in a row that keep the shape (He et al., 2016).
package struct Residual: CompositeLayer {
  /// The layers of f.
  package var layers: [any Layer]

  /// A layer around the layers of `network`.
  package init(_ network: Network) throws(NetworkError) {
    layers = network.layers
    if layers.isEmpty { throw .empty }
  }

  /// The same around layers.
  init(layers: [any Layer]) throws(NetworkError) {
    self.layers = layers
    if layers.isEmpty { throw .empty }
  }

  package var description: String {
    "residual(" + layers.map(\.description).joined(separator: " |> ") + ")"
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

  package func features(after input: Int?) -> Int? {
    // Its layers keep the shape: what they give is what comes in.
    input ?? layers.reduce(input) { $1.features(after: $0) }
  }

  package mutating func resolve(features: Int, generator: inout RandomGenerator) throws {
    var inside: Int? = features
    for index in layers.indices {
      if let inside { try layers[index].resolve(features: inside, generator: &generator) }
      inside = layers[index].features(after: inside)
    }
  }

  package var inputFeatures: Int? {
    layers.first { $0.arrangement != .any || $0.inputFeatures != nil }?.inputFeatures
  }

  package var knownInput: [Int]? { layers.first?.knownInput }
  package var arrangement: InputArrangement {
    layers.first { $0.arrangement != .any }?.arrangement ?? .any
  }

  package func source() throws(NetworkError) -> String {
    "residual(" + (try layers.source()) + ")"
  }

  package func apply(_ x: Variable, _ pass: LayerPass) throws -> Variable {
    try .add(x, layers.apply(x, pass))
  }

  package func addNodes(to graph: inout GraphBuilder, _ x: String, input: [Int]) throws -> String {
    graph.node("Add", [x, try layers.addNodes(to: &graph, x, input: input)])
  }

  package func addStages(input: [Int], to builder: StageBuilder) throws -> Bool {
    let passesGradient = builder.needsInputGradient
    let inner = try builder.nested { try builder.addInner(layers, input: input) }
    builder.append(
      try ResidualStage(
        builder, inner: inner, width: input.reduce(1, *), passesGradient: passesGradient))
    return true
  }
}

/// With a rectifier that follows. Backward, the gradient passes through the inner stages and is added
/// to itself.
final class ResidualStage: Stage {
  private let stages: [Stage]
  private let passesGradient: Bool
  /// A copy of the gradient, where the last inner stage does not keep it.
  private let copy: FloatRows?
  /// The gradient of the latest pass.
  private var outer: FloatRows?
  private var sum: PlannedSum
  /// The sum, rectified.
  private var rectifiedSum: PlannedSum?

  /// - Parameter passesGradient: whether anything before the layer needs the gradient.
  init(_ builder: StageBuilder, inner: [Stage], width: Int, passesGradient: Bool)
    throws(TensorError)
  {
    stages = inner
    self.passesGradient = passesGradient
    let isCopied = passesGradient && !(inner.last?.keepsGradient ?? true)
    copy = isCopied ? try builder.buffer(width: width) : nil
    sum = PlannedSum(count: builder.rows * width)
    super.init(builder, output: try builder.buffer(width: width))
  }

  override func rectify() throws -> Bool {
    if rectifiedSum != nil { return false }
    rectifiedSum = PlannedSum(count: output.count, isRectified: true)
    return true
  }

  override var keepsOutput: Bool { rectifiedSum != nil }
  override var inner: [Stage] { stages }

  override func forward(_ input: FloatRows, _ step: StepContext) throws -> FloatRows {
    var value = input
    for stage in stages { value = try stage.forward(value, step) }
    return finishForward(input, value)
  }

  override func finishForward(_ input: FloatRows, _ value: FloatRows) -> FloatRows {
    self.input = input
    if rectifiedSum == nil {
      sum.run(input, value, into: output, on: backend)
    } else {
      rectifiedSum?.run(input, value, into: output, on: backend)
    }
    return output
  }

  override func backward(_ gradient: FloatRows, _ step: StepContext) throws -> FloatRows {
    beginBackward(gradient)
    var value = gradient
    for stage in stages.reversed() { value = try stage.backward(value, step) }
    return finishBackward(value)
  }

  override func beginBackward(_ gradient: FloatRows) {
    if rectifiedSum != nil { backend.mask(gradient, rectified: output) }
    copy?.copy(from: gradient)
    outer = gradient
  }

  override func finishBackward(_ gradient: FloatRows) -> FloatRows {
    guard passesGradient, let outer else { return gradient }
    // Into the memory that it came in: the inner stages' own will be used again.
    sum.run(gradient, copy ?? outer, into: outer, on: backend)
    return outer
  }

  override func forwardOperands() -> (operation: String, operands: [StageOperand]) {
    (rectifiedSum == nil ? "x + f(x)" : "relu(x + f(x))", [StageOperand("x", input)])
  }
}

/// The sum of two rows of numbers of fixed length, rectified where asked for; it is never cut short.
private struct PlannedSum {
  private var program: ElementwiseProgram.Planned

  init(count: Int, isRectified: Bool = false) {
    let rectifier: [ElementwiseProgram.Instruction] = isRectified ? [.unary(.relu)] : []
    program = .init(
      ElementwiseProgram([.load(0), .load(1), .binary(.add)] + rectifier), [.rows, .rows],
      count: count)
  }

  mutating func run(
    _ a: FloatRows, _ b: FloatRows, into result: FloatRows, on backend: any Backend
  ) {
    program.set(0, to: a)
    program.set(1, to: b)
    program.run(into: result, on: backend)
  }
}
