import Platform

/// The binary cross-entropy of sigmoid(z), from z itself.
enum BinaryCrossEntropy {
  /// −y·log σ(z) − (1 − y)·log(1 − σ(z)), as max(z, 0) − y·z + log(1 + e^−|z|).
  static func loss(logit z: Double, target y: Double) -> Double {
    max(z, 0) - (y == 0 ? 0 : y * z) + log1p(exp(-abs(z)))
  }

  /// σ(z) − y.
  static func slope(logit z: Double, target y: Double) -> Double {
    let power = exp(-abs(z))
    return (z >= 0 ? 1 / (1 + power) : power / (1 + power)) - y
  }
}
