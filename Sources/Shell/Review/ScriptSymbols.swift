import Language
import Syntax

/// A place in a script where a name gets its meaning.
package struct ScriptSymbol {
  package enum Kind { case function, variable, parameter }

  package let name: String
  package let kind: Kind
  /// Where the name stands.
  package let span: Span
  /// The statement, or the function, that defines it.
  package let extent: Span
  /// The function that it belongs to; nil for the whole script.
  let scope: Span?

  package var isGlobal: Bool { scope == nil }
}

/// The names that a script defines, in the order of their places.
package struct ScriptSymbols {
  package private(set) var all: [ScriptSymbol] = []
  private let source: SourceText
  /// The functions around, the innermost last.
  private var functions: [Span] = []
  /// The names that each of them assigns.
  private var locals: [Set<String>] = []

  init(_ statements: [Statement], in source: SourceText) {
    self.source = source
    for statement in statements { visit(statement) }
  }

  /// Where the name that is read at a place has got its meaning: in the innermost function that has
  /// it, the last one before the place, else the first.
  package func definition(of name: String, at offset: Int) -> ScriptSymbol? {
    let named = all.filter { $0.name == name }
    let inner = named.filter { symbol in
      symbol.scope.map { $0.start <= offset && offset <= $0.end } ?? false
    }
    let scope = inner.compactMap(\.scope).min { $0.end - $0.start < $1.end - $1.start }
    let visible = named.filter { $0.scope == scope }
    return visible.last { $0.span.start <= offset } ?? visible.first
  }

  /// Where a name of the whole script has its last meaning.
  func globalDefinition(of name: String) -> ScriptSymbol? {
    all.last { $0.name == name && $0.isGlobal && $0.kind != .parameter }
  }

  // MARK: statements

  private mutating func visit(_ block: Block) {
    for statement in block.statements { visit(statement) }
  }

  private mutating func visit(_ statement: Statement) {
    switch statement.kind {
    case .expression(let expression): visit(expression)
    case .assignment(let targets, let value):
      for target in targets {
        if case .name(let name) = target.kind {
          add(name, value.isFunction ? .function : .variable, target.span, statement.span)
        }
      }
      visit(value)
    case .update(_, _, let value): visit(value)
    case .function(let literal): visit(literal)
    case .whileLoop(let condition, let body):
      visit(condition)
      visit(body)
    case .forLoop(let names, let sequence, let body):
      visit(sequence)
      for name in names { add(name.text, .variable, name.span, name.span) }
      visit(body)
    case .breakLoop, .continueLoop: break
    case .returnValue(let value): if let value { visit(value) }
    case .command(let command): visit(command, statement.span)
    }
  }

  private mutating func visit(_ command: Syntax.Command, _ extent: Span) {
    for name in Definitions.names(definedBy: command) ?? [] {
      let place = command.arguments.first { $0.value.isWord(name) }?.span
      let target = command.target.flatMap { $0.text == name ? $0.span : nil }
      add(name, .variable, target ?? place ?? command.name.span, extent)
    }
    for argument in command.arguments {
      guard case .expression(let expression) = argument.value else { continue }
      if let block = expression.commandBlock { visit(block) } else { visit(expression) }
    }
  }

  private mutating func visit(_ expression: Expression) {
    switch expression.kind {
    case .function(let literal): visit(literal)
    case .conditional(_, let then, let otherwise):
      visit(then)
      if let otherwise { visit(otherwise) }
    default: break
    }
    for part in expression.parts { visit(part) }
  }

  private mutating func visit(_ literal: FunctionLiteral) {
    if let name = literal.name { add(name.text, .function, name.span, literal.span) }
    functions.append(literal.span)
    locals.append(Set(NameCollector(function: literal).assigned))
    for parameter in literal.parameters {
      add(parameter.name.text, .parameter, parameter.name.span, parameter.name.span)
      if let value = parameter.defaultValue { visit(value) }
    }
    visit(literal.body)
    functions.removeLast()
    locals.removeLast()
  }

  private mutating func add(
    _ name: String, _ kind: ScriptSymbol.Kind, _ span: Span, _ extent: Span
  ) {
    // A function's own name and its assignments belong to the innermost function that has them.
    let owner = locals.lastIndex { $0.contains(name) }
    all.append(
      ScriptSymbol(
        name: name, kind: kind, span: span, extent: extent,
        scope: owner.map { functions[$0] }))
  }
}

extension Expression {
  fileprivate var isFunction: Bool { if case .function = kind { true } else { false } }
}

extension CommandArgument.Value {
  fileprivate func isWord(_ text: String) -> Bool {
    if case .word(text) = self { true } else { false }
  }
}
