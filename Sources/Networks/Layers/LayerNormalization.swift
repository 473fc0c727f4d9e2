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

  package func addStages(input: [Int], to builder: StageBuilder) throws -> Bool {
    builder.append(
      try LayerNormalizationStage(
        builder, features: input.last ?? 1, width: input.reduce(1, *)))
    return true
  }
}

/// Backward, with x̂ the normalized row: dγ = Σ G⊙x̂, dβ = Σ G, dx = (γ⊙G − mean(γ⊙G) − x̂ ·
/// mean(γ⊙G⊙x̂)) / √(variance + 1e-5), in place.
final class LayerNormalizationStage: Stage {
  private let parameters: ScaleAndShift
  private let features: Int
  /// A row's 1/√(variance + 1e-5), and its mean.
  private let scales: Floats
  private let means: Floats

  init(_ builder: StageBuilder, features: Int, width: Int) throws(TensorError) {
    self.features = features
    parameters = ScaleAndShift(builder)
    scales = try builder.buffer(width: width / features).pointer
    means = try builder.buffer(width: width / features).pointer
    super.init(builder, output: try builder.buffer(width: width))
  }

  override var keepsOutput: Bool { false }

  override func forward(_ input: FloatRows, _ step: StepContext) throws -> FloatRows {
    self.input = input
    backend.standardizeRows(
      of: input.inRows(of: features), gamma: parameters.gamma.weights,
      beta: parameters.beta.weights,
      epsilon: Float(LayerNormalization.epsilon), scales: scales, means: means,
      into: output.pointer)
    return output
  }

  override func backward(_ gradient: FloatRows, _ step: StepContext) throws -> FloatRows {
    let sums = try backend.standardizeRowsBack(
      gradient.inRows(of: features), of: input.pointer, scales: scales, means: means,
      gamma: parameters.gamma.weights, into: gradient.pointer)
    parameters.add(gamma: sums.gamma, beta: sums.beta, step.start)
    return gradient
  }

  override func forwardOperands() -> (operation: String, operands: [StageOperand]) {
    parameters.operands(input)
  }
}
