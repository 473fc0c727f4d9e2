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

  /// The value of an expression.
  ///
  /// - Parameter variables: what stands for names before the global variables do.
  package func evaluate(
    _ expression: Expression, in source: SourceText, variables: [(name: String, value: Value)] = []
  ) throws -> Value {
    let body = Block(
      statements: [Statement(.expression(expression), expression.span)], span: expression.span)
    let literal = FunctionLiteral(
      name: nil, parameters: [], body: body, span: expression.span)
    let function = try function(literal, in: source, variables: variables, isKept: false)
    // What makes functions outlives the call, as they may; the rest would only gather.
    if case .user(let code) = function.origin, !code.tables.isWithoutFunctions { keep(code) }
    return try withExtendedLifetime(function) { try call(.function(function), []) }
  }

  /// The function that a literal makes where some names have known values.
  ///
  /// - Parameters:
  ///   - variables: what stands for names before the global variables do. The literal's own name
  ///     means itself.
  ///   - isKept: whether the function may still be called after it was replaced by another while
  ///     it ran; the machine then keeps its code to its own end.
  package func function(
    _ literal: FunctionLiteral, in source: SourceText,
    variables: [(name: String, value: Value)] = [], isKept: Bool = true
  ) throws -> Function {
    var known = variables.filter { $0.name != literal.name?.text }
    if let name = literal.name?.text { known.append((name, .unset)) }
    let compiler = Compiler(
      globals: globals, source: source, span: literal.span, variables: known.map(\.name))
    let template = try compiler.template(of: literal)
    if isKept { keep(template.code) }
    let captures = template.captures.map { capture -> Cell in
      guard case .cell(let index) = capture else { return Cell(.unset) }
      return Cell(known[index].value)
    }
    let function = Function(template.code, captures: captures)
    if let name = literal.name?.text, let index = template.code.captureNames.firstIndex(of: name) {
      captures[index].value = .function(function)
    }
    return function
  }
}
