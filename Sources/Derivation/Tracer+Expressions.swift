import Language
import Operations
import Syntax
import Tensors

extension Tracer {
  func evaluate(_ expression: Expression, _ scope: Scope) throws -> Traced {
    try Interrupt.check()
    depth += 1
    defer { depth -= 1 }
    observer?.enter(expression, in: source)
    do {
      let result = try followed(expression, scope)
      observer?.leave(expression, with: result)
      return result
    } catch let leaving as Leaving {
      observer?.leave(expression, with: .value(.none, nil))
      throw leaving
    } catch {
      observer?.leave(expression, with: nil)
      throw error
    }
  }

  /// The value, by the machine alone where the expression cannot be looked into.
  private func followed(_ expression: Expression, _ scope: Scope) throws -> Traced {
    do {
      guard depth <= Self.depthLimit else {
        throw unsupported("an expression of more than \(Self.depthLimit) levels", expression.span)
      }
      return try value(of: expression, scope)
    } catch let error as Unsupported where !error.isFinal {
      return try wholeValue(of: expression, scope, otherwise: error)
    }
  }

  private func value(of expression: Expression, _ scope: Scope) throws -> Traced {
    let span = expression.span
    switch expression.kind {
    case .none: return .value(.none, "none")
    case .bool(let value): return .value(.bool(value), value ? "true" : "false")
    case .number(let number): return .node(try graph.number(number, at: span, in: source))
    case .string(let text): return .value(.text(text), nil)
    case .name(let name): return try lookUp(name, at: span, scope)
    case .bracket(let elements):
      return try literal(try LiteralParts(elements) { try evaluate($0, scope) }, span)
    case .list(let elements): return .list(try elements.map { try evaluate($0, scope) })
    case .unary(let operation, let operand): return try unary(operation, operand, span, scope)
    case .binary(let operation, let left, let right, _):
      return try binary(operation, left, right, span, scope)
    case .logical(let operation, let left, let right):
      let first = try evaluate(left, scope)
      let value = try plain(first, left.span)
      if case .bool(let truth) = value, truth == (operation == .or) { return first }
      let second = try evaluate(right, scope)
      return try computed(
        try Value.logical(operation, value, try plain(second, right.span)), operation.rawValue,
        [first, second], at: span)
    case .transpose(let operand):
      return try transpose(evaluate(operand, scope), operand.span, span)
    case .call(let callee, let arguments): return try call(callee, arguments, span, scope)
    case .index(let base, let places):
      return try index(try evaluate(base, scope), base.span, places, span, scope)
    case .field(let base, let name): return try field(base, name, span, scope)
    case .function(let literal):
      let closure = Traced.closure(literal, scope, source)
      if let name = literal.name?.text { set(name, closure, scope) }
      return closure
    case .conditional(let condition, let then, let otherwise):
      return try conditional(condition, then, otherwise, scope)
    case .pipe(let left, let right):
      return try pipe(try evaluate(left, scope), left, right, span, scope)
    case .range(let lower, let upper, let isInclusive, let step):
      let ends = try [lower, upper].map { try plain(try evaluate($0, scope), $0.span) }
      return .value(
        try Value.range(
          ends[0], ends[1], by: try step.map { try plain(try evaluate($0, scope), $0.span) },
          isInclusive: isInclusive), nil)
    case .gradient: throw unsupported("a gradient inside it", span, hint: "use grad for it")
    case .record, .interpolation: throw unsupported("this value", span)
    }
  }

  private func conditional(
    _ condition: Expression, _ then: Block, _ otherwise: Block?, _ scope: Scope
  ) throws -> Traced {
    let isTaken = try truth(try evaluate(condition, scope), condition.span)
    remark(condition, isTaken)
    guard let branch = isTaken ? then : otherwise else { return .value(.none, nil) }
    switch try block(branch, scope) {
    case .value(let value): return value
    case let outcome:
      leaving = outcome
      throw Leaving()
    }
  }

  // MARK: Operators

  private func unary(
    _ operation: UnaryOperator, _ operand: Expression, _ span: Span, _ scope: Scope
  ) throws -> Traced {
    let value = try evaluate(operand, scope)
    if operation == .not {
      return try computed(try plain(value, operand.span).negated(), "not", [value], at: span)
    }
    if case .node(let node) = value, let number = node.number, node.dimension == nil {
      return operation == .plus
        ? value : .node(try graph.number(-number, at: span, in: source))
    }
    guard isDeriving, isOnPath(value) else {
      let negative = try plain(value, operand.span).negative()
      return try operation == .plus
        ? computed(negative.negative(), "plus", [value], at: span)
        : computed(negative, "neg", [value], at: span)
    }
    let node = try node(value, operand.span)
    if operation == .plus { return .node(node) }
    return .node(
      try graph.operate("neg", [node], at: span, in: source) { try .negate($0[0]) })
  }

  /// An operator between two expressions.
  func binary(
    _ operation: BinaryOperator, _ left: Expression, _ right: Expression, _ span: Span,
    _ scope: Scope
  ) throws -> Traced {
    guard operation == .add, left.isBracket || right.isBracket else {
      return try binary(
        operation, try evaluate(left, scope), try evaluate(right, scope), left.span, right.span,
        span)
    }
    let (first, second) = try joined(left, right, scope)
    return try binary(operation, first, second, left.span, right.span, span)
  }

  func binary(
    _ operation: BinaryOperator, _ left: Traced, _ right: Traced, _ leftSpan: Span,
    _ rightSpan: Span, _ span: Span
  ) throws -> Traced {
    if operation == .add, case .list(let first) = left, case .list(let second) = right {
      return .list(first + second)
    }
    let isFollowed =
      isDeriving && operation.isDifferentiable && left.isNumeric && right.isNumeric
    guard isFollowed else {
      return try machineBinary(operation, left, right, leftSpan, rightSpan, span)
    }
    let (a, b) = (try node(left, leftSpan), try node(right, rightSpan))
    let compute: (Variable, Variable) throws -> Variable
    switch operation {
    case .add: compute = Variable.add
    case .subtract: compute = Variable.subtract
    case .multiply: compute = Variable.multiply
    case .divide: compute = Variable.divide
    case .power: compute = Variable.power
    case .matmul: compute = Variable.matmul
    default: compute = Variable.remainder
    }
    if a.rank == 0 || b.rank == 0, operation == .matmul { throw TensorError.matmulNumber }
    let node = try graph.operate(operation.rawValue, [a, b], at: span, in: source) {
      try compute($0[0], $0[1])
    }
    // A number made of literals is a literal: 1/2.
    if a.number != nil, b.number != nil, a.dimension == nil, b.dimension == nil,
      let value = node.tensor.item
    {
      return .node(try graph.number(value, at: span, in: source))
    }
    return .node(try recognized(node, at: span))
  }

  /// What the machine's own operator makes of the two.
  private func machineBinary(
    _ operation: BinaryOperator, _ left: Traced, _ right: Traced, _ leftSpan: Span,
    _ rightSpan: Span, _ span: Span
  ) throws -> Traced {
    if isDeriving, operation.isDifferentiable, isOnPath(left) || isOnPath(right) {
      throw unsupported("this operator on these", span)
    }
    var (a, b) = (try plain(left, leftSpan), try plain(right, rightSpan))
    return try computed(
      try Value.binary(operation, &a, &b), operation.rawValue, [left, right], at: span)
  }

  func transpose(_ operand: Traced, _ operandSpan: Span, _ span: Span) throws -> Traced {
    guard isDeriving, operand.isNumeric else {
      return try computed(
        try plain(operand, operandSpan).transposed(), "transpose", [operand], at: span)
    }
    let node = try node(operand, operandSpan)
    if node.rank == 0 { return .node(node) }
    return .node(
      try graph.operate("transpose", [node], at: span, in: source) {
        try .transpose($0[0])
      })
  }
}

extension Traced {
  /// Whether arithmetic takes it as a number or a tensor.
  var isNumeric: Bool {
    switch self {
    case .node: true
    case .list(let items): !items.isEmpty && items.allSatisfy(\.isNumeric)
    case .value(.range, _), .value(.bool, _): true
    case .value, .closure: false
    }
  }
}

extension BinaryOperator {
  /// Whether a derivative passes through it; none does through a comparison.
  var isDifferentiable: Bool {
    switch self {
    case .add, .subtract, .multiply, .divide, .power, .matmul, .remainder: true
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .contains: false
    }
  }
}
