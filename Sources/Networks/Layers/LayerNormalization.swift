import ONNX
import Operations
import Tensors

/// Ba, Kiros and Hinton (2016): y = γ·(x − mean)/√(variance + 1e-5) + β, where mean and variance are
/// those of the row's own features (the last axis), in training and outside it.
package struct LayerNormalization: NormalizationLayer {
  package var parameters: [LayerParameter] = []

  /// A layer that takes its number of features from what comes in.
  package init() {}

  package var description: String { "layer_norm" }

  package func addNodes(to graph: inout GraphBuilder, _ x: String, input: [Int]) throws -> String {
    guard let gamma = parameters.first, let beta = parameters.last else {
      throw NetworkError.unresolved(layer: description, position: 1)
    }
    return graph.node(
      "LayerNormalization",
      [x, try graph.constant(gamma.tensor, "gamma"), try graph.constant(beta.tensor, "beta")],
      ["axis": .integer(-1), "epsilon": .number(Float(Self.epsilon))])
  }

  package func apply(_ x: Variable, _ pass: LayerPass) throws -> Variable {
    guard let gamma = pass.parameters.first, let beta = pass.parameters.last,
      x.shape.dimensions.last == gamma.count
    else {
      throw NetworkError.unresolved(layer: description, position: 1)
    }
    let fused = FusedOperation(
      "layer_norm", definition: { try Self.defined($0[0], gamma: $0[1], beta: $0[2]) },
      kernel: {
        let computed = try Tensor.rowsNormalized(
          $0[0], gamma: $0[1], beta: $0[2], epsilon: Self.epsilon)
        return (computed.output, [computed.scales, computed.means])
      },
      back: { inputs, computed, gradient in
        let parts = try Tensor.rowsNormalizedGradient(
          inputs[0], gamma: inputs[1], scales: computed.kept[0], means: computed.kept[1],
          of: gradient)
        return [parts.x, parts.gamma, parts.beta]
      })
    return try fused(x, gamma, beta)
  }

  private static func defined(
    _ x: Variable, gamma: Variable, beta: Variable
  ) throws -> Variable {
    let deviation = try x - .mean(x, axes: [x.rank - 1], keepDimensions: true)
    let variance = try Variable.mean(
      deviation * deviation, axes: [x.rank - 1], keepDimensions: true)
    return try normalized(deviation, variance: variance, gamma: gamma, beta: beta)
  }
}
