import Platform
import Tensors

/// A batch normalization in kernels over pieces of the rows, with a rectifier that follows.
///
/// Backward, with x̂ the normalized input, n the rows and G the gradient, which is set to 0 where the
/// rectifier gave 0: dγ = Σ G⊙x̂, dβ = Σ G, dx = γ/σ · (G − dβ/n − x̂ ⊙ dγ/n).
final class BatchNormalizationStage: Stage, WholeBatchStage {
  private let parameters: ScaleAndShift
  private let features: Int
  private let statistics: StatisticsStore
  private let offset: Int
  /// A feature's mean and 1/σ; on the way back γ/σ, and times that the means of G and of G⊙x̂.
  private let means: Floats
  private let scales: Floats
  private let shifts: Floats
  private let slopes: Floats
  private let factors: Floats
  private var takesRectifier = false
  /// The means in Float64.
  private var centres: [Double]
  /// The latest sums of these rows' own, for the parameters' gradients.
  private var ownTotals: [Double] = []

  init(_ builder: StageBuilder, features: Int, width: Int) throws(TensorError) {
    self.features = features
    parameters = ScaleAndShift(builder)
    statistics = builder.statistics
    offset = builder.nextStatistics(2 * features)
    means = try builder.buffer(width: features).pointer
    scales = try builder.buffer(width: features).pointer
    shifts = try builder.buffer(width: features).pointer
    slopes = try builder.buffer(width: features).pointer
    factors = try builder.buffer(width: features).pointer
    centres = [Double](repeating: 0, count: features)
    super.init(builder, output: try builder.buffer(width: width))
  }

  override func rectify() throws -> Bool {
    if takesRectifier { return false }
    takesRectifier = true
    return true
  }

  override var isRectified: Bool { takesRectifier }
  override var keepsOutput: Bool { takesRectifier }

  private var columns: ColumnStatistics { ColumnStatistics(means: means, scales: scales) }

  override func forward(_ input: FloatRows, _ step: StepContext) throws -> FloatRows {
    self.input = input
    let rows = input.inRows(of: features)
    if !step.isTraining {
      recall()
    } else if !step.isJoined {
      for round in 0..<forwardRounds {
        takeForward(
          round, try forwardSums(round, of: input), batchRows: output.rows, isFirst: true)
      }
    }
    backend.standardizeColumns(
      of: rows, columns, gamma: parameters.gamma.weights, beta: parameters.beta.weights,
      rectified: takesRectifier,
      into: output)
    return output
  }

  /// The mean, then the deviations from it.
  var forwardRounds: Int { 2 }

  func forwardSums(_ round: Int, of input: FloatRows) throws -> [Double] {
    try backend.columnTotals(
      of: input.inRows(of: features), around: round == 0 ? nil : centres)
  }

  /// How many values a feature has in so many rows.
  private func count(ofRows rows: Int) -> Double {
    Double(rows * (output.columns / features))
  }

  func takeForward(_ round: Int, _ totals: [Double], batchRows: Int, isFirst: Bool) {
    let count = count(ofRows: batchRows)
    if round == 0 {
      for feature in 0..<features { centres[feature] = totals[feature] / count }
      return
    }
    for feature in 0..<features {
      means[feature] = Float(centres[feature])
      scales[feature] = Float(1 / sqrt(totals[feature] / count + BatchNormalization.epsilon))
      guard isFirst else { continue }
      follow(offset + feature, means[feature])
      follow(offset + features + feature, Float(totals[feature] / max(1, count - 1)))
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
  func backwardSums(of rows: FloatRows) throws -> [Double] {
    ownTotals = try backend.columnProducts(
      of: rows.inRows(of: features), input.inRows(of: features), columns,
      rectified: takesRectifier ? output : nil)
    return ownTotals
  }

  func takeBackward(_ totals: [Double], batchRows: Int) {
    let count = count(ofRows: batchRows)
    for feature in 0..<features {
      shifts[feature] = Float(totals[feature] / count)
      slopes[feature] = Float(totals[features + feature] / count)
    }
  }

  override func backward(_ rows: FloatRows, _ step: StepContext) throws -> FloatRows {
    if !step.isJoined { takeBackward(try backwardSums(of: rows), batchRows: output.rows) }
    parameters.add(gamma: ownTotals[features...], beta: ownTotals[..<features], step.start)
    for feature in 0..<features {
      let factor = parameters.gamma.weights[feature] * scales[feature]
      factors[feature] = factor
      shifts[feature] *= factor
      slopes[feature] *= factor
    }
    backend.standardizeColumnsBack(
      rows.inRows(of: features), input.inRows(of: features), columns, factors: factors,
      shifts: shifts, slopes: slopes)
    return rows
  }

  override func forwardOperands() -> (operation: String, operands: [StageOperand]) {
    parameters.operands(input)
  }
}
