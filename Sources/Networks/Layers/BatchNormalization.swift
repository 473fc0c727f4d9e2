import Glibc
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
    return try normalized(deviation, variance: variance, gamma: gamma, beta: beta)
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

/// Backward, with x̂ the normalized input and n the rows: dγ = Σ G⊙x̂, dβ = Σ G,
/// dx = γ/σ · (G − dβ/n − x̂ ⊙ dγ/n).
final class BatchNormalizationStage: Stage, WholeBatchStage {
  private let gamma: ParameterSlot
  private let beta: ParameterSlot
  private let features: Int
  private let retained: Float
  private let statistics: StatisticsStore
  private let offset: Int
  private let normalized: Floats
  /// Per feature: mean, 1/σ, and sums.
  private let means: Floats
  private let scales: Floats
  private var sums: [Double]
  private var products: [Double]
  /// The latest of these rows' own, for the parameters' gradients.
  private var ownTotals: [Double] = []

  init(_ builder: StageBuilder, features: Int, width: Int) throws(TensorError) {
    self.features = features
    gamma = builder.nextParameter()
    beta = builder.nextParameter()
    retained = Float(builder.retained)
    statistics = builder.statistics
    offset = builder.nextStatistics(2 * features)
    normalized = try builder.buffer(width: width).pointer
    means = try builder.buffer(width: features).pointer
    scales = try builder.buffer(width: features).pointer
    sums = [Double](repeating: 0, count: features)
    products = sums
    super.init(builder, output: try builder.buffer(width: width))
  }

  override var keepsOutput: Bool { false }

  override func forward(_ input: FloatRows, _ step: StepContext) throws -> FloatRows {
    self.input = input
    let (x, y) = (input.pointer, output.pointer)
    if !step.isTraining { recall() } else if !step.isJoined { measure(input) }
    let (gammas, betas) = (gamma.weights, beta.weights)
    for row in 0..<count {
      let start = row * features
      for feature in 0..<features {
        let value = (x[start + feature] - means[feature]) * scales[feature]
        normalized[start + feature] = value
        y[start + feature] = gammas[feature] * value + betas[feature]
      }
    }
    return output
  }

  /// How many values of each feature there are in these rows.
  private var count: Int { output.count / features }

  private func measure(_ input: FloatRows) {
    for round in 0..<forwardRounds {
      takeForward(round, forwardSums(round, of: input), batchRows: output.rows, isFirst: true)
    }
  }

  /// The mean, then the deviations from it.
  var forwardRounds: Int { 2 }

  func forwardSums(_ round: Int, of input: FloatRows) -> [Double] {
    let x = input.pointer
    var totals = [Double](repeating: 0, count: features)
    for row in 0..<count {
      for feature in 0..<features {
        let value = Double(x[row * features + feature])
        if round == 0 {
          totals[feature] += value
        } else {
          totals[feature] += (value - sums[feature]) * (value - sums[feature])
        }
      }
    }
    return totals
  }

  func takeForward(_ round: Int, _ totals: [Double], batchRows: Int, isFirst: Bool) {
    let count = batchRows * (count / max(1, output.rows))
    if round == 0 {
      for feature in 0..<features { sums[feature] = totals[feature] / Double(count) }
      return
    }
    for feature in 0..<features {
      means[feature] = Float(sums[feature])
      scales[feature] = Float(
        1 / sqrt(totals[feature] / Double(count) + BatchNormalization.epsilon))
      guard isFirst else { continue }
      follow(offset + feature, means[feature])
      follow(offset + features + feature, Float(totals[feature] / Double(max(1, count - 1))))
    }
  }

  /// Moves a running statistic towards what this batch has.
  private func follow(_ index: Int, _ measured: Float) {
    let old = Float(statistics.values[index])
    statistics.values[index] = Double(old + BatchNormalization.share * (measured - old))
  }

  private func recall() {
    for feature in 0..<features {
      means[feature] = Float(statistics.values[offset + feature])
      let variance = statistics.values[offset + features + feature]
      scales[feature] = Float(1 / sqrt(variance + BatchNormalization.epsilon))
    }
  }

  /// Σ G of each feature, then Σ G⊙x̂.
  func backwardSums(of rows: FloatRows) -> [Double] {
    let gradient = rows.pointer
    var totals = [Double](repeating: 0, count: 2 * features)
    for row in 0..<count {
      for feature in 0..<features {
        let g = Double(gradient[row * features + feature])
        totals[feature] += g
        totals[features + feature] += g * Double(normalized[row * features + feature])
      }
    }
    ownTotals = totals
    return totals
  }

  func takeBackward(_ totals: [Double], batchRows: Int) {
    let count = Double(batchRows * (count / max(1, output.rows)))
    for feature in 0..<features {
      sums[feature] = totals[feature] / count
      products[feature] = totals[features + feature] / count
    }
  }

  override func backward(_ rows: FloatRows, _ step: StepContext) throws -> FloatRows {
    let gradient = rows.pointer
    if !step.isJoined { takeBackward(backwardSums(of: rows), batchRows: output.rows) }
    let totals = ownTotals
    let kept = step.start.kept(ofUpdate: retained)
    for feature in 0..<features {
      gamma.update[feature] =
        (kept == 0 ? 0 : kept * gamma.update[feature]) + Float(totals[features + feature])
      beta.update[feature] =
        (kept == 0 ? 0 : kept * beta.update[feature]) + Float(totals[feature])
    }
    let gammas = gamma.weights
    for row in 0..<count {
      for feature in 0..<features {
        let index = row * features + feature
        gradient[index] =
          gammas[feature] * scales[feature]
          * (gradient[index] - Float(sums[feature])
            - normalized[index] * Float(products[feature]))
      }
    }
    return rows
  }

  override func forwardOperands() -> (operation: String, operands: [StageOperand]) {
    (
      "\(gamma.name) * (x - mean) / std + \(beta.name)",
      [
        StageOperand("x", input),
        StageOperand(gamma.name, FloatRows(gamma.weights, rows: 1, columns: features)),
        StageOperand(beta.name, FloatRows(beta.weights, rows: 1, columns: features)),
      ]
    )
  }
}
