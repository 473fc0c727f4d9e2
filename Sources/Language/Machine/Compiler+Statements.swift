import Syntax

extension Compiler {
  /// The code of one top-level statement.
  static func code(
    of statement: Statement, source: SourceText, globals: Globals, scope: Scope?,
    isObserved: Bool = false
  ) throws(Diagnostic) -> Code {
    let compiler = Compiler(
      globals: globals, source: source, span: statement.span, scope: scope)
    compiler.builder.isObserved = isObserved
    compiler.builder.beginTemporaries()
    try compiler.compileTopLevel(statement)
    compiler.builder.emit(
      Instruction(.leave, a: compiler.builder.constant(.none).bits), at: statement.span)
    return Code(compiler.builder)
  }

  private func compileTopLevel(_ statement: Statement) throws(Diagnostic) {
    let silenced: UInt8 = statement.isSilenced ? 1 : 0
    switch statement.kind {
    case .expression(let expression):
      let value = try operand(expression)
      builder.emit(
        Instruction(.echo, flags: silenced, a: value.bits),
        at: Site(expression.span, [expression.span]))
    case .command(let command) where command.arguments.isEmpty:
      let slot = Operand.global(globalSlot(for: command.name.text))
      let variable = builder.position
      builder.emit(Instruction(.jumpIfSet, flags: 1, b: slot.bits), at: statement.span)
      try compileCommand(command, statement.span)
      let end = jump(statement.span)
      builder.land(variable)
      builder.emit(Instruction(.echo, flags: silenced, a: slot.bits), at: statement.span)
      builder.land(end)
    default: try compile(statement)
    }
  }

  /// A statement whose value, if it has one, is not wanted.
  func compile(_ statement: Statement) throws(Diagnostic) {
    let mark = builder.nextTemporary
    defer { builder.release(to: mark) }
    switch statement.kind {
    case .expression(let expression): try compileDiscarding(expression)
    case .assignment(let targets, let value): try compileAssignment(targets, value, statement.span)
    case .update(let target, let operation, let value):
      try compileUpdate(target, operation, value, statement.span)
    case .function(let literal): try compileFunctionStatement(literal)
    case .whileLoop(let condition, let body): try compileWhile(condition, body, statement.span)
    case .forLoop(let names, let sequence, let body):
      try compileFor(names, sequence, body, statement.span)
    case .breakLoop: try compileBreak(statement.span)
    case .continueLoop: try compileContinue(statement.span)
    case .returnValue(let value):
      guard isFunction else {
        throw problem("return stands outside a function", statement.span)
      }
      if let value { try compileLeaving(value) } else { leave(nil, statement.span) }
    case .command(let command): try compileCommandStatement(command, statement.span)
    }
  }

  private func compileDiscarding(_ expression: Expression) throws(Diagnostic) {
    if case .conditional(let condition, let then, let otherwise) = expression.kind {
      let whenFalse = try jumps(where: condition, is: false)
      try compileDiscarding(then)
      if let otherwise {
        let end = jump(expression.span)
        for jump in whenFalse { builder.land(jump) }
        try compileDiscarding(otherwise)
        builder.land(end)
      } else {
        for jump in whenFalse { builder.land(jump) }
      }
      return
    }
    let value = try temporary(expression)
    builder.emit(Instruction(.clear, a: value.bits), at: expression.span)
  }

  func compileDiscarding(_ block: Block) throws(Diagnostic) {
    for statement in block.statements { try compile(statement) }
  }

  /// A block whose value is wanted: that of its last statement, if it is an expression.
  func compile(_ block: Block, into target: Operand) throws(Diagnostic) {
    for statement in block.statements.dropLast() { try compile(statement) }
    guard let last = block.statements.last else {
      return move(builder.constant(.none), into: target, block.span)
    }
    if case .expression(let expression) = last.kind {
      // The branches of an `if` are seen, as where it is a statement.
      if case .conditional = expression.kind {
        return try compilePlainly(expression, into: target)
      }
      return try compile(expression, into: target)
    }
    try compile(last)
    move(builder.constant(.none), into: target, last.span)
  }

  // MARK: Leaving a function

  /// A function's body: its last expression is what the function gives.
  func compileLeaving(_ block: Block) throws(Diagnostic) {
    for statement in block.statements.dropLast() { try compile(statement) }
    guard let last = block.statements.last else { return leave(nil, block.span) }
    if case .expression(let expression) = last.kind { return try compileLeaving(expression) }
    try compile(last)
    if case .returnValue = last.kind { return }
    leave(nil, last.span)
  }

  /// Leaves with the value of an expression; the branches of an `if` leave by themselves.
  func compileLeaving(_ expression: Expression) throws(Diagnostic) {
    let mark = builder.nextTemporary
    defer { builder.release(to: mark) }
    if case .conditional(let condition, let then, let otherwise) = expression.kind {
      let whenFalse = try jumps(where: condition, is: false)
      try compileLeaving(then)
      for jump in whenFalse { builder.land(jump) }
      if let otherwise { try compileLeaving(otherwise) } else { leave(nil, expression.span) }
      return
    }
    leave(try operand(expression), expression.span)
  }

  private func leave(_ value: Operand?, _ span: Span) {
    let operand = value ?? builder.constant(.none)
    builder.emit(Instruction(.leave, a: operand.bits), at: Site(span, [span]))
  }

  // MARK: Functions and commands

  private func compileFunctionStatement(_ literal: FunctionLiteral) throws(Diagnostic) {
    guard let name = literal.name?.text else { return }
    let index = UInt32(builder.tables.functions.adding(try template(of: literal)))
    let target = builder.temporary()
    builder.emit(Instruction(.closure, a: target.bits, b: index), at: literal.span)
    store(target, inVariable: name, literal.span, keeping: false)
  }

  private func compileCommandStatement(_ command: Command, _ span: Span) throws(Diagnostic) {
    guard command.arguments.isEmpty else { return try compileCommand(command, span) }
    switch resolve(command.name.text) {
    case .register, .cell, .capture, .fixed: return
    case .global(let slot):
      let variable = builder.position
      builder.emit(Instruction(.jumpIfSet, flags: 1, b: Operand.global(slot).bits), at: span)
      try compileCommand(command, span)
      builder.land(variable)
    }
  }
}
