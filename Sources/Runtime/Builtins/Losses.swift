import Networks
import Tensors

/// Losses, and how good predictions are.
extension Builtin {
  static let lossGroup: [Builtin] = [crossEntropy, mse, accuracy, confusion]

  static let crossEntropy = Builtin(
    Declaration(
      "cross_entropy", group: .losses,
      "−Σ target · log(prediction), summed over classes and averaged over rows",
      details: """
        Finite also where softmax gives exactly 0; differentiated through softmax it gives \
        (prediction − target) / N. target and prediction must have one shape.
        """,
      parameters: [
        Parameter("target", .tensor, "one-hot rows, N×K"),
        Parameter("prediction", .tensor, "probabilities, N×K"),
      ],
      result: "a number",
      examples: [.init("cross_entropy([[1, 0]], [[0.5, 0.5]])", "0.693147")],
      seeAlso: ["averageCE", "softmax", "mse"]),
    differentiation: .differentiable
  ) { arguments, _ in
    Value(
      try Variable.crossEntropy(target: arguments.variable(0), prediction: arguments.variable(1)))
  }

  static let mse = Builtin(
    Declaration(
      "mse", group: .losses, "the mean squared error: the mean of (prediction − target)²",
      details: "target and prediction must have one shape.",
      parameters: [
        Parameter("target", .tensor, "of any shape"),
        Parameter("prediction", .tensor, "of target's shape"),
      ],
      result: "a number", examples: [.init("mse([1, 2], [1, 4])", "2")],
      seeAlso: ["cross_entropy", "norm"]),
    differentiation: .differentiable
  ) { arguments, _ in
    Value(
      try Variable.meanSquaredError(
        target: arguments.variable(0), prediction: arguments.variable(1)))
  }

  private static let labelPairDetails = """
    Either operand may be rows (the class is where the largest element is), labels, or the \
    probability of class 1, which counts from above one half.
    """

  private static let labelPairParameters = [
    Parameter("target", .tensor, "one-hot rows N×K, or labels N"),
    Parameter("prediction", .tensor, "probabilities N×K, or labels N"),
  ]

  static let accuracy = Builtin(
    Declaration(
      "accuracy", group: .losses, "the part of the rows that are predicted right, from 0 to 1",
      details: labelPairDetails, parameters: labelPairParameters,
      result: "a number", examples: [.init("accuracy([0, 1, 1, 0], [0, 1, 0, 0])", "0.75")],
      seeAlso: ["confusion", "argmax"]),
    differentiation: .stepwise("its result is a count, which jumps")
  ) { arguments, _ in
    let (target, prediction) = try arguments.labelPairs()
    guard !target.isEmpty else { return .number(.nan) }
    let right = Swift.zip(target, prediction).count { $0 == $1 }
    return .number(Double(right) / Double(target.count))
  }

  static let confusion = Builtin(
    Declaration(
      "confusion", group: .losses, "how often each class (row) was predicted as each (column)",
      details: labelPairDetails, parameters: labelPairParameters,
      result: "a tensor K×K of counts",
      examples: [.init("confusion([0, 1, 1], [0, 1, 0])", "2×2 tensor f32\n  1  0\n  1  1")],
      seeAlso: ["accuracy", "bincount"]),
    differentiation: .stepwise("its result is a count, which jumps")
  ) { arguments, _ in
    let (target, prediction) = try arguments.labelPairs()
    var classes = 0.0
    for index in 0...1 {
      let tensor = try arguments.tensor(index)
      classes = Swift.max(
        classes,
        tensor.rank == 2 && tensor.shape[1] != 1
          ? Double(tensor.shape[1]) : ((index == 0 ? target : prediction).max() ?? -1) + 1)
    }
    try MemoryGuard.check(elements: classes * classes)
    let size = Int(exactly: classes) ?? 0
    var counts = [Double](repeating: 0, count: size * size)
    for (row, (actual, predicted)) in Swift.zip(target, prediction).enumerated() {
      guard let actual = Int(exactly: actual), let predicted = Int(exactly: predicted),
        (0..<size).contains(actual), (0..<size).contains(predicted)
      else {
        throw RuntimeError.other(
          "confusion: row \(row) has a label that is not a whole number from 0", hint: nil)
      }
      counts[actual * size + predicted] += 1
    }
    return Value(
      try Tensor(
        doubles: counts, Shape(checking: [size, size]), elementType: .holding(counts)))
  }
}

extension Arguments {
  /// Target and prediction, each as one label a row.
  func labelPairs() throws -> (target: [Double], prediction: [Double]) {
    let (target, prediction) = (try tensor(0), try tensor(1))
    guard (1...2).contains(target.rank), (1...2).contains(prediction.rank),
      target.shape[0] == prediction.shape[0],
      target.rank == 1 || prediction.rank == 1 || target.shape == prediction.shape
    else {
      throw NetworkError.scoreShapes(target: target.shape, prediction: prediction.shape)
    }
    return (try Self.labels(target), try Self.labels(prediction))
  }

  private static func labels(_ tensor: Tensor) throws -> [Double] {
    if tensor.rank == 2, tensor.shape[1] != 1, tensor.count > 0 {
      return try tensor.argmax(axis: 1).doubles()
    }
    // One number a row: a label, or the probability of class 1.
    let numbers = tensor.doubles()
    if numbers.allSatisfy({ $0.rounded() == $0 }) { return numbers }
    return numbers.map { $0 > 0.5 ? 1 : 0 }
  }
}
