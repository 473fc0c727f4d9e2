import Operations
import Tensors

extension DerivationRule {
  /// The rules of the elementwise operations, which their records state.
  static let elementwise: [String: DerivationRule] = {
    var table: [String: DerivationRule] = [:]
    for operation in UnaryOperation.allCases where !operation.isLogical {
      add(operation.kind, operands: 1)
    }
    for operation in BinaryOperation.allCases where !operation.isLogical {
      add(operation.kind, operands: 2)
    }
    return table

    func add(_ kind: OperationKind, operands: Int) {
      guard let record = kind.elementwise else { return }
      for name in [kind.name] + kind.aliases {
        table[name] = DerivationRule(record, operands: operands)
      }
    }
  }()

  /// The chain rule with the derivative of a record.
  init(_ record: ElementwiseRecord, operands: Int) {
    self.init(
      isPassing: !record.rules.isEmpty && record.rules.allSatisfy { $0.name == nil },
      operands: operands
    ) { step in
      guard !record.textbook.isEmpty else {
        return Result(.constant(Coefficient(0), step.input.axes), "constant in pieces: 0")
      }
      let product = step.derivative(times: record.textbook[step.position])
      let rule = record.rules[step.position]
      let isJoint = operands == 2 && step.other.isOnPath
      return Result(
        record.mayCancel && step.derivative.hasDenominator ? product.expanded : product,
        isJoint ? rule.jointName : rule.name)
    }
  }
}

extension DerivationRule.Application {
  /// The derivative of the result, multiplied by that of the operation.
  fileprivate func derivative(times factor: Derivative) -> Formula {
    switch factor {
    case 1: derivative
    case .unary(.negate, let inner): derivative(times: inner).negated
    case .binary(.divide, let above, let below): derivative(times: above) / formula(below)
    default: derivative * formula(factor)
    }
  }

  private func formula(_ factor: Derivative) -> Formula {
    switch factor {
    case .operand(let position): return operand(position)
    case .result: return result
    case .number(let number): return .number(number)
    case .unary(.negate, let inner): return formula(inner).negated
    case .unary(let operation, let inner): return .function(operation, formula(inner))
    case .binary(let operation, let left, let right):
      return formula(operation, formula(left), formula(right))
    case .choose(let comparison, let left, let right, let then, let otherwise):
      let (left, right) = (formula(left), formula(right))
      let chosen = Formula.indicator(left, comparison, right) * formula(then)
      guard otherwise != 0, let opposite = comparison.opposite else { return chosen }
      return chosen + .indicator(left, opposite, right) * formula(otherwise)
    }
  }

  private func formula(
    _ operation: BinaryOperation, _ left: Formula, _ right: Formula
  ) -> Formula {
    switch operation {
    case .add: return left + right
    case .subtract: return left - right
    case .multiply: return left * right
    case .divide: return left / right
    case .power:
      if let exponent = right.constantValue?.value {
        return exponent == 0 ? .number(1) : left.power(exponent)
      }
      return .call(
        Formula.Call(
          name: "power", operands: [left, right], unicode: "&0^($1)", latex: "&0^{$1}",
          nns: "&0^($1)", evaluate: { try Tensor.apply(.power, $0[0], $0[1]) }),
        .broadcast(left.axes, right.axes))
    default:
      return .call(
        Formula.Call(
          name: operation.name, operands: [left, right],
          evaluate: { try Tensor.apply(operation, $0[0], $0[1]) }),
        .broadcast(left.axes, right.axes))
    }
  }
}
