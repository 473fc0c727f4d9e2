import Language
import Networks
import Operations
import Tensors

/// Losses, and how good predictions are.
extension Builtin {
  static let lossGroup: [Builtin] = [
    crossEntropy, bce, mse, mae, huber, hinge, divergence, accuracy, confusion,
  ]

  static let crossEntropy = Builtin(
    Declaration(
      "cross_entropy", group: .losses,
      "−Σ target · log(prediction), summed over classes and averaged over rows",
      details: """
        Of softmax(z) it is computed from z, so that it is finite however sure the prediction is; \
        differentiated through softmax it gives (prediction − target) / N. target and prediction \
        must have one shape; each row of the prediction must sum to 1.
        """,
      parameters: [
        Parameter("target", .tensor, "one-hot rows, N×K"),
        Parameter("prediction", .tensor, "probabilities, N×K"),
      ] + LossOptions.parameters,
      result: "a number",
      examples: [
        .init("cross_entropy([[1, 0]], [[0.5, 0.5]])", "0.693147"),
        .init(
          "cross_entropy([[1, 0], [0, 1]], [[0.5, 0.5], [0.2, 0.8]], weights=[1, 3])", "0.340644"),
      ],
      seeAlso: ["averageCE", "bce", "softmax", "mse"]),
    differentiation: .differentiable
  ) { arguments, _ in
    let (target, prediction) = try arguments.distributions("cross_entropy")
    return Value(
      try LossOptions(arguments, from: 2).crossEntropy(target, prediction) {
        try .crossEntropy(target: $0, prediction: $1)
      })
  }

  static let bce = Builtin(
    Declaration(
      "bce", group: .losses,
      "the binary cross-entropy: −mean(y · log(p) + (1 − y) · log(1 − p))",
      details: """
        For outputs that are each a yes or no by themselves, as a sigmoid gives them; the mean is \
        over all elements. Of sigmoid(z) it is computed from z; of other probabilities a logarithm is \
        taken as −100 where it is less. target and prediction must have one shape.
        """,
      parameters: [
        Parameter("target", .tensor, "zeros and ones, of any shape"),
        Parameter("prediction", .tensor, "probabilities, of target's shape"),
      ] + LossOptions.parameters,
      result: "a number", examples: [.init("bce([1, 0], [0.5, 0.5])", "0.693147")],
      seeAlso: ["cross_entropy", "sigmoid", "mse"]),
    differentiation: .differentiable
  ) { arguments, _ in
    let (target, prediction) = (try arguments.variable(0), try arguments.variable(1))
    if !prediction.isWatched, !prediction.isSigmoid, target.shape == prediction.shape {
      try Distribution.checkProbabilities(prediction.tensor, loss: "bce")
    }
    return Value(try LossOptions(arguments, from: 2).binaryCrossEntropy(target, prediction))
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
    Either operand may be rows (the class is where the largest element is), labels, or, beside \
    labels 0 and 1, the probability of class 1, which counts from above one half. Numbers that \
    are no classes are an error.
    """

  private static let labelPairParameters = [
    Parameter("target", .tensor, "one-hot rows N×K, or labels N"),
    Parameter("prediction", .tensor, "probabilities N×K, or labels N"),
  ]

  static let accuracy = Builtin(
    Declaration(
      "accuracy", group: .losses, "the part of the rows that are predicted right, from 0 to 1",
      details: labelPairDetails
        + " Of rows that hold several zeros and ones it is the part of these that are right.",
      parameters: labelPairParameters, result: "a number",
      examples: [.init("accuracy([0, 1, 1, 0], [0, 1, 0, 0])", "0.75")],
      seeAlso: ["confusion", "argmax"]),
    differentiation: .stepwise("its result is a count, which jumps")
  ) { arguments, _ in
    .number(
      try Metrics.accuracy(targets: arguments.tensor(0), predictions: arguments.tensor(1)))
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
    Value(try Metrics.confusion(targets: arguments.tensor(0), predictions: arguments.tensor(1)))
  }
}

extension Arguments {
  /// Target and prediction of a cross-entropy.
  ///
  /// - Throws: where the prediction is no distribution, unless it is itself what a gradient is
  ///   taken for: then its numbers move one by one.
  func distributions(_ loss: String) throws -> (target: Variable, prediction: Variable) {
    let (target, prediction) = (try variable(0), try variable(1))
    if !prediction.isWatched, !prediction.isSoftmax, target.shape == prediction.shape {
      try Distribution.check(prediction.tensor, loss: loss)
    }
    return (target, prediction)
  }
}
