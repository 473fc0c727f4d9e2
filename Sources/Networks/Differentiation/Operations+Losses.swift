import Tensors

// Losses of (target, prediction), both of one shape: rows are examples, columns classes.

extension Operation {
  /// Σ y·log p, negated and divided by `divisor`. Terms with y = 0 are 0 whatever p is, and p is
  /// taken as at least the smallest normal number, so that the loss stays finite.
  ///
  /// dp = −y/p, dy = −log p, both over the divisor.
  static func crossEntropy(_ name: String, divisor: Double) -> Operation {
    Operation(
      name, saves: .inputs,
      forward: { inputs in
        let logarithm = try Tensor.apply(.log, inputs[1].aboveZero())
        let terms = try Tensor.apply(.multiply, inputs[0], logarithm)
        let sum = try terms.reduce(.sum, axes: nil, keepDimensions: false)
        return try Tensor.apply(.divide, sum, -divisor)
      },
      pullback: { p in
        let scaled = try p.cotangent / -divisor
        return [
          try p.part(0) { try scaled * .log(.aboveZero(p.inputs[1])) },
          try p.part(1) { try scaled * p.inputs[0] / .aboveZero(p.inputs[1]) },
        ]
      })
  }
}

extension Tensor {
  /// The elements, at least the smallest normal Float32.
  func aboveZero() throws -> Tensor {
    try Tensor.apply(.maximum, self, Double(Float.leastNormalMagnitude))
  }
}

extension Variable {
  static func aboveZero(_ x: Variable) throws -> Variable {
    try .maximum(x, Variable(Double(Float.leastNormalMagnitude)))
  }

  /// The cross-entropy −Σ y·log p, summed over classes and averaged over rows. When `prediction`
  /// came from `softmax` on the tape that watches it, the logits are used: finite for any logits,
  /// and the derivative is exactly (p − y)/N.
  package static func crossEntropy(target: Variable, prediction: Variable) throws -> Variable {
    try .crossEntropy(
      "cross_entropy", target: target, prediction: prediction,
      divisor: Double(rows(of: target)))
  }

  /// −mean(y·log p) over all N·K elements: the measure of the report.
  package static func averageCrossEntropy(target: Variable, prediction: Variable) throws
    -> Variable
  {
    try .crossEntropy(
      "averageCE", target: target, prediction: prediction, divisor: Double(target.count))
  }

  /// The mean over all elements of (p − y)².
  package static func meanSquaredError(target: Variable, prediction: Variable) throws -> Variable {
    try requireEqualShapes("mse", target, prediction)
    let difference = try prediction - target
    return try .mean(difference * difference)
  }

  private static func crossEntropy(
    _ name: String, target: Variable, prediction: Variable, divisor: Double
  ) throws -> Variable {
    try requireEqualShapes(name, target, prediction)
    if let tape = prediction.live?.tape,
      let logits = tape.origin(of: prediction, named: Operation.softmax.name)
    {
      return try .sum(target * .logSoftmax(logits)) / -divisor
    }
    return try Operation.crossEntropy(name, divisor: divisor)(target, prediction)
  }

  private static func rows(of target: Variable) -> Int {
    target.rank < 2 ? 1 : target.count / Swift.max(1, target.shape.dimensions[target.rank - 1])
  }

  private static func requireEqualShapes(_ loss: String, _ target: Variable, _ prediction: Variable)
    throws
  {
    guard target.shape == prediction.shape else {
      throw NetworkError.lossShapes(loss: loss, target: target.shape, prediction: prediction.shape)
    }
  }
}
