import Operations
import Tensors

/// Ba, Kiros and Hinton (2016): y = γ·(x − mean)/√(variance + 1e-5) + β, where mean and variance are
/// those of the row's own features (the last axis), in training and outside it.
package struct LayerNormalization: Layer {
  private var parameters: [LayerParameter] = []

  /// A layer that takes its number of features from what comes in.
  package init() {}

  package var description: String { "layer_norm" }
  package var parameterGroups: [[LayerParameter]] {
    get { parameters.isEmpty ? [] : [parameters] }
    set { parameters = newValue.first ?? [] }
  }
  package var groupCount: Int { 1 }
  package var isResolved: Bool { !parameters.isEmpty }
  package var arrangement: InputArrangement { .any }

  package func outputShape(for input: [Int], position: Int) throws(NetworkError) -> [Int] {
    let features = parameters.first?.tensor.count
    guard let last = input.last, last > 0, features ?? last == last else {
      throw .layerInput(
        layer: description, position: position,
        takes: features.map { "\($0) features" } ?? "features", got: input,
        remedy: "make a new layer_norm for another number of features")
    }
    return input
  }

  package mutating func resolve(
    input: [Int], position: Int, generator: inout RandomGenerator
  ) throws -> [Int] {
    let output = try outputShape(for: input, position: position)
    if !isResolved, let features = input.last { try fill(features) }
    return output
  }

  package mutating func reset(generator: inout RandomGenerator) throws {
    if let features = parameters.first?.tensor.count { try fill(features) }
  }

  private mutating func fill(_ features: Int) throws {
    let shape = try Shape(checking: [features])
    parameters = [
      LayerParameter(letter: "gamma", tensor: try Tensor.full(shape, 1)),
      LayerParameter(letter: "beta", tensor: try Tensor.zeros(shape)),
    ]
  }

  package func apply(_ x: Variable, _ pass: LayerPass) throws -> Variable {
    guard let gamma = pass.parameters.first, let beta = pass.parameters.last, x.rank > 0 else {
      throw NetworkError.unresolved(layer: description, position: 1)
    }
    let deviation = try x - .mean(x, axes: [x.rank - 1], keepDimensions: true)
    let variance = try Variable.mean(
      deviation * deviation, axes: [x.rank - 1], keepDimensions: true)
    return try deviation / .sqrt(variance + 1e-5) * gamma + beta
  }
}
