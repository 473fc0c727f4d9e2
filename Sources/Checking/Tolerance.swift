import Platform

/// When two gradients count as equal: up to rounding, which is measured, not guessed.
struct Tolerance {
  /// Relative to the largest element.
  let relative: Double
  /// How far Float32 rounding moved the true gradient at most, and as a root mean square.
  let noise: Double
  let noiseSpread: Double

  /// Whether `given` is `factor` times `expected`. Both the largest difference and the root mean
  /// square must be small: a small penalty on many weights shows only in the second.
  func agree(_ given: [Double], _ expected: [Double], times factor: Double = 1) -> Bool {
    guard given.count == expected.count else { return false }
    var (largest, difference, squares, sum) = (0.0, 0.0, 0.0, 0.0)
    for (a, b) in zip(given, expected) {
      let target = b * factor
      let gap = abs(a - target)
      guard gap.isFinite else { return false }
      largest = max(largest, abs(target))
      difference = max(difference, gap)
      sum += target * target
      squares += gap * gap
    }
    let count = Double(max(1, given.count))
    let scale = 10 * max(1, abs(factor))
    return difference <= relative * largest + scale * noise
      && (squares / count).squareRoot()
        <= relative * (sum / count).squareRoot() + scale * noiseSpread
  }

  /// The factor by which `expected` comes nearest to `given`; nil where there is none.
  static func factor(_ given: [Double], _ expected: [Double]) -> Double? {
    guard given.count == expected.count else { return nil }
    var (products, squares) = (0.0, 0.0)
    for (a, b) in zip(given, expected) {
      products += a * b
      squares += b * b
    }
    let factor = products / squares
    return factor.isFinite && factor != 0 ? factor : nil
  }

  /// |a − n| / (|a| + |n|), the largest over the elements; those that are tiny beside the largest
  /// one are measured against that, so that rounding of a zero is no error of 1.
  func relativeError(_ given: [Double], _ expected: [Double]) -> Double {
    let largest = expected.reduce(0) { max($0, abs($1)) }
    let floor = max(largest * 1e-3, noise * 1e3, .leastNormalMagnitude)
    return zip(given, expected).reduce(0) { worst, pair in
      let gap = abs(pair.0 - pair.1)
      guard gap.isFinite else { return 1 }
      return max(worst, gap / max(abs(pair.0) + abs(pair.1), floor))
    }
  }
}
