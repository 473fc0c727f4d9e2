import Syntax

extension Compiler {
  /// Compiles a condition; gives the positions of the jumps taken where it equals `sense`, whose
  /// targets `land` fills in.
  ///
  /// - Parameter isChoice: whether it chooses between branches, rather than ending a loop.
  func jumps(
    where condition: Expression, is sense: Bool, isChoice: Bool = true
  ) throws(Diagnostic) -> [Int] {
    let mark = builder.nextTemporary
    defer { builder.release(to: mark) }
    if isObserved { return [try observedJump(where: condition, is: sense, isChoice)] }
    switch condition.kind {
    case .unary(.not, let inner): return try jumps(where: inner, is: !sense)
    case .logical(let operation, let left, let right):
      // `a and b` is false as soon as a is; `a or b` is true as soon as a is.
      let decides = operation == .or
      if decides == sense {
        return try jumps(where: left, is: sense) + jumps(where: right, is: sense)
      }
      let skips = try jumps(where: left, is: decides)
      let taken = try jumps(where: right, is: sense)
      for skip in skips { builder.land(skip) }
      return taken
    case .binary(let operation, let left, let right, _):
      if let opcode = Opcode(jumpFor: operation) {
        let (first, second) = try operands(left, right)
        let position = builder.position
        builder.emit(
          Instruction(opcode, flags: sense ? 1 : 0, a: first.bits, b: second.bits),
          at: Site(condition.span, [left.span, right.span]))
        return [position]
      }
    default: break
    }
    let value = try operand(condition)
    let position = builder.position
    builder.emit(
      Instruction(.jumpIf, flags: sense ? 1 : 0, b: value.bits),
      at: Site(condition.span, [condition.span]))
    return [position]
  }

  /// `a and b`, `a or b` as a value: a bool on the left may decide, and the right side does not
  /// run then; a mask there goes with the right side element by element.
  func compileLogical(
    _ operation: LogicalOperator, _ left: Expression, _ right: Expression, into target: Operand,
    _ span: Span
  ) throws(Diagnostic) {
    let decides = operation == .or
    let first = try temporary(left)
    let decided = builder.position
    builder.emit(
      Instruction(.jumpDecided, flags: decides ? 1 : 0, b: first.bits),
      at: Site(span, [left.span]))
    let second = try operand(right)
    builder.emit(
      Instruction(
        .logical, flags: decides ? 1 : 0, a: target.bits, b: first.bits, c: second.bits),
      at: Site(span, [left.span, right.span]))
    let end = jump(span)
    builder.land(decided)
    move(builder.constant(.bool(decides)), into: target, span)
    builder.land(end)
  }

  /// `if` as an expression.
  func compileConditional(
    _ condition: Expression, _ then: Block, _ otherwise: Block?, into target: Operand, _ span: Span
  ) throws(Diagnostic) {
    let whenFalse = try jumps(where: condition, is: false)
    try compile(then, into: target)
    let end = jump(span)
    for jump in whenFalse { builder.land(jump) }
    if let otherwise {
      try compile(otherwise, into: target)
    } else {
      move(builder.constant(.none), into: target, span)
    }
    builder.land(end)
  }

  /// A forward jump, to be landed.
  func jump(_ span: Span) -> Int {
    let position = builder.position
    builder.emit(Instruction(.jump), at: span)
    return position
  }
}

extension Opcode {
  /// The instruction that compares and jumps.
  init?(jumpFor operation: BinaryOperator) {
    switch operation {
    case .equal: self = .jumpEqual
    case .notEqual: self = .jumpNotEqual
    case .less: self = .jumpLess
    case .lessOrEqual: self = .jumpLessOrEqual
    case .greater: self = .jumpGreater
    case .greaterOrEqual: self = .jumpGreaterOrEqual
    case .contains: self = .jumpContains
    default: return nil
    }
  }
}
