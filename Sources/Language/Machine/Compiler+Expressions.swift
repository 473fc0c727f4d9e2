import Syntax

extension Compiler {
  /// Where an expression's value can be read: its own place for a constant or a variable,
  /// otherwise a new register above those in use.
  func operand(_ expression: Expression) throws(Diagnostic) -> Operand {
    isObserved ? try temporary(expression) : try place(of: expression)
  }

  /// The same for what no observer is told of: a function that is called by its name.
  func place(of expression: Expression) throws(Diagnostic) -> Operand {
    switch expression.kind {
    case .number(let number): return builder.constant(number)
    case .unary(.negate, let inner):
      if case .number(let number) = inner.kind { return builder.constant(-number) }
    case .bool(let value): return builder.constant(.bool(value))
    case .none: return builder.constant(.none)
    case .string(let text): return builder.constant(.string(.shared(text)))
    case .name(let name):
      switch resolve(name) {
      case .register(let index): return .register(index)
      case .global(let slot): return .global(slot)
      case .fixed(let value): return builder.constant(value)
      case .cell, .capture: break
      }
    default: break
    }
    let register = builder.temporary()
    try compilePlainly(expression, into: register)
    return register
  }

  /// Compiles into a new register, also what has a place of its own.
  func temporary(_ expression: Expression) throws(Diagnostic) -> Operand {
    let register = builder.temporary()
    try compile(expression, into: register)
    return register
  }

  /// Compiles expressions into registers in a row; gives the first.
  func row(_ expressions: [Expression]) throws(Diagnostic) -> Operand {
    let first = builder.temporaries(expressions.count)
    for (offset, expression) in expressions.enumerated() {
      try compile(expression, into: .register(first.index + offset))
    }
    return first
  }

  /// Compiles so that the value lands in `target`, which is written last of all: if anything
  /// fails, it keeps what it held.
  func compile(_ expression: Expression, into target: Operand) throws(Diagnostic) {
    try observingIfAsked(expression, in: target) { () throws(Diagnostic) in
      try compilePlainly(expression, into: target)
    }
  }

  /// The same without telling an observer of the expression itself.
  func compilePlainly(_ expression: Expression, into target: Operand) throws(Diagnostic) {
    let mark = builder.nextTemporary
    defer { builder.release(to: mark) }
    let span = expression.span
    if !isObserved, try compileChain(expression, into: target) { return }
    switch expression.kind {
    case .none, .bool, .number, .string:
      move(try place(of: expression), into: target, span)
    case .name(let name): compileName(name, into: target, span)
    case .interpolation(let parts): try compileInterpolation(parts, into: target, span)
    case .bracket(let elements): try compileBracket(elements, into: target, span)
    case .list(let elements):
      try compileLiteral(elements, into: target, span, flags: .isList)
    case .record(let fields): try compileRecord(fields, into: target, span)
    case .range(let lower, let upper, let inclusive, let step):
      let ends = [lower, upper] + (step.map { [$0] } ?? [])
      try compileRange(ends, isInclusive: inclusive, into: target, span)
    case .unary(let operation, let inner):
      try compileUnary(operation, inner, into: target, span)
    case .transpose(let inner):
      try compileOneOperand(.transpose, inner, into: target, span)
    case .binary(let operation, let left, let right, _):
      try compileBinary(operation, left, right, into: target, span)
    case .logical(let operation, let left, let right):
      try compileLogical(operation, left, right, into: target, span)
    case .call(let function, let arguments):
      try compileCall(function, arguments, into: target, span)
    case .index(let container, let subscripts):
      try compileIndex(container, subscripts, into: target, span)
    case .field(let object, let name): try compileField(object, name, into: target, span)
    case .function(let literal): try compileFunction(literal, into: target)
    case .conditional(let condition, let then, let otherwise):
      try compileConditional(condition, then, otherwise, into: target, span)
    case .pipe(let value, let function): try compilePipe(value, function, into: target, span)
    case .gradient(let loss, let targets, let isNumeric):
      try compileGradient(loss, targets, isNumeric: isNumeric, into: target, span)
    }
  }

  func move(_ source: Operand, into target: Operand, _ span: Span) {
    guard source != target else { return }
    builder.emit(
      Instruction(.move, a: target.bits, b: source.bits), at: Site(span, [span]))
  }

  private func compileName(_ name: String, into target: Operand, _ span: Span) {
    switch resolve(name) {
    case .register(let index): move(.register(index), into: target, span)
    case .global(let slot): move(.global(slot), into: target, span)
    case .fixed(let value): move(builder.constant(value), into: target, span)
    case .cell(let index):
      builder.emit(Instruction(.loadCell, a: target.bits, b: UInt32(index)), at: span)
    case .capture(let index):
      builder.emit(Instruction(.loadCapture, a: target.bits, b: UInt32(index)), at: span)
    }
  }

  /// - Parameter ends: the lower and the upper end, and the step where there is one.
  private func compileRange(
    _ ends: [Expression], isInclusive: Bool, into target: Operand, _ span: Span
  ) throws(Diagnostic) {
    let first = try row(ends)
    let flags: UInt8 = (isInclusive ? 1 : 0) | (ends.count > 2 ? 2 : 0)
    builder.emit(
      Instruction(.range, flags: flags, a: target.bits, c: first.bits),
      at: Site(span, ends.map(\.span)))
  }

  private func compileField(
    _ object: Expression, _ name: Name, into target: Operand, _ span: Span
  ) throws(Diagnostic) {
    let container = try operand(object)
    let field = builder.nameIndex(name.text)
    builder.emit(
      Instruction(.field, a: target.bits, b: container.bits, c: field),
      at: Site(span, [object.span, name.span]))
  }

  private func compilePipe(
    _ value: Expression, _ function: Expression, into target: Operand, _ span: Span
  ) throws(Diagnostic) {
    if case .call(let called, let arguments) = function.kind {
      return try compilePipe(value, into: called, arguments, function.span, target, span)
    }
    let argument = try temporary(value)
    let callee = try callee(function)
    builder.emit(
      Instruction(.pipe, extra: 1, a: target.bits, b: callee.bits, c: argument.bits),
      at: Site(span, [function.span, value.span]))
  }

  /// `value |> f(…)`: whether the value is an argument of the call, or what the call gives is
  /// called with it, shows when it runs.
  private func compilePipe(
    _ value: Expression, into function: Expression, _ arguments: [Argument], _ call: Span,
    _ target: Operand, _ span: Span
  ) throws(Diagnostic) {
    try checkCount(arguments.count + 1, "arguments", call)
    let first = try row([value] + arguments.map(\.value))
    let callee = try callee(function)
    let names = arguments.map(\.name?.text)
    let site = Site(span, [function.span, value.span] + arguments.map(\.value.span))
    builder.emit(
      Instruction(
        .pipeCall, extra: arguments.count + 1, a: target.bits, b: callee.bits, c: first.bits),
      at: site)
    let isNamed = names.contains { $0 != nil }
    let index = builder.tables.argumentNames.adding(isNamed ? [nil] + names : [])
    builder.emit(Instruction(.extended, b: UInt32(index)), at: site)
  }

  private func compileUnary(
    _ operation: UnaryOperator, _ inner: Expression, into target: Operand, _ span: Span
  ) throws(Diagnostic) {
    if case .number(let number) = inner.kind, operation == .negate {
      return move(builder.constant(-number), into: target, span)
    }
    let opcode: Opcode =
      switch operation {
      case .negate: .negate
      case .not: .not
      case .plus: .plus
      }
    try compileOneOperand(opcode, inner, into: target, span)
  }

  private func compileOneOperand(
    _ opcode: Opcode, _ inner: Expression, into target: Operand, _ span: Span
  ) throws(Diagnostic) {
    let value = try operand(inner)
    builder.emit(
      Instruction(opcode, a: target.bits, b: value.bits), at: Site(span, [inner.span]))
  }

  func compileBinary(
    _ operation: BinaryOperator, _ left: Expression, _ right: Expression, into target: Operand,
    _ span: Span
  ) throws(Diagnostic) {
    if operation == .add, try compileExtension(of: left, by: right, into: target, span) { return }
    let first: Operand
    let second: Operand
    switch (left.kind, right.kind) {
    case (.bracket(let elements), .bracket(let others)) where operation == .add:
      (first, second) = try compileJoinedLiterals(elements, others, left.span, right.span)
    case (.bracket(let elements), _) where operation == .add:
      let leaves = try compileLeaves(elements)
      second = try operand(right)
      first = builder.temporary()
      try emitLiteral(leaves, into: first, left.span, flags: .isBeside, context: second)
    case (_, .bracket(let elements)) where operation == .add:
      first = try leftOperand(left, before: right, preferring: target)
      second = builder.temporary()
      let leaves = try compileLeaves(elements)
      try emitLiteral(leaves, into: second, right.span, flags: .isBeside, context: first)
    default:
      first = try leftOperand(left, before: right, preferring: target)
      second = try operand(right)
    }
    builder.emit(
      Instruction(Opcode(operation), a: target.bits, b: first.bits, c: second.bits),
      at: Site(span, [left.span, right.span]))
  }

  /// `x = x + [e]` by one instruction; false for other sums.
  private func compileExtension(
    of left: Expression, by right: Expression, into target: Operand, _ span: Span
  ) throws(Diagnostic) -> Bool {
    guard !isObserved, case .name(let name) = left.kind, isVariable(name, target),
      case .bracket(let elements) = right.kind, elements.count == 1, !elements[0].isBracket,
      !elements[0].mayAssign
    else { return false }
    let element = try operand(elements[0])
    builder.emit(
      Instruction(.extend, a: target.bits, b: element.bits),
      at: Site(span, [left.span, right.span]))
    return true
  }

  /// Whether a variable lies where an operand says.
  private func isVariable(_ name: String, _ operand: Operand) -> Bool {
    switch resolve(name) {
    case .register(let index): operand == .register(index)
    case .global(let slot): operand == .global(slot)
    case .cell, .capture, .fixed: false
    }
  }

  /// Both sides of an operator.
  func operands(_ left: Expression, _ right: Expression) throws(Diagnostic) -> (Operand, Operand) {
    (try leftOperand(left, before: right), try operand(right))
  }

  /// The left side of an operator. It may use the target's own register if that is an intermediate
  /// one, so that long sums need few registers.
  private func leftOperand(
    _ left: Expression, before right: Expression, preferring target: Operand? = nil
  ) throws(Diagnostic) -> Operand {
    if let target, builder.isTemporary(target), left.isCompound {
      try compile(left, into: target)
      return target
    }
    let first = try operand(left)
    guard !builder.isTemporary(first), first.base != .constant, right.mayAssign else {
      return first
    }
    let copy = builder.temporary()
    move(first, into: copy, left.span)
    return copy
  }

  private func compileInterpolation(
    _ parts: [InterpolationPart], into target: Operand, _ span: Span
  ) throws(Diagnostic) {
    var patterns: [InterpolationPattern] = []
    var values: [Expression] = []
    for part in parts {
      switch part {
      case .text(let text): patterns.append(.text(text))
      case .value(let value, let format):
        patterns.append(.value(format))
        values.append(value)
      }
    }
    let first = try row(values)
    let index = builder.tables.interpolations.adding(patterns)
    builder.emit(
      Instruction(.interpolate, a: target.bits, b: UInt32(index), c: first.bits),
      at: Site(span, values.map(\.span)))
  }

  private func compileRecord(
    _ fields: [RecordField], into target: Operand, _ span: Span
  ) throws(Diagnostic) {
    let first = try row(fields.map(\.value))
    let names = builder.tables.recordKeys.adding(fields.map { TextBox($0.name.text) })
    builder.emit(
      Instruction(.record, a: target.bits, b: UInt32(names), c: first.bits), at: span)
  }

  private func compileFunction(
    _ literal: FunctionLiteral, into target: Operand
  ) throws(Diagnostic) {
    let index = builder.tables.functions.adding(try template(of: literal))
    let name = literal.name?.text
    builder.emit(Instruction(.closure, a: target.bits, b: UInt32(index)), at: literal.span)
    // A named function inside an expression is also bound to its name, so that it can recurse.
    if let name, isFunction || builder.isTemporary(target) {
      store(target, inVariable: name, literal.span, keeping: true)
    }
  }
}

extension Opcode {
  /// The instruction of an operator.
  init(_ operation: BinaryOperator) {
    self =
      switch operation {
      case .add: .add
      case .subtract: .subtract
      case .multiply: .multiply
      case .divide: .divide
      case .remainder: .remainder
      case .matmul: .matmul
      case .power: .power
      case .equal: .equal
      case .notEqual: .notEqual
      case .less: .less
      case .lessOrEqual: .lessOrEqual
      case .greater: .greater
      case .greaterOrEqual: .greaterOrEqual
      case .contains: .contains
      }
  }
}

extension Expression {
  /// Whether it needs instructions of its own.
  var isCompound: Bool {
    switch kind {
    case .none, .bool, .number, .string, .name: false
    case .unary(.negate, let inner): inner.isCompound || !inner.isNumber
    default: true
    }
  }

  private var isNumber: Bool { if case .number = kind { true } else { false } }

  /// Whether evaluating it may assign to a variable: only the blocks of an `if` can.
  var mayAssign: Bool {
    switch kind {
    case .none, .bool, .number, .string, .name, .function, .gradient: false
    case .conditional: true
    case .interpolation(let parts):
      parts.contains { if case .value(let value, _) = $0 { value.mayAssign } else { false } }
    case .bracket(let elements), .list(let elements): elements.contains(where: \.mayAssign)
    case .record(let fields): fields.contains { $0.value.mayAssign }
    case .range(let lower, let upper, _, let step):
      lower.mayAssign || upper.mayAssign || step?.mayAssign == true
    case .unary(_, let inner), .transpose(let inner), .field(let inner, _): inner.mayAssign
    case .binary(_, let left, let right, _), .logical(_, let left, let right),
      .pipe(let left, let right):
      left.mayAssign || right.mayAssign
    case .call(let function, let arguments):
      function.mayAssign || arguments.contains { $0.value.mayAssign }
    case .index(let container, let subscripts):
      container.mayAssign || subscripts.contains(where: \.mayAssign)
    }
  }
}

extension Subscript {
  var mayAssign: Bool {
    switch self {
    case .index(let index): index.mayAssign
    case .ellipsis: false
    case .slice(let start, let stop, let step, _):
      [start, stop, step].contains { $0?.mayAssign == true }
    }
  }
}
