import ONNX
import Operations
import Tensors

/// x·W + b: every output is a weighted sum of every input.
package struct Dense: Layer {
  /// The number of inputs, once known.
  package private(set) var inputs: Int?
  /// The number of outputs.
  package let outputs: Int
  /// How the weights are drawn; biases start at 0.
  package let initialization: Initialization
  /// Whether something is added to the sums.
  package let hasBias: Bool
  private var parameters: [LayerParameter] = []

  /// A layer whose inputs are as yet unknown where `inputs` is nil.
  package init(
    inputs: Int? = nil, outputs: Int, initialization: Initialization = .xavier,
    hasBias: Bool = true
  ) throws(NetworkError) {
    self.hasBias = hasBias
    self.inputs = inputs
    self.outputs = outputs
    self.initialization = initialization
    guard outputs > 0, inputs ?? 1 > 0 else {
      throw .invalidLayer(
        layer: description, reason: "the numbers of inputs and outputs must be at least 1")
    }
  }

  package var description: String {
    let drawn =
      (initialization == .xavier ? "" : ", init=\"\(initialization.rawValue)\"")
      + (hasBias ? "" : ", bias=false")
    return "dense(" + (inputs.map { "\($0), " } ?? "") + "\(outputs)\(drawn))"
  }

  package var parameterGroups: [[LayerParameter]] {
    get { parameters.isEmpty ? [] : [parameters] }
    set { parameters = newValue.first ?? [] }
  }

  package var groupCount: Int { 1 }

  package var isResolved: Bool { !parameters.isEmpty }

  package func outputShape(for input: [Int], position: Int) throws(NetworkError) -> [Int] {
    guard let last = input.last, inputs ?? last == last, last > 0 else {
      throw .layerInput(
        layer: description, position: position,
        takes: inputs.map { input.count > 1 ? "a last axis of \($0)" : "rows of \($0)" }
          ?? "rows of numbers",
        got: input,
        remedy: input.count > 1 && input.reduce(1, *) == inputs
          ? "put flatten before it" : "the layer before it, or the data, decides its inputs")
    }
    return input.dropLast() + [outputs]
  }

  package mutating func resolve(
    input: [Int], position: Int, generator: inout RandomGenerator
  ) throws -> [Int] {
    let output = try outputShape(for: input, position: position)
    guard !isResolved else { return output }
    inputs = input.last
    try reset(generator: &generator)
    return output
  }

  package func addNodes(to graph: inout GraphBuilder, _ x: String, input: [Int]) throws -> String {
    guard let weights = parameters.first else {
      throw NetworkError.unresolved(layer: description, position: 1)
    }
    let product = graph.node("MatMul", [x, try graph.constant(weights.tensor, "W")])
    guard hasBias, let bias = parameters.last else { return product }
    return graph.node("Add", [product, try graph.constant(bias.tensor, "b")])
  }

  package mutating func reset(generator: inout RandomGenerator) throws {
    guard let inputs else { return }
    let weights = try initialization.draw(
      Shape(checking: [inputs, outputs]), inputs: inputs, outputs: outputs, generator: &generator)
    parameters =
      [LayerParameter(letter: "W", tensor: weights)] + (hasBias ? [try .zeros("b", [outputs])] : [])
  }

  package func features(after input: Int?) -> Int? { outputs }

  package mutating func resolve(features: Int, generator: inout RandomGenerator) throws {
    guard !isResolved, inputs == nil, features > 0 else { return }
    inputs = features
    try reset(generator: &generator)
  }

  package var knownInput: [Int]? { inputs.map { [$0] } }

  package func apply(_ x: Variable, _ pass: LayerPass) throws -> Variable {
    let parameters = pass.parameters
    guard let weights = parameters.first, let bias = parameters.last,
      parameters.count == (hasBias ? 2 : 1)
    else {
      throw NetworkError.unresolved(layer: description, position: 1)
    }
    if !hasBias { return try .matmul(x, weights) }
    return try .add(.matmul(x, weights), bias)
  }

  package func fused(_ x: Tensor, rectified: Bool) throws -> Tensor? {
    guard let weights = parameters.first?.tensor else {
      throw NetworkError.unresolved(layer: description, position: 1)
    }
    return try Tensor.matmul(
      x, weights, bias: hasBias ? parameters.last?.tensor : nil,
      activation: rectified ? .relu : .none)
  }

  package func addStages(input: [Int], to builder: StageBuilder) throws -> Bool {
    guard let width = input.last else { return false }
    let weights = builder.nextParameter()
    builder.append(
      try DenseStage(
        builder, inputs: width, outputs: outputs, positions: input.dropLast().reduce(1, *),
        weights: weights, bias: hasBias ? builder.nextParameter() : nil))
    return true
  }
}
