import Language
import Syntax

/// Finds in the user's own code what an explanation speaks of.
struct SourceSearch {
  private let environment: CheckEnvironment

  init(_ environment: CheckEnvironment) { self.environment = environment }

  /// The calls of a function in the loss and in the functions that it calls, as they are written,
  /// in the order in which they stand.
  func callTexts(of name: String) -> [String] {
    var texts: [String] = []
    let loss = environment.subject.loss
    SyntaxWalk.expressions(in: loss.expression) { expression in
      if Self.isCall(expression, of: [name]) { texts.append(loss.source.text(in: expression.span)) }
    }
    for function in environment.lossNames {
      guard case .function(let value)? = environment.machine.globals[function],
        let definition = value.definition,
        let literal = FunctionText.literal(of: value, on: environment.machine)
      else { continue }
      SyntaxWalk.expressions(in: literal.body) { expression in
        if Self.isCall(expression, of: [name]) {
          texts.append(definition.source.text(in: expression.span))
        }
      }
    }
    return texts
  }

  /// The piece of the gradient's code that a finding is about.
  func place(of finding: Finding) -> (source: SourceText, span: Span)? {
    let gradient = environment.subject.gradient
    let (expression, written) = gradient.written ?? (gradient.expression, gradient.source)
    guard let (body, source, result) = gradientBody(expression) else {
      return place(finding.place, source: written, whole: expression.span) { visit in
        SyntaxWalk.expressions(in: expression, visit)
      }
    }
    return place(finding.place, source: source, whole: result) { visit in
      SyntaxWalk.expressions(in: body, visit)
    }
  }

  private func place(
    _ place: Finding.Place, source: SourceText, whole: Span,
    walk: ((Expression) -> Void) -> Void
  ) -> (source: SourceText, span: Span) {
    var found: Span?
    switch place {
    case .call(let names):
      for name in names where found == nil {
        walk { if Self.isCall($0, of: [name]) { found = $0.span } }
      }
    case .name(let name):
      walk { if case .name(name) = $0.kind { found = $0.span } }
    case .result: break
    }
    return (source, found ?? whole)
  }

  /// Where the gradient is a call of the user's function: its body and the span of its result.
  private func gradientBody(
    _ expression: Expression
  ) -> (body: Block, source: SourceText, result: Span)? {
    guard case .call(let callee, _) = expression.kind,
      case .name(let name) = callee.kind,
      case .function(let function)? = environment.machine.globals[name],
      let definition = function.definition,
      let literal = FunctionText.literal(of: function, on: environment.machine),
      let last = literal.body.statements.last
    else { return nil }
    switch last.kind {
    case .returnValue(let value?): return (literal.body, definition.source, value.span)
    case .expression(let value): return (literal.body, definition.source, value.span)
    default: return (literal.body, definition.source, last.span)
    }
  }

  private static func isCall(_ expression: Expression, of names: [String]) -> Bool {
    switch expression.kind {
    case .call(let callee, _):
      if case .name(let name) = callee.kind { return names.contains(name) }
    case .pipe(_, let function):
      if case .name(let name) = function.kind { return names.contains(name) }
    default: break
    }
    return false
  }
}

/// Visits every expression of a tree, parts before the whole, in the order of the source.
enum SyntaxWalk {
  static func expressions(in block: Block, _ visit: (Expression) -> Void) {
    for statement in block.statements { expressions(in: statement, visit) }
  }

  static func expressions(in statement: Statement, _ visit: (Expression) -> Void) {
    switch statement.kind {
    case .expression(let value): expressions(in: value, visit)
    case .assignment(let targets, let value):
      expressions(in: value, visit)
      for target in targets { expressions(in: target, visit) }
    case .update(let target, _, let value):
      expressions(in: value, visit)
      expressions(in: target, visit)
    case .function(let literal): expressions(in: literal.body, visit)
    case .whileLoop(let condition, let body):
      expressions(in: condition, visit)
      expressions(in: body, visit)
    case .forLoop(_, let sequence, let body):
      expressions(in: sequence, visit)
      expressions(in: body, visit)
    case .returnValue(let value): if let value { expressions(in: value, visit) }
    case .command(let command):
      for argument in command.arguments {
        if case .expression(let value) = argument.value { expressions(in: value, visit) }
      }
    case .breakLoop, .continueLoop: break
    }
  }

  static func expressions(in expression: Expression, _ visit: (Expression) -> Void) {
    for part in expression.parts { expressions(in: part, visit) }
    if case .conditional(_, let then, let otherwise) = expression.kind {
      expressions(in: then, visit)
      if let otherwise { expressions(in: otherwise, visit) }
    }
    if case .function(let literal) = expression.kind { expressions(in: literal.body, visit) }
    visit(expression)
  }
}
