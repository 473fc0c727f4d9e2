import Syntax

/// A top-level statement that ran.
package struct PastStatement {
  package let statement: Statement
  package let source: SourceText
  /// The error that it ended with.
  package internal(set) var failure: RuntimeError?
}

extension Machine {
  /// How many statements are kept to be looked back at.
  private static let memory = 4096

  /// Notes a statement that is about to run.
  ///
  /// - Returns: its place among those kept.
  func remember(_ statement: Statement, in source: SourceText) -> Int {
    if past.count >= 2 * Self.memory { past.removeFirst(Self.memory) }
    past.append(PastStatement(statement: statement, source: source))
    return past.count - 1
  }

  /// Runs a statement of another time or machine on this one.
  package func run(_ past: PastStatement) throws(Diagnostic) {
    try run(try compile([past.statement], source: past.source))
  }

  /// The value of an expression, its names those of the global variables.
  package func evaluate(_ expression: Expression, in source: SourceText) throws -> Value {
    let body = Block(
      statements: [Statement(.expression(expression), expression.span)], span: expression.span)
    let literal = FunctionLiteral(
      name: nil, parameters: [], body: body, span: expression.span)
    let compiler = Compiler(globals: globals, source: source, span: expression.span)
    let template = try compiler.template(of: literal)
    // What makes functions outlives the call, as they may; the rest would only gather.
    if !template.code.tables.isWithoutFunctions { keep(template.code) }
    return try withExtendedLifetime(template.code) {
      try call(.function(Function(template.code, captures: [])), [])
    }
  }
}
