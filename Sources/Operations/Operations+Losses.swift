import Tensors

// Losses of (target, prediction), both of one shape: rows are examples, columns classes.

extension OperationKind {
  static let crossEntropy = OperationKind("cross_entropy")
  static let averageCrossEntropy = OperationKind("averageCE")
  static let binaryCrossEntropy = OperationKind("bce")
  static let losses = [crossEntropy, averageCrossEntropy, binaryCrossEntropy]
}

extension Operation {
  /// Σ y·log p, negated and divided by `divisor`. Terms with y = 0 are 0 whatever p is; where y is
  /// not 0 and p is, the loss is infinite, as it should be.
  ///
  /// dp = −y/p, dy = −log p, both over the divisor; in these p is taken as at least the smallest
  /// normal number, so that 0/0 does not arise.
  static func crossEntropy(_ kind: OperationKind, divisor: Double) -> Operation {
    Operation(
      kind, saves: .inputs, primitive: .whole([Int(truncatingIfNeeded: divisor.bitPattern)]),
      forward: { inputs in
        let logarithm = try Tensor.apply(.log, Tensor.apply(.maximum, inputs[1], 0))
        let sum = try inputs[0].weighing(logarithm).reduce(.sum, axes: nil, keepDimensions: false)
        // From 0, so that no loss is a negative zero.
        return try Tensor.apply(.subtract, 0, Tensor.apply(.divide, sum, divisor))
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

extension Operation {
  /// −y·log p − (1 − y)·log(1 − p) of each element. Both logarithms are at least −100, and the slope's
  /// denominator at least 1e-12, as in PyTorch: a probability that has become 0 or 1 gives a finite
  /// loss, and a step that leads away from it.
  static let binaryCrossEntropy: Operation = {
    let (y, p) = (Derivative.operand(0), Derivative.operand(1))
    let least = leastLogarithm
    let yes = Derivative.binary(.maximum, .unary(.log, .binary(.maximum, p, 0)), .number(least))
    let no = Derivative.binary(
      .maximum, .unary(.log1p, .binary(.maximum, -p, -1)), .number(least))
    return Operation(
      .binaryCrossEntropy,
      ElementwiseRecord(
        [no - yes, (p - y) / .binary(.maximum, p * (1 - p), 1e-12)],
        rules: [
          "binary cross-entropy: log((1 − p)/p)", "binary cross-entropy: (p − y)/(p (1 − p))",
        ]),
      primitive: .whole([])
    ) { inputs in
      try logarithmicLosses.run([
        .tensor(inputs[0]), .tensor(inputs[1]), .scalar(0), .scalar(least), .scalar(-1), .scalar(1),
      ])
    }
  }()

  private static let leastLogarithm = -100.0

  /// Of y, p, 0, the least logarithm, −1 and 1: (y − 1) · log(1 − p) − y · log p.
  private static let logarithmicLosses = ElementwiseProgram([
    .load(0), .load(5), .binary(.subtract),
    .load(1), .unary(.negate), .load(4), .binary(.maximum), .unary(.log1p),
    .load(3), .binary(.maximum), .binary(.multiply),
    .load(0), .load(1), .load(2), .binary(.maximum), .unary(.log),
    .load(3), .binary(.maximum), .binary(.multiply),
    .binary(.subtract),
  ])
}

extension Tensor {
  /// Itself times the other; 0 where it is 0, whatever the other is there.
  fileprivate func weighing(_ other: Tensor) throws -> Tensor {
    try ElementwiseProgram([
      .load(0), .load(2), .binary(.equal), .load(2), .load(0), .load(1), .binary(.multiply),
      .select,
    ]).run([.tensor(self), .tensor(other), .scalar(0)])
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
      .crossEntropy, target: target, prediction: prediction,
      divisor: Double(rows(of: target)))
  }

  /// −mean(y·log p) over all N·K elements, as `averageCE` measures it.
  package static func averageCrossEntropy(target: Variable, prediction: Variable) throws
    -> Variable
  {
    try .crossEntropy(
      .averageCrossEntropy, target: target, prediction: prediction, divisor: Double(target.count))
  }

  /// The mean over all elements of (p − y)².
  package static func meanSquaredError(target: Variable, prediction: Variable) throws -> Variable {
    try requireEqualShapes("mse", target, prediction)
    let difference = try prediction - target
    return try .mean(difference * difference)
  }

  /// The mean over all elements of −y·log p − (1 − y)·log(1 − p). When `prediction` came from
  /// `sigmoid`, the logits are used: log(1 + e^z) − y·z.
  ///
  /// - Parameter weights: how much each element counts, of the target's shape; nil where all count
  ///   alike.
  package static func binaryCrossEntropy(
    target: Variable, prediction: Variable, weights: Tensor? = nil
  ) throws -> Variable {
    try requireEqualShapes("bce", target, prediction)
    let losses =
      if let logits = prediction.origin(of: .sigmoid) {
        try Variable.softplus(logits) - target * logits
      } else {
        try Operation.binaryCrossEntropy(target, prediction)
      }
    guard let weights else { return try .mean(losses) }
    return try .sum(losses * Variable(weights)) / Variable(weights.reduce(.sum))
  }

  private static func crossEntropy(
    _ kind: OperationKind, target: Variable, prediction: Variable, divisor: Double
  ) throws -> Variable {
    try requireEqualShapes(kind.name, target, prediction)
    if let logits = prediction.origin(of: .softmax) {
      return try .sum(target * .logSoftmax(logits)) / -divisor
    }
    return try Operation.crossEntropy(kind, divisor: divisor)(target, prediction)
  }

  private static func rows(of target: Variable) -> Int {
    target.rank < 2 ? 1 : target.count / Swift.max(1, target.shape.dimensions[target.rank - 1])
  }

  private static func requireEqualShapes(_ loss: String, _ target: Variable, _ prediction: Variable)
    throws
  {
    guard target.shape == prediction.shape else {
      throw TensorError.lossShapes(loss: loss, target: target.shape, prediction: prediction.shape)
    }
  }
}

extension Variable {
  /// Whether it is known to be what `softmax` gave: a distribution in each row.
  package var isSoftmax: Bool { origin(of: .softmax) != nil }
  /// Whether it is known to be what `sigmoid` gave: probabilities.
  package var isSigmoid: Bool { origin(of: .sigmoid) != nil }

  /// Where probabilities came from, if it is known: the logits that `function` was applied to.
  /// On the tape that watches the probabilities, otherwise what their tensor remembers.
  func origin(of function: Tensor.Origin.Function) -> Variable? {
    if let live {
      return live.tape.origin(of: self, named: function.rawValue)
    }
    return tensor.origin(of: function).map { Variable($0) }
  }
}
