import Operations
import Tensors

/// A layer that brings each feature (along the last axis) to mean 0 and variance 1 by statistics of
/// its own choice, and then gives it a scale γ and a shift β that are learned.
package protocol NormalizationLayer: Layer {
  /// γ and β; empty while the number of features is unknown.
  var parameters: [LayerParameter] { get set }
  /// Starts measuring so many features anew; does nothing where nothing is measured.
  mutating func forgetStatistics(features: Int) throws
}

extension NormalizationLayer {
  /// Added to the variance, so that a constant feature is not divided by 0.
  static var epsilon: Double { 1e-5 }

  package var parameterGroups: [[LayerParameter]] {
    get { parameters.isEmpty ? [] : [parameters] }
    set { parameters = newValue.first ?? [] }
  }
  package var groupCount: Int { 1 }
  package var isResolved: Bool { !parameters.isEmpty }
  package var arrangement: InputArrangement { .any }
  package var inputFeatures: Int? { parameters.first?.tensor.count }

  package func outputShape(for input: [Int], position: Int) throws(NetworkError) -> [Int] {
    let features = parameters.first?.tensor.count
    guard let last = input.last, last > 0, features ?? last == last else {
      throw .layerInput(
        layer: description, position: position,
        takes: features.map { "\($0) features" } ?? "features", got: input,
        remedy: "make a new \(description) for another number of features")
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

  package mutating func resolve(features: Int, generator: inout RandomGenerator) throws {
    if !isResolved { try fill(features) }
  }

  private mutating func fill(_ features: Int) throws {
    let shape = try Shape(checking: [features])
    parameters = [
      LayerParameter(letter: "gamma", tensor: try Tensor.full(shape, 1)),
      LayerParameter(letter: "beta", tensor: try Tensor.zeros(shape)),
    ]
    try forgetStatistics(features: features)
  }

  package mutating func forgetStatistics(features: Int) throws {}

  /// γ·(x − mean)/√(variance + ε) + β, of x − mean.
  static func normalized(
    _ deviation: Variable, variance: Variable, gamma: Variable, beta: Variable
  ) throws -> Variable {
    try deviation / .sqrt(variance + epsilon) * gamma + beta
  }
}
