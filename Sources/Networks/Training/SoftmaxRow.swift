import Platform

/// A row of logits, and the cross-entropy of its softmax.
struct SoftmaxRow<Number: BinaryFloatingPoint> {
  private let logits: UnsafeBufferPointer<Number>
  /// The logarithm of the sum of their powers.
  private let logarithm: Double

  init(_ logits: UnsafeBufferPointer<Number>) {
    self.logits = logits
    // Shifted by the largest, so that no power overflows. A NaN stays one.
    let largest = logits.reduce(-Double.infinity) { $1.isNaN ? .nan : max($0, Double($1)) }
    logarithm = largest + log(logits.reduce(0) { $0 + exp(Double($1) - largest) })
  }

  /// −Σ target · log softmax; targets of 0 contribute nothing, even at a logit of −∞.
  func loss(_ targets: UnsafeBufferPointer<Number>) -> Double {
    zip(logits, targets).reduce(0) { sum, pair in
      pair.1 == 0 ? sum : sum - Double(pair.1) * (Double(pair.0) - logarithm)
    }
  }

  /// (softmax · Σ target − target) · scale.
  func differentiate(
    _ targets: UnsafeBufferPointer<Number>, _ gradient: UnsafeMutablePointer<Number>,
    _ scale: Number
  ) {
    let total = targets.reduce(0) { $0 + Double($1) }
    for column in logits.indices {
      let probability = exp(Double(logits[column]) - logarithm)
      gradient[column] = Number(probability * total - Double(targets[column])) * scale
    }
  }
}
