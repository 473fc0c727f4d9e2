import Syntax

/// What an instruction for the observer tells.
enum ObservedEvent: UInt8 {
  /// Expression b begins.
  case begin
  /// Expression b gave the value a.
  case end
  /// The function has its arguments.
  case entry
  /// The variable named b was assigned the value a; it is variable `extra` of c.
  case assignment
  /// A turn of loop b: its elements from a on, its state from c on.
  case turn
}

/// What a code was compiled from.
enum CodeTree {
  case function(FunctionLiteral)
  case expression(Expression)
}

/// A code once more, telling an observer.
struct ObservedCode {
  let code: Code
  /// Which of the plain code's captured variables each of its own is.
  let captures: [Int]

  /// - Throws: a problem that the code cannot have, as it was compiled before.
  init(of plain: Code, globals: Globals) throws(Diagnostic) {
    let compiler = Compiler(
      globals: globals, source: plain.source, span: plain.span,
      fixesBuiltins: plain.fixesBuiltins, scope: plain.scope)
    for name in plain.captureNames { compiler.addCell(name) }
    compiler.builder.isObserved = true
    let template: FunctionTemplate
    switch plain.tree {
    case .function(let literal): template = try compiler.template(of: literal)
    case .expression(let expression):
      template = try compiler.template(of: expression, isObserved: true)
    case nil:
      code = plain
      captures = Array(plain.captureNames.indices)
      return
    }
    code = template.code
    captures = template.captures.map { if case .cell(let index) = $0 { index } else { 0 } }
  }
}

extension Compiler {
  /// Whether each expression is compiled with instructions that tell an observer of it.
  var isObserved: Bool { builder.isObserved }

  /// Compiles an expression between the instructions that tell of it.
  func observing(
    _ expression: Expression, _ role: ObservedExpression.Role, in target: Operand,
    _ body: () throws(Diagnostic) -> Void
  ) throws(Diagnostic) {
    let observed = ObservedExpression(
      expression, in: builder.source, role, owner: owner(of: expression))
    let index = UInt32(truncatingIfNeeded: builder.tables.observedExpressions.adding(observed))
    emitObservation(.begin, b: index, at: expression.span)
    try body()
    emitObservation(.end, a: target.bits, b: index, at: expression.span)
  }

  /// The same where an observer is told of expressions; otherwise the body alone.
  func observingIfAsked(
    _ expression: Expression, in target: Operand, _ body: () throws(Diagnostic) -> Void
  ) throws(Diagnostic) {
    isObserved ? try observing(expression, .part, in: target, body) : try body()
  }

  private func owner(of expression: Expression) -> ObservedExpression.Owner? {
    guard case .name(let name) = expression.kind else { return nil }
    switch resolve(name) {
    case .register, .cell: return .function
    case .capture: return .functionAround
    case .global: return .global
    case .fixed: return .builtin
    }
  }

  /// Leaves with the value of an expression that is seen as a whole, also where it is an `if`.
  func compileObservedLeaving(_ expression: Expression) throws(Diagnostic) {
    let value = try temporary(expression)
    builder.emit(Instruction(.leave, a: value.bits), at: expression.span)
  }

  /// The function of a call: no part of the evaluation where it is called by its name.
  func callee(_ function: Expression) throws(Diagnostic) -> Operand {
    if case .name = function.kind { return try place(of: function) }
    return try operand(function)
  }

  /// Where a condition is not jumped upon in parts, so that its value is seen.
  func observedJump(
    where condition: Expression, is sense: Bool, _ isChoice: Bool
  ) throws(Diagnostic) -> Int {
    let register = builder.temporary()
    try observing(condition, isChoice ? .choice : .part, in: register) { () throws(Diagnostic) in
      try compilePlainly(condition, into: register)
    }
    let position = builder.position
    builder.emit(
      Instruction(.jumpIf, flags: sense ? 1 : 0, b: register.bits),
      at: Site(condition.span, [condition.span]))
    return position
  }

  /// `x += e` of a variable, as the assignment that it stands for; false for other targets.
  func compileObservedUpdate(
    _ target: Expression, _ operation: BinaryOperator, _ value: Expression, _ span: Span
  ) throws(Diagnostic) -> Bool {
    guard case .name(let name) = target.kind else { return false }
    switch resolve(name) {
    case .capture, .fixed: return false
    case .global: if isFunction { return false }
    case .register, .cell: break
    }
    let sum = Expression(.binary(operation, target, value, operatorSpan: span), span)
    try compileAssignment([target], sum, span)
    return true
  }

  func observeEntry(_ span: Span) {
    guard isObserved else { return }
    emitObservation(.entry, at: span)
  }

  /// Tells what the variable of an assignment's target holds now.
  func observeAssignment(to target: Expression, part: Int = 0, of count: Int = 1) {
    guard isObserved, case .name(let name) = target.root?.kind else { return }
    let mark = builder.nextTemporary
    defer { builder.release(to: mark) }
    let place: Operand
    switch resolve(name) {
    case .register(let index): place = .register(index)
    case .global(let slot): place = .global(slot)
    case .cell(let index):
      place = builder.temporary()
      builder.emit(Instruction(.loadCell, a: place.bits, b: UInt32(index)), at: target.span)
    case .capture, .fixed: return
    }
    emitObservation(
      .assignment, extra: part, a: place.bits, b: builder.nameIndex(name), c: UInt32(count),
      at: target.span)
    if builder.isTemporary(place) {
      builder.emit(Instruction(.clear, a: place.bits), at: target.span)
    }
  }

  /// Tells of a turn of a loop: of a walk, its state and where its elements lie.
  func observeTurn(
    _ names: [String], of state: Operand = .unused, _ first: Operand = .unused, span: Span
  ) {
    guard isObserved else { return }
    let loop = ObservedLoop(names, span, in: builder.source)
    let index = UInt32(truncatingIfNeeded: builder.tables.observedLoops.adding(loop))
    emitObservation(.turn, a: first.bits, b: index, c: state.bits, at: span)
  }

  private func emitObservation(
    _ event: ObservedEvent, extra: Int = 0, a: UInt32 = 0, b: UInt32 = 0, c: UInt32 = 0,
    at span: Span
  ) {
    builder.emit(
      Instruction(.observe, flags: event.rawValue, extra: extra, a: a, b: b, c: c), at: span)
  }
}

extension Expression {
  /// The variable whose part it is: `a` of `a.b[0]`.
  fileprivate var root: Expression? {
    switch kind {
    case .name: self
    case .field(let object, _): object.root
    case .index(let container, _): container.root
    default: nil
    }
  }
}
