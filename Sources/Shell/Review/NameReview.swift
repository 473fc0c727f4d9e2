import Console
import Datasets
import Language
import Library
import Syntax

/// Finds the names of a script that mean nothing where they are read.
///
/// At the top level a name must be defined above; a function may use what is defined anywhere, as
/// it runs later. Where a command defines names that cannot be known before it runs, none is blamed.
struct NameReview {
  private(set) var diagnostics: [Diagnostic] = []
  /// Words of lines that cannot be read: what they would define.
  var definedInLostText: Set<String> = []

  private let source: SourceText
  private let machine: Machine
  /// The global variables that the statements above define.
  private var defined: Set<String> = []
  /// Those of the whole script.
  private var definedAnywhere: Set<String> = []
  /// Whether any name may be defined.
  private var knowsAll = true
  /// The variables of the functions around, the innermost last.
  private var locals: [Set<String>] = []
  private var blamed: Set<String> = []

  init(_ source: SourceText, _ machine: Machine) {
    self.source = source
    self.machine = machine
  }

  /// - Parameter lost: statements that stand where their meaning is not known.
  mutating func review(_ statements: [Statement], beside lost: [Statement]) {
    var definitions = Definitions(source)
    definitions.add(lost)
    let definedInLost = definitions.names
    definitions.add(statements)
    definedInLostText.formUnion(definitions.namesFromFunctions)
    definedAnywhere = definitions.names.union(definedInLostText)
    knowsAll = definitions.areAllKnown
    guard knowsAll else { return }
    defined = definedInLostText.union(definedInLost)
    for statement in statements { visit(statement) }
  }

  // MARK: statements

  private mutating func visit(_ block: Block) {
    for statement in block.statements { visit(statement) }
  }

  private mutating func visit(_ statement: Statement) {
    switch statement.kind {
    case .expression(let expression): visit(expression)
    case .assignment(let targets, let value):
      visit(value)
      for target in targets { visit(target: target) }
    case .update(let target, _, let value):
      visit(target)
      visit(value)
    case .function(let literal):
      if let name = literal.name { define(name.text) }
      visit(literal)
    case .whileLoop(let condition, let body):
      defineAll(in: body)
      visit(condition)
      visit(body)
    case .forLoop(let names, let sequence, let body):
      visit(sequence)
      for name in names { define(name.text) }
      defineAll(in: body)
      visit(body)
    case .breakLoop, .continueLoop: break
    case .returnValue(let value): if let value { visit(value) }
    case .command(let command): visit(command)
    }
  }

  private mutating func visit(target: Expression) {
    if case .name(let name) = target.kind { define(name) } else { visit(target) }
  }

  private mutating func define(_ name: String) { if locals.isEmpty { defined.insert(name) } }

  /// A loop's body runs more than once: what it defines below may be read above.
  private mutating func defineAll(in body: Block) {
    guard locals.isEmpty else { return }
    var definitions = Definitions(source)
    definitions.add(body.statements)
    defined.formUnion(definitions.names)
  }

  private mutating func visit(_ command: Syntax.Command) {
    let extra = Definitions.variables(during: command)
    let added = extra.subtracting(defined)
    defined.formUnion(added)
    // What a hand-written word means is the command's own affair.
    for argument in command.arguments {
      guard case .expression(let expression) = argument.value else { continue }
      if let block = expression.commandBlock {
        defineAll(in: block)
        visit(block)
      } else {
        visit(expression)
      }
    }
    defined.subtract(added)
    for name in Definitions.names(definedBy: command) ?? [] { define(name) }
  }

  // MARK: expressions

  private mutating func visit(_ expressions: [Expression]) {
    for expression in expressions { visit(expression) }
  }

  private mutating func visit(_ expression: Expression) {
    switch expression.kind {
    case .none, .bool, .number, .string: break
    case .name(let name): read(name, at: expression.span)
    case .function(let literal):
      if let name = literal.name { define(name.text) }
      visit(literal)
    // What may fail is tried on purpose.
    case .call(let function, _) where function.isTry: break
    case .conditional(let condition, let then, let otherwise):
      visit(condition)
      visit(then)
      if let otherwise { visit(otherwise) }
    default: visit(expression.parts)
    }
  }

  private mutating func visit(_ literal: FunctionLiteral) {
    locals.append(Set(NameCollector(function: literal).assigned))
    for parameter in literal.parameters { if let value = parameter.defaultValue { visit(value) } }
    visit(literal.body)
    locals.removeLast()
  }

  private mutating func read(_ name: String, at span: Span) {
    if locals.contains(where: { $0.contains(name) }) { return }
    if machine.globals[name] != nil || name == "ans" { return }
    let known = locals.isEmpty ? defined : definedAnywhere
    guard !known.contains(name), blamed.insert(name).inserted else { return }
    diagnostics.append(diagnostic(name, span))
  }

  private func diagnostic(_ name: String, _ span: Span) -> Diagnostic {
    if let place = definedAnywhere.contains(name) ? name : nil {
      return Diagnostic(
        phase: .syntax, "unknown name \(place)", source: source, span: span,
        suggestions: ["it gets its first value further down"])
    }
    return Diagnostic(
      phase: .syntax, "unknown name \(name)", source: source, span: span,
      suggestions: machine.suggestions(
        forUnknown: name, at: span, in: source, among: definedAnywhere))
  }
}

extension Expression {
  fileprivate var isTry: Bool { if case .name("try") = kind { true } else { false } }
}
