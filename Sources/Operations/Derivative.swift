import Tensors

/// The derivative of an elementwise operation with respect to one operand, as data: written with
/// the operands, the result and numbers.
///
/// From it follow the pullback, which runs as one pass over the elements (`DerivativePass`) or, where
/// it is differentiated again, as operations of its own, and the rule that `derive` prints.
package indirect enum Derivative: Sendable, Equatable {
  case operand(Int)
  case result
  case number(Double)
  case unary(UnaryOperation, Derivative)
  case binary(BinaryOperation, Derivative, Derivative)
  /// `then` where the comparison of two values holds, `otherwise` elsewhere.
  case choose(
    BinaryOperation, Derivative, Derivative, then: Derivative, otherwise: Derivative)

  /// The operand of a function, the first of an operation with two.
  static let x = Derivative.operand(0)
  /// The second operand.
  static let y = Derivative.operand(1)

  /// 1 where the comparison holds, 0 elsewhere.
  static func indicator(
    _ comparison: BinaryOperation, _ left: Derivative, _ right: Derivative
  ) -> Derivative {
    .choose(comparison, left, right, then: 1, otherwise: 0)
  }

  /// `then` where the comparison holds, 0 elsewhere.
  static func within(
    _ comparison: BinaryOperation, _ left: Derivative, _ right: Derivative, _ then: Derivative
  ) -> Derivative {
    .choose(comparison, left, right, then: then, otherwise: 0)
  }

  static func + (left: Derivative, right: Derivative) -> Derivative { .binary(.add, left, right) }
  static func - (left: Derivative, right: Derivative) -> Derivative {
    .binary(.subtract, left, right)
  }
  static func * (left: Derivative, right: Derivative) -> Derivative {
    .binary(.multiply, left, right)
  }
  static func / (left: Derivative, right: Derivative) -> Derivative {
    .binary(.divide, left, right)
  }
  static prefix func - (value: Derivative) -> Derivative { .unary(.negate, value) }

  /// Its value for numbers.
  package func value(_ operands: [Double], result: Double) -> Double {
    switch self {
    case .operand(let position): operands[position]
    case .result: result
    case .number(let number): number
    case .unary(let operation, let inner): operation(inner.value(operands, result: result))
    case .binary(let operation, let left, let right):
      operation(left.value(operands, result: result), right.value(operands, result: result))
    case .choose(let comparison, let left, let right, let then, let otherwise):
      (Self.binary(comparison, left, right).value(operands, result: result) != 0 ? then : otherwise)
        .value(operands, result: result)
    }
  }

  /// Whether it is written with an operand, so that the result alone does not give it.
  package var needsOperands: Bool { saves.contains(.inputs) }

  /// What the tape must keep for it.
  var saves: Operation.Saves {
    switch self {
    case .operand: .inputs
    case .result: .output
    case .number: .shapes
    case .unary(_, let inner): inner.saves
    case .binary(_, let left, let right): left.saves.union(right.saves)
    case .choose(_, let left, let right, let then, let otherwise):
      [left, right, then, otherwise].reduce(.shapes) { $0.union($1.saves) }
    }
  }
}

extension Derivative: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  package init(floatLiteral value: Double) { self = .number(value) }
  package init(integerLiteral value: Int) { self = .number(Double(value)) }
}

extension BinaryOperation {
  /// The comparison that holds where this one does not, but for NaN; nil for other operations.
  package var opposite: BinaryOperation? {
    switch self {
    case .equal: .notEqual
    case .notEqual: .equal
    case .less: .greaterOrEqual
    case .lessOrEqual: .greater
    case .greater: .lessOrEqual
    case .greaterOrEqual: .less
    default: nil
    }
  }
}
