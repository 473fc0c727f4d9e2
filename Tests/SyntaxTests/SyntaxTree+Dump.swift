import Syntax

/// Trees as S-expressions, for the tables of the tests: `(+ 1 (* a b))`.
extension Expression {
  var dump: String {
    switch kind {
    case .none: "none"
    case .bool(let value): "\(value)"
    case .number(let value): dumpNumber(value)
    case .string(let text): dumpString(text)
    case .interpolation(let parts): "(\"\" \(joined(parts.map(\.dump))))"
    case .name(let name): name
    case .bracket(let elements): elements.isEmpty ? "[]" : "[\(joined(elements.map(\.dump)))]"
    case .list(let elements): "(list \(joined(elements.map(\.dump))))"
    case .record(let fields): "{\(joined(fields.map { "\($0.name.text):\($0.value.dump)" }))}"
    case .range(let lower, let upper, let inclusive, let step):
      "(\(inclusive ? "..." : "..<") \(joined([lower, upper].map(\.dump)))"
        + (step.map { " by \($0.dump)" } ?? "") + ")"
    case .unary(let operation, let operand):
      "(\(operation == .negate ? "neg" : operation.rawValue) \(operand.dump))"
    case .binary(let operation, let left, let right, _):
      "(\(operation.rawValue) \(left.dump) \(right.dump))"
    case .logical(let operation, let left, let right):
      "(\(operation.rawValue) \(left.dump) \(right.dump))"
    case .transpose(let operand): "(' \(operand.dump))"
    case .call(let callee, let arguments):
      "(call \(joined([callee.dump] + arguments.map(\.dump))))"
    case .index(let base, let subscripts): "(at \(joined([base.dump] + subscripts.map(\.dump))))"
    case .field(let base, let name): "(. \(base.dump) \(name.text))"
    case .function(let literal): literal.dump
    case .conditional(let condition, let then, let otherwise):
      "(if \(condition.dump) \(then.dump)" + (otherwise.map { " \($0.dump)" } ?? "") + ")"
    case .pipe(let left, let right): "(|> \(left.dump) \(right.dump))"
    case .gradient(let of, let targets, let numeric):
      "(\(numeric ? "numgrad" : "grad") \(of.dump) wrt \(joined(targets.map(\.dump))))"
    }
  }
}

extension InterpolationPart {
  var dump: String {
    switch self {
    case .text(let text): dumpString(text)
    case .value(let value, let format):
      format.map { "(: \(value.dump) \($0.sourceText))" } ?? value.dump
    }
  }
}

extension Argument {
  var dump: String { (name.map { "\($0.text)=" } ?? "") + value.dump }
}

extension Subscript {
  var dump: String {
    switch self {
    case .index(let value): value.dump
    case .ellipsis: "..."
    case .slice(let start, let stop, let step, _):
      "(: \(joined([start, stop, step].map { $0?.dump ?? "_" })))"
    }
  }
}

extension FunctionLiteral {
  var dump: String {
    let list = parameters.map { $0.name.text + ($0.defaultValue.map { "=\($0.dump)" } ?? "") }
    return "(fn \(name.map { "\($0.text) " } ?? "")(\(joined(list))) \(body.dump))"
  }
}

extension Block {
  var dump: String { "{\(statements.map(\.dump).joined(separator: "; "))}" }
}

extension Statement {
  var dump: String { body + (isSilenced ? ";" : "") }

  private var body: String {
    switch kind {
    case .expression(let expression): expression.dump
    case .assignment(let targets, let value):
      "(= \(joined(targets.map(\.dump))) \(value.dump))"
    case .update(let target, let operation, let value):
      "(\(operation.rawValue)= \(target.dump) \(value.dump))"
    case .function(let literal): literal.dump
    case .whileLoop(let condition, let body): "(while \(condition.dump) \(body.dump))"
    case .forLoop(let names, let sequence, let body):
      "(for \(joined(names.map(\.text))) \(sequence.dump) \(body.dump))"
    case .breakLoop: "break"
    case .continueLoop: "continue"
    case .returnValue(let value): "(return\(value.map { " \($0.dump)" } ?? ""))"
    case .command(let command): command.dump
    }
  }
}

extension Command {
  var dump: String {
    let list = arguments.map { argument in
      switch argument.value {
      case .word(let word): "\(argument.slot):\(dumpString(word))"
      case .expression(let expression): "\(argument.slot):\(expression.dump)"
      }
    }
    return "<\(joined([name.text] + list))>"
  }
}

private func joined(_ parts: [String]) -> String { parts.joined(separator: " ") }

private func dumpString(_ text: String) -> String {
  "\"" + text.replacing("\n", with: "\\n") + "\""
}

private func dumpNumber(_ value: Double) -> String {
  value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
}
