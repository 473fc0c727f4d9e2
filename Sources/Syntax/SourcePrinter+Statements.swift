extension SourcePrinter {
  mutating func write(_ statement: Statement) {
    switch statement.kind {
    case .expression(let expression):
      write(expression, from: .pipe, takesTargetList: true)
    case .assignment(let targets, let value):
      writeList(targets) { $0.write($1, from: .postfix) }
      text += " = "
      write(value, from: .pipe, takesTargetList: true)
    case .update(let target, let operation, let value):
      write(target, from: .postfix)
      text += " \(operation.rawValue)= "
      write(value, from: .pipe, takesTargetList: true)
    case .function(let literal):
      text += "fn " + (literal.name?.text ?? "")
      writeParameters(literal.parameters)
      writeBody(literal.body, from: .pipe)
    case .whileLoop(let condition, let body):
      text += "while "
      write(condition, from: .pipe)
      text += " "
      write(body)
    case .forLoop(let names, let sequence, let body):
      text += "for " + names.map(\.text).joined(separator: ", ") + " in "
      write(sequence, from: .pipe)
      text += " "
      write(body)
    case .breakLoop: text += "break"
    case .continueLoop: text += "continue"
    case .returnValue(let value):
      text += "return"
      if let value {
        text += " "
        write(value, from: .pipe, takesTargetList: true)
      }
    case .command(let command): write(command)
    }
    if statement.isSilenced { text += ";" }
  }

  /// Writes a function inside an expression: by `->` where it is one expression.
  mutating func write(operand literal: FunctionLiteral) {
    guard let result = Self.singleExpression(literal.body) else {
      text += "fn"
      writeParameters(literal.parameters)
      return writeBody(literal.body, from: .pipe)
    }
    if literal.parameters.count == 1, literal.parameters[0].defaultValue == nil {
      text += literal.parameters[0].name.text
    } else {
      writeParameters(literal.parameters)
    }
    text += " -> "
    write(result, from: .pipe)
  }

  private mutating func writeParameters(_ parameters: [FunctionParameter]) {
    text += "("
    writeList(parameters) { printer, parameter in
      printer.text += parameter.name.text
      guard let value = parameter.defaultValue else { return }
      printer.text += "="
      printer.write(value, from: .pipe)
    }
    text += ")"
  }

  private mutating func writeBody(_ body: Block, from level: Precedence) {
    text += " "
    guard let result = Self.singleExpression(body) else { return write(body) }
    text += "= "
    write(result, from: level)
  }

  static func singleExpression(_ body: Block) -> Expression? {
    guard body.statements.count == 1, let only = body.statements.first, !only.isSilenced,
      case .expression(let expression) = only.kind
    else { return nil }
    return expression
  }

  mutating func writeConditional(_ condition: Expression, _ then: Block, _ otherwise: Block?) {
    text += "if "
    write(condition, from: .pipe)
    text += " "
    write(then)
    guard let otherwise else { return }
    text += " else "
    if let nested = Self.singleExpression(otherwise), case .conditional = nested.kind {
      return write(nested, from: .pipe)
    }
    write(otherwise)
  }

  /// Writes a block; a lone expression stays on the line.
  private mutating func write(_ block: Block) {
    if block.statements.isEmpty {
      text += "{ }"
      return
    }
    if let only = Self.singleExpression(block) {
      text += "{ "
      write(only, from: .pipe, takesTargetList: true)
      text += " }"
      return
    }
    text += "{"
    indentation += 2
    for statement in block.statements {
      newLine()
      write(statement)
    }
    indentation -= 2
    newLine()
    text += "}"
  }

  private mutating func newLine() {
    text += "\n" + String(repeating: " ", count: indentation)
  }

  /// Writes a command by its form; of an unknown one, the arguments side by side.
  private mutating func write(_ command: Command) {
    if let target = command.target { text += target.text + " = " }
    text += command.name.text
    let syntax = commands[command.name.text]
    var last: String?
    for argument in command.arguments {
      let slot = syntax?.slots.first { $0.name == argument.slot }
      let isOption = syntax?.options.contains { $0.name == argument.slot } ?? false
      if last == argument.slot, slot?.isVariadic == true {
        text += ", "
      } else if isOption, slot == nil {
        text += " \(argument.slot)="
      } else {
        text += " " + (slot?.keyword.map { $0 + " " } ?? "")
      }
      write(argument.value, kind: slot?.kind)
      last = argument.slot
    }
  }

  private mutating func write(_ value: CommandArgument.Value, kind: CommandSyntax.Kind?) {
    switch value {
    case .expression(let expression):
      if kind == .block, let block = expression.commandBlock { return write(block) }
      guard kind != .path else {
        if case .interpolation = expression.kind { return write(expression, from: .postfix) }
        text += "("
        write(expression, from: .pipe)
        text += ")"
        return
      }
      write(expression, from: .pipe)
    case .word(let word):
      let isPlain = kind == .text || word.unicodeScalars.allSatisfy(Self.isPlain)
      text += isPlain ? word : "\"" + Self.escaped(word) + "\""
    }
  }

  private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isAlphabetic || scalar.properties.numericType != nil
      || "_-./~".unicodeScalars.contains(scalar)
  }
}
