import Operations
import Tensors

/// What a builtin gives for the commonest kinds of arguments, none of them named: a call that binds
/// nothing and checks nothing else. Each gives nil for all that the builtin's body has to look at,
/// errors among them.
package final class DirectCall: Sendable {
  package typealias One = @Sendable (Value) throws -> Value?
  package typealias Two = @Sendable (Value, Value) throws -> Value?
  package typealias Three = @Sendable (Value, Value, Value) throws -> Value?

  let one: One?
  let two: Two?
  let three: Three?

  /// - Parameters: by the number of arguments.
  package init(_ one: One? = nil, two: Two? = nil, three: Three? = nil) {
    self.one = one
    self.two = two
    self.three = three
  }

  /// - Parameter operation: an elementwise one; nil where there is none.
  convenience init?(_ operation: ElementwiseOperation?) {
    switch operation {
    case .unary(let unary):
      self.init { try DirectCall.value(of: unary, $0) }
    case .binary(let binary):
      let isLogical = binary.isLogical
      self.init(two: { left, right in
        guard case .number(let x) = left, case .number(let y) = right else { return nil }
        let result = binary(x, y)
        return isLogical ? .bool(result != 0) : .number(result)
      })
    case nil: return nil
    }
  }

  private static func value(of operation: UnaryOperation, _ value: Value) throws -> Value? {
    switch value {
    case .number(let x):
      let result = operation(x)
      return operation.isLogical ? .bool(result != 0) : .number(result)
    case .tensor(let box):
      return Value(try Operation.of(operation).computed([box.content]))
    default: return nil
    }
  }
}
