import Language
import Networks
import Operations

/// The losses that are composed of other operations: their builtins derive from `RecordedLoss`.
extension Builtin {
  static let mae = loss(
    .meanAbsoluteError, example: ("mae([1, 2], [1, 4])", "1"), ["mse", "huber"])

  static let hinge = loss(
    .hinge, example: ("hinge([[1, 0, 0]], [[3, 2.5, 0]])", "0.5"), ["cross_entropy", "bce"])

  static let divergence = Builtin(
    declaration(
      .divergence, example: ("kl([[0.5, 0.5]], [[0.5, 0.5]])", "0"), ["cross_entropy", "softmax"],
      more: [LossOptions.smoothing]),
    differentiation: .differentiable
  ) { arguments, _ in
    let target = try arguments.variable(0)
    let options = try LossOptions(arguments, from: 2)
    return Value(
      try RecordedLoss.divergence.function(
        options.smoothed(target, outcomes: target.shape.dimensions.last ?? 1),
        arguments.variable(1)))
  }

  static let huber = Builtin(
    declaration(
      .huber, example: ("huber([0, 0], [0.5, 3])", "1.3125"), ["mae", "mse"],
      more: [Parameter("delta", .number, default: .number(1), "where squares end")]),
    differentiation: .differentiable
  ) { arguments, _ in
    let (target, prediction) = (try arguments.variable(0), try arguments.variable(1))
    guard target.shape == prediction.shape else {
      // Words the error.
      return Value(try RecordedLoss.huber.function(target, prediction))
    }
    let delta = try arguments.number(2)
    guard delta > 0, delta.isFinite else {
      throw arguments.mismatch(2, expected: "a number above 0")
    }
    return Value(try RecordedLoss.huber(target, prediction, delta: delta))
  }

  private static func loss(
    _ loss: RecordedLoss, example: (code: String, output: String), _ seeAlso: [String]
  ) -> Builtin {
    Builtin(declaration(loss, example: example, seeAlso), differentiation: .differentiable) {
      arguments, _ in
      Value(try loss.function(arguments.variable(0), arguments.variable(1)))
    }
  }

  private static func declaration(
    _ loss: RecordedLoss, example: (code: String, output: String), _ seeAlso: [String],
    more: [Parameter] = []
  ) -> Declaration {
    Declaration(
      loss.name, group: .losses, loss.summary,
      details: loss.details + (loss.details.isEmpty ? "" : " ")
        + "target and prediction must have one shape.",
      parameters: [
        Parameter("target", .tensor, "of any shape"),
        Parameter("prediction", .tensor, "of target's shape"),
      ] + more,
      result: "a number", examples: [.init(example.code, example.output)], seeAlso: seeAlso)
  }
}
