import Syntax

extension Compiler {
  func compileCall(
    _ function: Expression, _ arguments: [Argument], into target: Operand, _ span: Span
  ) throws(Diagnostic) {
    try checkCount(arguments.count, "arguments", span)
    if try compileAssertion(function, arguments, into: target, span) { return }
    let callee = try callee(function)
    let first = try compileArguments(arguments, of: function, callee)
    emitCall(callee, first, arguments, of: function, into: target, span)
  }

  /// Calls what lies in a register with arguments in registers in a row.
  func emitCall(
    _ callee: Operand, _ first: Operand, _ arguments: [Argument], of function: Expression,
    into target: Operand, _ span: Span
  ) {
    let site = Site(span, [function.span] + arguments.map(\.value.span))
    let names = arguments.map(\.name?.text)
    let isNamed = names.contains { $0 != nil }
    // The quick call knows nothing of observers.
    let isQuick = !isNamed && !isObserved
    builder.emit(
      Instruction(
        isQuick ? .call : .callNamed, extra: arguments.count, a: target.bits, b: callee.bits,
        c: first.bits), at: site)
    if !isQuick {
      let index = builder.tables.argumentNames.adding(isNamed ? names : [])
      builder.emit(Instruction(.extended, b: UInt32(index)), at: site)
    }
  }

  /// Compiles arguments into registers in a row; gives the first. The numbers of a literal that
  /// stands directly in `f64([…])` or `tensor([…], dtype=f64)` keep their digits.
  private func compileArguments(
    _ arguments: [Argument], of function: Expression, _ callee: Operand
  ) throws(Diagnostic) -> Operand {
    guard case .name(let name) = function.kind, let literal = arguments.first,
      case .bracket(let elements) = literal.value.kind,
      keepsDigits(name, arguments.map(\.name?.text))
    else { return try row(arguments.map(\.value)) }
    let first = builder.temporaries(arguments.count)
    let mark = builder.nextTemporary
    try observingIfAsked(literal.value, in: first) { () throws(Diagnostic) in
      let leaves = try compileLeaves(elements)
      try emitLiteral(
        leaves, into: first, literal.value.span, flags: .isArgument, context: callee)
    }
    builder.release(to: mark)
    for (offset, argument) in arguments.enumerated().dropFirst() {
      try compile(argument.value, into: .register(first.index + offset))
    }
    return first
  }

  /// Whether a call, if its name is the builtin's, makes Float64 of its first argument.
  private func keepsDigits(_ name: String, _ arguments: [String?]) -> Bool {
    switch globals.vocabulary.builtin(named: name)?.declaration.name {
    case "f64": arguments.count == 1
    case "tensor": arguments.contains("dtype") || arguments.count == 2
    default: false
    }
  }

  func compileIndex(
    _ container: Expression, _ subscripts: [Subscript], into target: Operand, _ span: Span
  ) throws(Diagnostic) {
    let source = try operand(container)
    if subscripts.count == 1, case .index(let index)? = subscripts.first, !index.isNone {
      let position = try operand(index)
      builder.emit(
        Instruction(.indexOne, a: target.bits, b: source.bits, c: position.bits),
        at: Site(span, [container.span, index.span]))
      return
    }
    let (pattern, operands) = subscriptPattern(subscripts)
    let first = try row(operands)
    let index = builder.tables.subscripts.adding(pattern)
    try checkCount(index, "subscripts", span)
    builder.emit(
      Instruction(.index, extra: index, a: target.bits, b: source.bits, c: first.bits),
      at: Site(span, [container.span] + subscripts.map(\.span)))
  }

  /// What stands between brackets, and the expressions whose values it needs, in order.
  func subscriptPattern(_ subscripts: [Subscript]) -> ([SubscriptPattern], [Expression]) {
    var operands: [Expression] = []
    let patterns = subscripts.map { part -> SubscriptPattern in
      switch part {
      case .index(let index):
        if case .none = index.kind { return .newAxis }
        operands.append(index)
        return .index
      case .ellipsis: return .ellipsis
      case .slice(let start, let stop, let step, _):
        operands += [start, stop, step].compactMap { $0 }
        return .slice(start: start != nil, stop: stop != nil, step: step != nil)
      }
    }
    return (patterns, operands)
  }

  // MARK: Gradients and commands

  func compileGradient(
    _ loss: Expression, _ targets: [Expression], isNumeric: Bool, into target: Operand, _ span: Span
  ) throws(Diagnostic) {
    var places: [PlacePattern] = []
    for expression in targets {
      guard let place = try placePattern(expression) else { throw noPlace(expression, of: loss) }
      places.append(place)
    }
    let pattern = GradientPattern(
      loss: try template(of: loss), lossSpan: loss.span, places: places, isNumeric: isNumeric)
    let index = builder.tables.gradients.adding(pattern)
    builder.emit(
      Instruction(.gradient, a: target.bits, b: UInt32(index)),
      at: Site(span, [loss.span] + targets.map(\.span)))
  }

  private func noPlace(_ expression: Expression, of loss: Expression) -> Diagnostic {
    var advice = "give the expression a name first: W = …"
    // Of a part of a tensor the gradient is a part of the tensor's.
    if case .index(let whole, _) = expression.kind, case .name = whole.kind {
      let part = builder.source.text(in: Span(whole.span.end, expression.span.end))
      advice =
        "write (grad \(builder.source.text(in: loss.span)) wrt \(builder.source.text(in: whole.span)))\(part)"
    }
    return problem(
      "wrt takes variables, such as W, net.W1 or ps[0]", expression.span, suggestions: [advice])
  }

  /// The place that an expression names; nil where it is not a variable with fields and elements
  /// after it.
  func placePattern(_ expression: Expression) throws(Diagnostic) -> PlacePattern? {
    var path: [PlacePattern.Step] = []
    var current = expression
    path: while true {
      switch current.kind {
      case .field(let object, let name):
        path.insert(.field(name.text), at: 0)
        current = object
      case .index(let object, let subscripts):
        guard subscripts.count == 1, case .index(let index)? = subscripts.first,
          index.mayBeReadTwice
        else { return nil }
        path.insert(.index(try template(of: index)), at: 0)
        current = object
      default: break path
      }
    }
    guard case .name(let name) = current.kind else { return nil }
    let root: PlacePattern.Root
    switch resolve(name) {
    case .global(let slot): root = .global(slot)
    case .cell(let index): root = .cell(index)
    case .capture(let index): root = .capture(index)
    case .register, .fixed: return nil
    }
    return PlacePattern(root: root, name: name, path: path, span: expression.span)
  }

  func compileCommand(_ command: Command, _ span: Span) throws(Diagnostic) {
    var inputs: [(slot: String, input: CommandPattern.Input)] = []
    for argument in command.arguments {
      switch argument.value {
      case .word(let word): inputs.append((argument.slot, .word(word, argument.span)))
      case .expression(let expression):
        inputs.append(
          (
            argument.slot,
            .expression(
              expression,
              try template(ofArgument: expression), try placePattern(expression))
          ))
      }
    }
    var readings: [(slot: String, expression: Expression, template: FunctionTemplate)] = []
    for argument in command.arguments {
      guard let reading = argument.reading else { continue }
      readings.append((argument.slot, reading, try template(of: reading)))
    }
    let index = builder.tables.commands.adding(
      CommandPattern(
        name: command.name, inputs: inputs, isAssigned: command.target != nil, readings: readings))
    guard let target = command.target else {
      builder.emit(Instruction(.command, b: UInt32(index)), at: span)
      return
    }
    let value = builder.temporary()
    builder.emit(Instruction(.command, flags: 1, a: value.bits, b: UInt32(index)), at: span)
    store(value, inVariable: target.text, target.span, keeping: false)
    observeAssignment(to: Expression(.name(target.text), target.span))
  }
}

extension Expression {
  /// Whether evaluating it once more changes nothing: names, numbers, lengths and arithmetic.
  fileprivate var mayBeReadTwice: Bool {
    switch kind {
    case .name, .number, .string: true
    case .field(let object, _): object.mayBeReadTwice
    case .call(let callee, let arguments):
      if case .name("len") = callee.kind {
        arguments.allSatisfy { $0.value.mayBeReadTwice }
      } else {
        false
      }
    case .unary(_, let operand): operand.mayBeReadTwice
    case .binary(_, let left, let right, _): left.mayBeReadTwice && right.mayBeReadTwice
    default: false
    }
  }
}

extension Subscript {
  /// Where it stands.
  var span: Span {
    switch self {
    case .index(let index): index.span
    case .ellipsis(let span): span
    case .slice(_, _, _, let span): span
    }
  }
}
