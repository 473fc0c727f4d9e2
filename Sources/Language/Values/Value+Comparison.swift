import Syntax
import Tensors

extension Value {
  /// `==`: elementwise between tensors, numbers and truth values, otherwise one truth value.
  static func equality(_ left: Value, _ right: Value) throws -> Value {
    if left.isNumeric, right.isNumeric {
      guard let a = try left.asTensor(), let b = try right.asTensor() else { return .bool(false) }
      noteComparison(left, right)
      return wrapped(try Tensor.apply(.equal, a, b), isLogical: true)
    }
    return .bool(try areEqual(left, right))
  }

  /// A comparison passes no derivative of what it compares.
  static func noteComparison(_ left: Value, _ right: Value) {
    for value in [left, right] {
      value.noteCut("a comparison", reason: "its result is true or false")
    }
  }

  private var isNumeric: Bool {
    switch self {
    case .number, .bool, .tensor, .traced: true
    default: false
    }
  }

  /// Whether two values are the same throughout.
  package static func areEqual(_ left: Value, _ right: Value) throws -> Bool {
    var walk = EqualityWalk()
    return try walk.areEqual(left, right)
  }

  /// The same of two values that are not both lists or both records.
  static func areEqualParts(_ left: Value, _ right: Value) throws -> Bool {
    switch (left, right) {
    case (.none, .none): return true
    case (.bool(let a), .bool(let b)): return a == b
    case (.number(let a), .number(let b)): return a == b
    case (.bool(let a), .number(let b)), (.number(let b), .bool(let a)): return (a ? 1 : 0) == b
    case (.string(let a), .string(let b)): return a == b
    case (.range(let a), .range(let b)): return a.content == b.content
    case (.function(let a), .function(let b)): return a === b
    case (.network(let a), .network(let b)): return a === b
    default: return try areEqualTensors(left, right)
    }
  }

  /// Tensors, and lists of numbers beside them.
  private static func areEqualTensors(_ left: Value, _ right: Value) throws -> Bool {
    guard left.isNumeric || right.isNumeric, left.isListLike, right.isListLike,
      let a = try left.asTensor(), let b = try right.asTensor(), a.shape == b.shape
    else { return false }
    return try a.guardedDoubles() == b.guardedDoubles()
  }

  private var isListLike: Bool {
    switch self {
    case .number, .bool, .tensor, .traced, .range: true
    case .list(let box): box.content.allSatisfy(\.isNumeric)
    default: false
    }
  }

  /// `not`: of a truth value, or of each element of a tensor of truth values.
  package func negated() throws -> Value {
    switch self {
    case .bool(let value): return .bool(!value)
    case .tensor(let box) where box.content.elementType == .bool:
      return .tensor(Box(try Tensor.apply(.not, box.content)))
    default: throw RuntimeError.logicalOperand(operation: "not", got: kindPhrase)
    }
  }

  /// Which way a condition goes.
  package func truth() throws -> Bool {
    if case .bool(let value) = self { return value }
    throw RuntimeError.conditionNotBool(kind: kindName)
  }

  // MARK: One operand

  /// `-x`
  package func negative() throws -> Value {
    switch self {
    case .number(let number): return .number(-number)
    case .bool(let value): return .number(value ? -1 : 0)
    case .traced(let box): return Value(try .negate(box.content))
    case .tensor(let box): return .tensor(Box(try Tensor.apply(.negate, box.content)))
    case .list where isTraced:
      if let variable = try asVariable() { return Value(try .negate(variable)) }
    case .record: return try negativeTree()
    case .list where holdsTensors:
      throw RuntimeError.other("cannot negate \(kindPhrase)", hint: listHint)
    case .range, .list:
      if let tensor = try asTensor() { return Value(try Tensor.apply(.negate, tensor)) }
    default: break
    }
    throw RuntimeError.other("cannot negate \(kindPhrase)", hint: nil)
  }

  /// `x'`
  package func transposed() throws -> Value {
    switch self {
    case .number, .bool: return self
    case .tensor(let box): return .tensor(Box(try box.content.transposed()))
    case .traced(let box):
      return box.content.rank == 0 ? self : Value(try .transpose(box.content))
    case .list:
      if let variable = try asVariable() { return Value(try .transpose(variable)) }
    default: break
    }
    throw RuntimeError.other("cannot transpose \(kindPhrase)", hint: nil)
  }
}
