import ONNX
import Operations
import Tensors

/// Ioffe and Szegedy (2015): y = γ·(x − mean)/√(variance + 1e-5) + β, feature by feature (the last
/// axis). In training the mean and variance are the batch's; running averages of them (a tenth of
/// the new, the variance divided by n − 1, as PyTorch) serve otherwise.
package struct BatchNormalization: NormalizationLayer {
  static let share: Float = 0.1

  package var parameters: [LayerParameter] = []
  package var statistics: [Tensor] = []

  /// A layer that takes its number of features from what comes in.
  package init() {}

  package var description: String { "batch_norm" }
  package var needsWholeBatch: Bool { true }
  package var joinsSums: Bool { true }
  package var differsInTraining: Bool { true }

  package mutating func forgetStatistics(features: Int) throws {
    let shape = try Shape(checking: [features])
    statistics = [try Tensor.zeros(shape), try Tensor.full(shape, 1)]
  }

  package func apply(_ x: Variable, _ pass: LayerPass) throws -> Variable {
    guard let gamma = pass.parameters.first, let beta = pass.parameters.last,
      statistics.count == 2
    else { throw NetworkError.unresolved(layer: description, position: 1) }
    guard let training = pass.training else {
      let (mean, variance) = (Variable(statistics[0]), Variable(statistics[1]))
      let scale = try gamma / .sqrt(variance + Self.epsilon)
      return try (x - mean) * scale + beta
    }
    let axes = Array(0..<max(0, x.rank - 1))
    let mean = try Variable.mean(x, axes: axes)
    let deviation = try x - mean
    let variance = try Variable.mean(deviation * deviation, axes: axes)
    try training.measured(averaged(mean.tensor, variance.tensor, rows: x.count / gamma.count))
    return try Self.normalized(deviation, variance: variance, gamma: gamma, beta: beta)
  }

  package func addNodes(to graph: inout GraphBuilder, _ x: String, input: [Int]) throws -> String {
    guard let gamma = parameters.first, let beta = parameters.last, statistics.count == 2 else {
      throw NetworkError.unresolved(layer: description, position: 1)
    }
    let operands = [
      try graph.constant(gamma.tensor, "gamma"), try graph.constant(beta.tensor, "beta"),
      try graph.constant(statistics[0], "mean"), try graph.constant(statistics[1], "variance"),
    ]
    // ONNX has the features on the second axis.
    let moved = graph.featuresSecond(x, rank: input.count + 1)
    let result = graph.node(
      "BatchNormalization", [moved] + operands, ["epsilon": .number(Float(Self.epsilon))])
    return graph.featuresLast(result, rank: input.count + 1)
  }

  /// The running statistics after a batch of `rows` values a feature.
  private func averaged(_ mean: Tensor, _ variance: Tensor, rows: Int) throws -> [Tensor] {
    let unbiased = Double(rows) / Double(max(1, rows - 1))
    let measured = [mean, try Tensor.apply(.multiply, variance, .scalar(unbiased))]
    return try zip(statistics, measured).map { old, new in
      let change = try Tensor.apply(.subtract, new, old)
      return try Tensor.apply(
        .add, old, Tensor.apply(.multiply, change, .scalar(Double(Self.share))))
    }
  }

  package func addStages(input: [Int], to builder: StageBuilder) throws -> Bool {
    builder.append(
      try BatchNormalizationStage(builder, features: input.last ?? 1, width: input.reduce(1, *)))
    return true
  }
}
