import Operations
import Syntax

extension Compiler {
  func compileAssignment(
    _ targets: [Expression], _ value: Expression, _ span: Span
  ) throws(Diagnostic) {
    if targets.count == 1, let target = targets.first {
      return try compileAssignment(target, value, span)
    }
    try checkCount(targets.count, "targets", span)
    let first: Operand
    if case .bracket(let elements) = value.kind, elements.count == targets.count {
      // Element by element, so that `a, b = [b, a]` swaps values of any kind unrounded.
      first = try row(elements)
    } else {
      let source = try operand(value)
      first = builder.temporaries(targets.count)
      builder.emit(
        Instruction(.unpack, extra: targets.count, b: source.bits, c: first.bits),
        at: Site(span, [value.span]))
    }
    for (offset, target) in targets.enumerated() {
      try assign(.register(first.index + offset), to: target, span)
      observeAssignment(to: target, part: offset, of: targets.count)
    }
  }

  private func compileAssignment(
    _ target: Expression, _ value: Expression, _ span: Span
  ) throws(Diagnostic) {
    guard case .name(let name) = target.kind else {
      if try compileElement(target, number: 0, value, span) { return }
      return try compilePath(target, update: nil, span) { compiler, register throws(Diagnostic) in
        try compiler.compile(value, into: register)
      }
    }
    let variable = resolve(name)
    noteDefinition(variable)
    switch variable {
    case .register(let index): try compile(value, into: .register(index))
    case .global(let slot): try compile(value, into: .global(slot))
    case .cell, .capture, .fixed:
      let register = try temporary(value)
      store(register, inVariable: name, span, keeping: false)
    }
    observeAssignment(to: target)
  }

  /// Stores what a register holds.
  private func assign(_ source: Operand, to target: Expression, _ span: Span) throws(Diagnostic) {
    if case .name(let name) = target.kind {
      return store(source, inVariable: name, span, keeping: false)
    }
    try compilePath(target, update: nil, span) { compiler, register throws(Diagnostic) in
      compiler.move(source, into: register, span)
    }
  }

  /// Moves an intermediate value into a variable; `keeping` leaves a copy where it was.
  func store(_ source: Operand, inVariable name: String, _ span: Span, keeping: Bool) {
    let variable = resolve(name)
    noteDefinition(variable)
    let flags: UInt8 = keeping ? 1 : 0
    let target: Operand
    switch variable {
    case .register(let index): target = .register(index)
    case .global(let slot): target = .global(slot)
    case .cell(let index), .capture(let index):
      builder.emit(
        Instruction(.storeCell, flags: flags, a: UInt32(index), b: source.bits), at: span)
      return
    case .fixed: return
    }
    guard target != source else { return }
    builder.emit(Instruction(.move, flags: flags, a: target.bits, b: source.bits), at: span)
  }

  private func noteDefinition(_ variable: Variable) {
    if case .global(let slot) = variable { globals.noteDefinition(of: slot) }
  }

  // MARK: Updates

  func compileUpdate(
    _ target: Expression, _ operation: BinaryOperator, _ value: Expression, _ span: Span
  ) throws(Diagnostic) {
    if isObserved, try compileObservedUpdate(target, operation, value, span) { return }
    if case .name(let name) = target.kind {
      switch resolve(name) {
      case .register(let index):
        return try compileUpdate(of: .register(index), target, operation, value, span)
      case .global(let slot) where !isFunction:
        return try compileUpdate(of: .global(slot), target, operation, value, span)
      default: break
      }
    }
    if operation == .add, case .bracket(let elements) = value.kind {
      if elements.count == 1, !elements[0].isBracket,
        try compileElement(target, number: BinaryOperator.appendNumber, elements[0], span)
      {
        return
      }
      // Whether the part is a list, to which the values are appended, shows when it runs.
      var pattern: LiteralPattern?
      return try compilePath(target, update: operation, literal: { pattern }, span) {
        compiler, register throws(Diagnostic) in
        let leaves = try compiler.compileLeaves(elements)
        pattern = leaves.pattern
        try compiler.emitLiteral(
          leaves, into: register, value.span, flags: .isList, context: nil)
      }
    }
    if try compileElement(target, number: operation.updateNumber, value, span) { return }
    try compilePath(target, update: operation, span) { compiler, register throws(Diagnostic) in
      try compiler.compile(value, into: register)
    }
  }

  /// `r[key] = e`, `l[i] += e` by one instruction, which finds its operands where they are; false
  /// for other targets. As in `compilePath` the value comes before the subscript.
  ///
  /// - Parameter number: of the operator; 0 where there is none.
  private func compileElement(
    _ target: Expression, number: UInt8, _ value: Expression, _ span: Span
  ) throws(Diagnostic) -> Bool {
    guard case .index(let container, let subscripts) = target.kind, subscripts.count == 1,
      case .index(let index)? = subscripts.first, !index.isNone,
      case .name(let name) = container.kind
    else { return false }
    let root: Operand
    switch resolve(name) {
    case .register(let index): root = .register(index)
    case .global(let slot) where !isFunction: root = .global(slot)
    default: return false
    }
    let (stored, place) = try operands(value, index)
    builder.emit(
      Instruction(
        .storeElement, flags: number, a: root.bits, b: place.bits, c: stored.bits),
      at: Site(span, [target.span, container.span, value.span, index.span]))
    observeAssignment(to: container)
    return true
  }

  /// `W -= 0.1 * g`: in one pass where it can be, otherwise the operation by itself.
  private func compileUpdate(
    of variable: Operand, _ target: Expression, _ operation: BinaryOperator, _ value: Expression,
    _ span: Span
  ) throws(Diagnostic) {
    let whole = Expression(.binary(operation, target, value, operatorSpan: span), span)
    if operation.isChainable, try compileChain(whole, into: variable) { return }
    try compileBinary(operation, target, value, into: variable, span)
  }

  /// `r.field[i] = e` and `+=`: the value goes into the last of the registers, its expression
  /// running first, the subscripts into those before.
  private func compilePath(
    _ target: Expression, update: BinaryOperator?, literal: () -> LiteralPattern? = { nil },
    _ span: Span, value: (Compiler, Operand) throws(Diagnostic) -> Void
  ) throws(Diagnostic) {
    var accessors: [(PathPattern.Step, [Expression])] = []
    var current = target
    var name: String?
    while name == nil {
      switch current.kind {
      case .field(let object, let field):
        accessors.insert((.field(TextBox(field.text)), []), at: 0)
        current = object
      case .index(let container, let subscripts):
        let (pattern, operands) = subscriptPattern(subscripts)
        accessors.insert((.index(pattern), operands), at: 0)
        current = container
      case .name(let text): name = text
      default:
        throw problem(
          "only a variable, its elements and its fields can be assigned to", target.span)
      }
    }
    guard let name else { return }
    guard let (root, cell) = try updatableRoot(name, current.span) else { return }
    let operands = accessors.flatMap { $0.1 }
    let first = builder.temporaries(operands.count + 1)
    try value(self, .register(first.index + operands.count))
    for (offset, operand) in operands.enumerated() {
      try compile(operand, into: .register(first.index + offset))
    }
    let pattern = PathPattern(
      cell: cell, steps: accessors.map(\.0), update: update, literal: literal(),
      operandCount: operands.count)
    let index = builder.tables.paths.adding(pattern)
    try checkCount(index, "assignments", span)
    builder.emit(
      Instruction(
        .storePath, flags: pattern.elementFlags, extra: index, a: root.bits, c: first.bits),
      at: Site(span, [target.span, current.span] + operands.map(\.span)))
    observeAssignment(to: current)
  }

  /// The variable that an update writes to; nil, after an instruction that fails, where it is not
  /// one of the running function's own.
  private func updatableRoot(_ name: String, _ span: Span) throws(Diagnostic)
    -> (Operand, cell: Int?)?
  {
    switch resolve(name) {
    case .register(let index): return (.register(index), nil)
    case .cell(let index): return (.unused, index)
    case .global(let slot) where !isFunction: return (.global(slot), nil)
    case .global, .capture, .fixed:
      let error = RuntimeError.other(
        "\(name) is not a variable of this function, so it cannot be changed here",
        hint: "pass \(name) in and return it: fn f(\(name)) { …  return \(name) }")
      let index = builder.tables.errors.adding(error)
      builder.emit(Instruction(.fail, b: UInt32(index)), at: span)
      return nil
    }
  }
}
