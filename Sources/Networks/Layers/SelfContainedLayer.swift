import Operations
import Tensors

/// A layer whose parameters are drawn without knowing the input, in one or several groups.
package protocol SelfContainedLayer: Layer {
  /// Draws all parameters anew.
  func drawn(generator: inout RandomGenerator) throws -> [[LayerParameter]]
}

extension SelfContainedLayer {
  package var isResolved: Bool { !parameterGroups.isEmpty }

  package mutating func resolve(
    input: [Int], position: Int, generator: inout RandomGenerator
  ) throws -> [Int] {
    let output = try outputShape(for: input, position: position)
    if !isResolved { try reset(generator: &generator) }
    return output
  }

  package mutating func resolveAlone(generator: inout RandomGenerator) throws {
    if !isResolved { try reset(generator: &generator) }
  }

  package mutating func reset(generator: inout RandomGenerator) throws {
    parameterGroups = try drawn(generator: &generator)
  }

  /// The pass's parameters. Throws where they have not been drawn.
  func parameters(of pass: LayerPass, count: Int) throws -> [Variable] {
    guard pass.parameters.count == count else {
      throw NetworkError.unresolved(layer: description, position: 1)
    }
    return Array(pass.parameters)
  }
}

extension LayerParameter {
  /// Zeros.
  static func zeros(_ letter: String, _ dimensions: [Int]) throws -> LayerParameter {
    LayerParameter(letter: letter, tensor: try Tensor.zeros(Shape(checking: dimensions)))
  }

  /// Normal numbers of that deviation.
  static func normal(
    _ letter: String, _ dimensions: [Int], deviation: Double, _ generator: inout RandomGenerator
  ) throws -> LayerParameter {
    LayerParameter(
      letter: letter,
      tensor: try generator.normal(Shape(checking: dimensions), deviation: deviation))
  }

  /// Evenly spread numbers from −limit to limit.
  static func uniform(
    _ letter: String, _ dimensions: [Int], limit: Double, _ generator: inout RandomGenerator
  ) throws -> LayerParameter {
    LayerParameter(
      letter: letter,
      tensor: try generator.uniform(Shape(checking: dimensions), low: -limit, high: limit))
  }
}

extension NetworkError {
  /// A layer's numbers that must be from 1 up, and small enough that their products fit.
  static func check(
    _ numbers: [(name: String, value: Int)], of layer: String
  ) throws(NetworkError) {
    for (name, value) in numbers where value < 1 || value > 1 << 24 {
      throw .invalidLayer(
        layer: layer, reason: "\(name) must be a whole number from 1 up, and not absurdly large")
    }
  }
}
