import Glibc
import Tensors

/// A batch normalization in kernels over pieces of the rows. Backward, with x̂ the normalized input
/// and n the rows: dγ = Σ G⊙x̂, dβ = Σ G, dx = γ/σ · (G − dβ/n − x̂ ⊙ dγ/n).
final class BatchNormalizationStage: Stage {
  private let gamma: ParameterSlot
  private let beta: ParameterSlot
  private let features: Int
  private let retained: Float
  private let statistics: StatisticsStore
  private let offset: Int
  private let normalized: Floats
  /// A feature's mean and 1/σ on the way forward; on the way back those of its gradient, and the
  /// factor γ/σ.
  private let means: Floats
  private let scales: Floats
  private let slopes: Floats
  private let factors: Floats

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
    slopes = try builder.buffer(width: features).pointer
    factors = try builder.buffer(width: features).pointer
    super.init(builder, output: try builder.buffer(width: width))
  }

  override var keepsOutput: Bool { false }

  override func forward(_ input: FloatRows, _ step: StepContext) throws -> FloatRows {
    self.input = input
    let rows = input.inRows(of: features)
    if step.isTraining { try measure(rows) } else { recall() }
    backend.standardizeColumns(
      of: rows, means: means, scales: scales, gamma: gamma.weights, beta: beta.weights,
      standard: normalized, into: output)
    return output
  }

  private func measure(_ rows: FloatRows) throws {
    let (centres, squares) = try backend.columnMoments(of: rows)
    for feature in 0..<features {
      let squares = squares[feature]
      means[feature] = Float(centres[feature])
      scales[feature] = Float(1 / sqrt(squares / Double(rows.rows) + BatchNormalization.epsilon))
      follow(offset + feature, means[feature])
      follow(offset + features + feature, Float(squares / Double(max(1, rows.rows - 1))))
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

  override func backward(_ rows: FloatRows, _ step: StepContext) throws -> FloatRows {
    let gradient = rows.inRows(of: features)
    let (sums, products) = try backend.columnProducts(of: gradient, standard: normalized)
    let kept = step.isFirstChunk ? retained : 1
    let count = Double(gradient.rows)
    for feature in 0..<features {
      gamma.update[feature] =
        (kept == 0 ? 0 : kept * gamma.update[feature]) + Float(products[feature])
      beta.update[feature] = (kept == 0 ? 0 : kept * beta.update[feature]) + Float(sums[feature])
      means[feature] = Float(sums[feature] / count)
      slopes[feature] = Float(products[feature] / count)
      factors[feature] = gamma.weights[feature] * scales[feature]
    }
    backend.standardizeColumnsBack(
      gradient, standard: normalized, factors: factors, means: means, slopes: slopes)
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
