import Tensors

extension DerivationRule {
  /// `+ - * / ^` and what chooses between two operands.
  static let arithmetic: [String: DerivationRule] = [
    "+": DerivationRule(isPassing: true) { Result($0.derivative) },
    "-": DerivationRule(isPassing: true) {
      Result($0.position == 0 ? $0.derivative : $0.derivative.negated)
    },
    "neg": DerivationRule(isPassing: true) { Result($0.derivative.negated) },
    "*": DerivationRule(isPassing: true) { step in
      Result(
        step.derivative * .node(step.other), step.other.isOnPath ? "product rule" : nil)
    },
    "/": DerivationRule { step in
      if step.position == 0 {
        return Result(
          step.derivative / step.operand(1), step.other.isOnPath ? "quotient rule" : nil)
      }
      let slope = step.operand(0) * step.operand(1).power(-2)
      return Result(
        step.derivative.negated * slope,
        step.other.isOnPath ? "quotient rule" : "1/x: −1/x²")
    },
    "^": DerivationRule { step in
      let (base, exponent) = (step.operand(0), step.operand(1))
      if step.position == 1 {
        let logarithm = Formula.function("log", base, .log)
        return Result(step.derivative * step.result * logarithm, "exponential: aˣ log a")
      }
      if let power = step.node.inputs[1].number {
        if power == 0 { return Result(.constant(Coefficient(0), step.input.axes)) }
        let slope = base.power(power - 1).scaled(Coefficient(power))
        return Result(
          step.derivative * (power == 1 ? .number(1) : slope), "power rule")
      }
      let lowered = Formula.call(
        Formula.Call(
          name: "power", operands: [base, exponent], unicode: "&0^(&1 − 1)",
          latex: "&0^{$1 - 1}", nns: "&0^(&1 - 1)",
          evaluate: { try Tensor.apply(.power, $0[0], Tensor.apply(.subtract, $0[1], 1)) }),
        .broadcast(base.axes, exponent.axes))
      return Result(step.derivative * exponent * lowered, "power rule")
    },
    "maximum": DerivationRule { step in
      let relation: BinaryOperation = step.position == 0 ? .greater : .greaterOrEqual
      let mask = Formula.indicator(.node(step.input), relation, .node(step.other))
      return Result(step.derivative * mask, "maximum: passes where it is the larger")
    },
    "minimum": DerivationRule { step in
      let relation: BinaryOperation = step.position == 0 ? .less : .lessOrEqual
      let mask = Formula.indicator(.node(step.input), relation, .node(step.other))
      return Result(step.derivative * mask, "minimum: passes where it is the smaller")
    },
    "where": DerivationRule { step in
      guard step.position > 0 else { return Result(.constant(Coefficient(0), step.input.axes)) }
      return Result(
        step.derivative * mask(step.node.inputs[0], isMet: step.position == 1),
        "where: passes where it was chosen")
    },
  ]

  /// The indicator of a condition, or of its opposite.
  private static func mask(_ condition: Node, isMet: Bool) -> Formula {
    let opposites: [(String, BinaryOperation, BinaryOperation)] = [
      (">", .greater, .lessOrEqual), ("<", .less, .greaterOrEqual),
      (">=", .greaterOrEqual, .less), ("<=", .lessOrEqual, .greater),
      ("==", .equal, .notEqual), ("!=", .notEqual, .equal),
    ]
    if let row = opposites.first(where: { $0.0 == condition.operation }) {
      return .indicator(
        .node(condition.inputs[0]), isMet ? row.1 : row.2, .node(condition.inputs[1]))
    }
    return .indicator(.node(condition), isMet ? .notEqual : .equal, .number(0))
  }
}
