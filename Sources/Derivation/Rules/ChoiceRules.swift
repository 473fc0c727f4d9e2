import Operations
import Tensors

extension DerivationRule {
  /// What chooses between operands, or bounds them.
  static let choices: [String: DerivationRule] = [
    "where": DerivationRule(operands: 3) { step in
      guard step.position > 0 else { return Result(.constant(Coefficient(0), step.input.axes)) }
      return Result(
        step.derivative * mask(step.node.inputs[0], isMet: step.position == 1),
        "where: passes where it was chosen")
    },
    "clip": DerivationRule { step in
      var result = step.derivative
      if let low = step.node.options["min"]?.asNumber() {
        result = result * .indicator(step.operand(0), .greaterOrEqual, .number(low))
      }
      if let high = step.node.options["max"]?.asNumber() {
        result = result * .indicator(step.operand(0), .lessOrEqual, .number(high))
      }
      return Result(result, "clip: passes within the limits")
    },
  ]

  /// The indicator of a condition, or of its opposite.
  private static func mask(_ condition: Node, isMet: Bool) -> Formula {
    let comparisons: [String: BinaryOperation] = [
      ">": .greater, "<": .less, ">=": .greaterOrEqual, "<=": .lessOrEqual, "==": .equal,
      "!=": .notEqual,
    ]
    if let comparison = condition.operation.flatMap({ comparisons[$0] }),
      let opposite = comparison.opposite
    {
      return .indicator(
        .node(condition.inputs[0]), isMet ? comparison : opposite, .node(condition.inputs[1]))
    }
    return .indicator(.node(condition), isMet ? .notEqual : .equal, .number(0))
  }
}
