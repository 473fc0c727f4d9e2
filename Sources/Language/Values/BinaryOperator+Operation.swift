import Operations
import Syntax
import Tensors

extension BinaryOperator {
  /// What messages call it: `cannot add … and …`.
  var verb: String {
    switch self {
    case .add: "add"
    case .subtract: "subtract"
    case .multiply, .matmul: "multiply"
    case .divide: "divide"
    case .remainder: "take the remainder of"
    case .power: "take the power of"
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: "compare"
    case .contains: "look for"
    }
  }
}

extension BinaryOperation {
  /// The elementwise operation of an operator; nil for the matrix product.
  init?(_ operation: BinaryOperator) {
    switch operation {
    case .add: self = .add
    case .subtract: self = .subtract
    case .multiply: self = .multiply
    case .divide: self = .divide
    case .remainder: self = .remainder
    case .power: self = .power
    case .equal: self = .equal
    case .notEqual: self = .notEqual
    case .less: self = .less
    case .lessOrEqual: self = .lessOrEqual
    case .greater: self = .greater
    case .greaterOrEqual: self = .greaterOrEqual
    case .matmul, .contains: return nil
    }
  }
}
