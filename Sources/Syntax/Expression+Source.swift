extension Expression: CustomStringConvertible {
  /// The expression as source code, with no more parentheses than the precedence table asks for;
  /// reading it again gives the same tree.
  public var description: String { sourceText() }

  /// - Parameter commands: the forms of the commands, needed only for a block that holds some.
  public func sourceText(commands: [String: CommandSyntax] = [:]) -> String {
    var printer = SourcePrinter(commands: commands)
    printer.write(self, from: .pipe, takesTargetList: true)
    return printer.text
  }
}

extension Statement {
  /// The statement as source code.
  public func sourceText(commands: [String: CommandSyntax] = [:]) -> String {
    var printer = SourcePrinter(commands: commands)
    printer.write(self)
    return printer.text
  }
}

/// Appends trees to one text, so that a long chain costs no copies.
struct SourcePrinter {
  let commands: [String: CommandSyntax]
  var text = ""
  var indentation = 0

  init(commands: [String: CommandSyntax]) { self.commands = commands }

  /// Writes an expression where operators no looser than `minimum` may stand without parentheses.
  mutating func write(
    _ expression: Expression, from minimum: Precedence, takesTargetList: Bool = false
  ) {
    if let level = level(of: expression, takesTargetList), level >= minimum {
      return writeBare(expression)
    }
    text += "("
    writeBare(expression)
    text += ")"
  }

  /// How loose an expression is, nil where it needs parentheses in any case.
  ///
  /// What goes on as far as it can, as `x -> e`, counts as loosest: inside any other it stands in
  /// parentheses.
  private func level(of expression: Expression, _ takesTargetList: Bool) -> Precedence? {
    switch expression.kind {
    case .number(let value): value.sign == .minus && !value.isNaN ? .unary : .postfix
    case .range: .range
    case .unary(let operation, _): operation == .not ? .not : .unary
    case .binary(let operation, _, _, _): InfixRule.of(operation).level
    case .logical(let operation, _, _): operation == .and ? .and : .or
    case .pipe, .function: .pipe
    case .conditional: .unary
    case .gradient(_, let targets, _):
      targets.count > 1 && !takesTargetList ? nil : .pipe
    default: .postfix
    }
  }

  private mutating func writeBare(_ expression: Expression) {
    switch expression.kind {
    case .none: text += "none"
    case .bool(let value): text += value ? "true" : "false"
    case .number(let value): text += Self.numberText(value)
    case .string(let string): text += "\"" + Self.escaped(string) + "\""
    case .interpolation(let parts): writeInterpolation(parts)
    case .name(let name): text += name
    case .bracket(let elements):
      text += "["
      writeList(elements) { $0.write($1, from: .pipe) }
      text += "]"
    case .list(let elements): writeList(elements) { $0.write($1, from: .pipe) }
    case .record(let fields):
      text += "{"
      writeList(fields) { printer, field in
        printer.text += field.name.text + ": "
        printer.write(field.value, from: .pipe)
      }
      text += "}"
    case .range(let lower, let upper, let inclusive, let step):
      writeRange(lower, upper, inclusive, step)
    case .unary(let operation, let operand):
      text += operation == .not ? "not " : operation.rawValue
      write(operand, from: operation == .not ? .not : .power)
    case .binary(let operation, let left, let right, _): writeBinary(operation, left, right)
    case .logical(let operation, let left, let right):
      let level: Precedence = operation == .and ? .and : .or
      writeInfix(left, from: level, " \(operation.rawValue) ", right, from: level.tighter)
    case .pipe(let left, let right):
      // A function without parentheses would take the `|>` into its body.
      var level = Precedence.pipe
      if case .function = left.kind { level = .or }
      writeInfix(left, from: level, " |> ", right, from: .or)
    default: writePostfixOrForm(expression)
    }
  }

  private mutating func writePostfixOrForm(_ expression: Expression) {
    switch expression.kind {
    case .transpose(let operand):
      write(operand, from: .postfix)
      text += "'"
    case .call(let callee, let arguments):
      write(callee, from: .postfix)
      text += "("
      writeList(arguments) { printer, argument in
        if let name = argument.name { printer.text += name.text + "=" }
        printer.write(argument.value, from: .pipe)
      }
      text += ")"
    case .index(let base, let subscripts):
      write(base, from: .postfix)
      text += "["
      writeList(subscripts) { $0.write($1) }
      text += "]"
    case .field(let base, let name): writeField(base, name)
    case .function(let literal): write(operand: literal)
    case .conditional(let condition, let then, let otherwise):
      writeConditional(condition, then, otherwise)
    case .gradient(let loss, let targets, let isNumeric):
      text += isNumeric ? "numgrad " : "grad "
      write(loss, from: .or)
      text += " wrt "
      writeList(targets) { $0.write($1, from: .postfix) }
    default: break
    }
  }

  private mutating func writeField(_ base: Expression, _ name: Name) {
    // `5.e3` would be one number.
    if case .number = base.kind {
      text += "("
      writeBare(base)
      text += ")"
    } else {
      write(base, from: .postfix)
    }
    text += "." + name.text
  }

  private mutating func writeBinary(
    _ operation: BinaryOperator, _ left: Expression, _ right: Expression
  ) {
    let rule = InfixRule.of(operation)
    let leftLevel = rule.associativity == .left ? rule.level : rule.level.tighter
    guard operation == .power else {
      return writeInfix(
        left, from: leftLevel, " \(operation.rawValue) ", right, from: rule.rightLevel)
    }
    // A sign may stand directly after `^`.
    var rightLevel = rule.rightLevel
    if case .unary(let sign, _) = right.kind, sign != .not { rightLevel = .unary }
    writeInfix(left, from: leftLevel, "^", right, from: rightLevel)
  }

  private mutating func writeInfix(
    _ left: Expression, from leftLevel: Precedence, _ operation: String, _ right: Expression,
    from rightLevel: Precedence
  ) {
    write(left, from: leftLevel)
    text += operation
    write(right, from: rightLevel)
  }

  private mutating func writeRange(
    _ lower: Expression, _ upper: Expression, _ inclusive: Bool, _ step: Expression?
  ) {
    writeInfix(lower, from: .sum, inclusive ? "..." : "..<", upper, from: .sum)
    if let step {
      text += " by "
      write(step, from: .sum)
    }
  }

  private mutating func write(_ place: Subscript) {
    switch place {
    case .index(let index): write(index, from: .pipe)
    case .ellipsis: text += "..."
    case .slice(let start, let stop, let step, _):
      if let start { write(start, from: .pipe) }
      text += ":"
      if let stop { write(stop, from: .pipe) }
      if let step {
        text += ":"
        write(step, from: .pipe)
      }
    }
  }

  mutating func writeList<Element>(
    _ elements: [Element], _ writeOne: (inout Self, Element) -> Void
  ) {
    for (index, element) in elements.enumerated() {
      if index > 0 { text += ", " }
      writeOne(&self, element)
    }
  }
}
