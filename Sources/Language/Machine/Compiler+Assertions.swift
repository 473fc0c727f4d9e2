import Syntax

/// The two sides of what an `assert` claims, kept until the call is over: its error shows them.
struct AssertionPattern {
  /// Where the call's instruction stands.
  let position: Int
  let left: Operand
  let right: Operand
}

extension Compiler {
  /// Compiles `assert(a == b, …)` and `assert(allclose(a, b), …)`, if the name is the builtin's and
  /// nobody observes.
  ///
  /// - Returns: whether the call was one of these.
  func compileAssertion(
    _ function: Expression, _ arguments: [Argument], into target: Operand, _ span: Span
  ) throws(Diagnostic) -> Bool {
    guard !isObserved, case .name(let name) = function.kind, let claim = arguments.first,
      claim.name == nil, globals.vocabulary.builtin(named: name)?.declaration.name == "assert",
      claim.value.hasTwoSides
    else { return false }
    let mark = builder.nextTemporary
    defer { builder.release(to: mark) }
    // Below the arguments: those are the registers of a function that may have taken the name.
    let (left, right) = (builder.temporary(), builder.temporary())
    let callee = try callee(function)
    let first = builder.temporaries(arguments.count)
    try compileClaim(claim.value, into: first, keeping: (left, right))
    for (offset, argument) in arguments.enumerated().dropFirst() {
      try compile(argument.value, into: .register(first.index + offset))
    }
    builder.tables.assertions.append(
      AssertionPattern(position: builder.position, left: left, right: right))
    emitCall(callee, first, arguments, of: function, into: target, span)
    for kept in [left, right] { builder.emit(Instruction(.clear, a: kept.bits), at: span) }
    return true
  }

  private func compileClaim(
    _ claim: Expression, into target: Operand, keeping kept: (Operand, Operand)
  ) throws(Diagnostic) {
    let mark = builder.nextTemporary
    defer { builder.release(to: mark) }
    switch claim.kind {
    case .binary(let operation, let left, let right, _):
      let first = try temporary(left)
      let second = try temporary(right)
      keep(first, in: kept.0, left.span)
      keep(second, in: kept.1, right.span)
      builder.emit(
        Instruction(Opcode(operation), a: target.bits, b: first.bits, c: second.bits),
        at: Site(claim.span, [left.span, right.span]))
    case .call(let function, let arguments):
      let callee = try callee(function)
      let first = try row(arguments.map(\.value))
      keep(first, in: kept.0, claim.span)
      keep(.register(first.index + 1), in: kept.1, claim.span)
      emitCall(callee, first, arguments, of: function, into: target, claim.span)
    default: break
    }
  }

  /// Copies an intermediate value, which stays where it is.
  private func keep(_ value: Operand, in register: Operand, _ span: Span) {
    builder.emit(
      Instruction(.move, flags: 1, a: register.bits, b: value.bits), at: Site(span, [span]))
  }
}

extension Expression {
  /// Whether it compares two values.
  fileprivate var hasTwoSides: Bool {
    switch kind {
    case .binary(let operation, _, _, _): return operation.compares
    case .call(let function, let arguments):
      guard case .name("allclose") = function.kind else { return false }
      return arguments.count >= 2 && arguments.prefix(2).allSatisfy { $0.name == nil }
    default: return false
    }
  }
}

extension BinaryOperator {
  /// Whether it gives a truth value, or a mask.
  fileprivate var compares: Bool {
    switch self {
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .contains: true
    case .add, .subtract, .multiply, .divide, .remainder, .matmul, .power: false
    }
  }
}
