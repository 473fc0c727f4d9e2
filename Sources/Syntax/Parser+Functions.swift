extension Parser {
  /// Reads `-> e` or `-> { … }` after parameters. The body goes as far as an expression does, over
  /// `|>` too, so that `x -> x |> f |> g` is one function.
  mutating func parseLambdaBody(
    _ parameters: [FunctionParameter], from start: Token
  ) throws(Diagnostic) -> Expression {
    try refuseDoubles(parameters.map(\.name))
    try enter(at: current)
    defer { leave() }
    let defaultsDepth = depth
    advance()
    let body =
      opensBlock()
      ? try parsingFunction { parser throws(Diagnostic) in
        try parser.parseBlock(after: "the parameters")
      } : expressionBody(try parseBodyExpression(from: start))
    depth = max(depth, defaultsDepth)
    return try functionOperand(nil, parameters, body, from: start)
  }

  /// Whether the brace here opens a block: not one of a record, which is empty or begins with
  /// `word :`.
  private func opensBlock() -> Bool {
    guard current.kind == .leftBrace else { return false }
    var ahead = lexer
    let first = ahead.next()
    if first.kind == .rightBrace { return false }
    return !(isWord(first) && ahead.next().kind == .colon)
  }

  /// The body of a function without a block. Right of `|>`, a further `|>` could belong to the body
  /// or follow the function: the way it is meant must be written out.
  private mutating func parseBodyExpression(from start: Token) throws(Diagnostic) -> Expression {
    guard context.isRightOfPipe else { return try parseInfix(from: .pipe) }
    let body = try parseInfix(from: .or)
    if current.kind == .pipe {
      let function = shortText(Span(start.span.start, body.span.end))
      throw failure(
        "a function right of `|>` stands in parentheses where another `|>` follows",
        at: Span(start.span.start, body.span.end),
        suggestions: ["write a |> (\(function)) |> f"])
    }
    return body
  }

  private func expressionBody(_ expression: Expression) -> Block {
    Block(statements: [Statement(.expression(expression), expression.span)], span: expression.span)
  }

  private mutating func functionOperand(
    _ name: Name?, _ parameters: [FunctionParameter], _ body: Block, from start: Token
  ) throws(Diagnostic) -> Expression {
    let span = span(from: start)
    try grow(over: depth, at: span)
    let literal = FunctionLiteral(name: name, parameters: parameters, body: body, span: span)
    return Expression(.function(literal), span)
  }

  /// Reads `fn(a) = e` or `fn(a) { … }`.
  mutating func parseFunctionOperand() throws(Diagnostic) -> Expression {
    let start = current
    try enter(at: start)
    defer { leave() }
    advance()
    guard current.kind == .leftParenthesis else {
      throw unexpected(
        "`(` and the parameters",
        suggestions: ["a function in an expression has no name: fn(x) = e"])
    }
    let parameters = try parseParameters()
    let defaultsDepth = depth
    let body = try parseFunctionBody(from: start)
    depth = max(depth, defaultsDepth)
    return try functionOperand(nil, parameters, body, from: start)
  }

  /// Reads `fn name(a, b=1) = e` or `fn name(a) { … }`.
  mutating func parseNamedFunction() throws(Diagnostic) -> FunctionLiteral {
    let start = current
    try enter(at: start)
    defer { leave() }
    advance()
    let name = try parseNewName("a name for the function")
    guard current.kind == .leftParenthesis else {
      throw unexpected("`(` and the parameters", suggestions: ["write fn \(name.text)(x) = e"])
    }
    let parameters = try parseParameters()
    let defaultsDepth = depth
    let body = try parseFunctionBody(from: start)
    depth = max(depth, defaultsDepth)
    try grow(over: depth, at: start.span)
    return FunctionLiteral(
      name: name, parameters: parameters, body: body, span: span(from: start))
  }

  /// Reads what stands inside a function: `return` may, and loops outside end here.
  private mutating func parsingFunction<Result>(
    _ body: (inout Parser) throws(Diagnostic) -> Result
  ) throws(Diagnostic) -> Result {
    functionNesting += 1
    let outerLoops = loopNesting
    loopNesting = 0
    defer {
      functionNesting -= 1
      loopNesting = outerLoops
    }
    return try body(&self)
  }

  private mutating func parseFunctionBody(from start: Token) throws(Diagnostic) -> Block {
    try parsingFunction { parser throws(Diagnostic) in
      try parser.parseFunctionBodyInside(from: start)
    }
  }

  private mutating func parseFunctionBodyInside(from start: Token) throws(Diagnostic) -> Block {
    switch current.kind {
    case .assign:
      advance()
      return expressionBody(try parseBodyExpression(from: start))
    case .leftBrace: return try parseBlock(after: "the parameters")
    case .arrow:
      throw failure(
        "the body of `fn` follows `=`, not `->`", at: current.span,
        suggestions: ["write fn name(x) = e, or name = x -> e"])
    case .colon: throw colonForBrace()
    default: throw unexpected("`=` or `{` and the body of the function")
    }
  }

  private mutating func parseParameters() throws(Diagnostic) -> [FunctionParameter] {
    let opener = current
    let outer = try enterBrackets()
    var parameters: [FunctionParameter] = []
    var deepest = 0
    while current.kind != .rightParenthesis, current.kind != .endOfInput {
      let name = try parseNewName("the name of a parameter")
      let fallback = accept(.assign) ? try parseExpression() : nil
      deepest = max(deepest, depth)
      parameters.append(FunctionParameter(name: name, defaultValue: fallback))
      guard accept(.comma) else { break }
    }
    leaveBrackets(outer)
    if current.kind == .colon {
      throw failure(
        "parameters have no types", at: current.span, suggestions: ["write fn name(x) = e"])
    }
    try close(.rightParenthesis, opener: opener)
    depth = deepest
    try refuseDoubles(parameters.map(\.name))
    return parameters
  }

  private func refuseDoubles(_ names: [Name]) throws(Diagnostic) {
    var seen: Set<String> = []
    for name in names where !seen.insert(name.text).inserted {
      throw failure("two parameters are called `\(name.text)`", at: name.span)
    }
  }

  /// Reads a name that is about to be given to something.
  mutating func parseNewName(_ expected: String) throws(Diagnostic) -> Name {
    let token = current
    if token.kind.isKeyword { throw keywordAsName(token) }
    if token.kind == .number, isWord(token) {
      throw failure("`\(text(token))` is a number and cannot be a name", at: token.span)
    }
    guard token.kind == .identifier else { throw unexpected(expected) }
    advance()
    return Name(text(token), token.span)
  }

  /// Reads `grad L wrt W`; further targets after commas, unless the commas already separate
  /// something else.
  mutating func parseGradient() throws(Diagnostic) -> Expression {
    let start = current
    try enter(at: start)
    defer { leave() }
    advance()
    try refuseGradientCall(start)
    let takesTargetList = context.takesTargetList
    let loss = try parseInfix(from: .or)
    var deepest = depth
    guard current.kind == .wrt, continues(current) else {
      if continues(current), let slip = slipAfterOperand() { throw slip }
      throw failure(
        "`\(start.kind.spelling)` needs `wrt` and a variable", at: span(from: start),
        suggestions: ["write \(start.kind.spelling) \(shortText(loss.span)) wrt W"])
    }
    advance()
    var targets = [try parseGradientTarget()]
    deepest = max(deepest, depth)
    while takesTargetList, current.kind == .comma, continues(current) {
      advance()
      targets.append(try parseGradientTarget())
      deepest = max(deepest, depth)
    }
    try grow(over: deepest, at: start.span)
    let isNumeric = start.kind == .numgrad
    return Expression(
      .gradient(of: loss, withRespectTo: targets, numeric: isNumeric), span(from: start))
  }

  /// `grad(L(), W)`, as if it were a function.
  private mutating func refuseGradientCall(_ start: Token) throws(Diagnostic) {
    guard current.kind == .leftParenthesis, !current.hasSpaceBefore, holdsComma() else { return }
    var ahead = self
    ahead.context = Context(newlinesAreSpace: true, splitsAtSpace: false, takesTargetList: true)
    ahead.advance()
    var values: [Expression] = []
    do throws(Diagnostic) {
      repeat { values.append(try ahead.parseExpression()) } while ahead.accept(.comma)
    } catch {
      isIncomplete = ahead.isIncomplete
      throw error
    }
    guard values.count > 1, ahead.current.kind == .rightParenthesis else { return }
    let targets = values.dropFirst().map { shortText($0.span) }.joined(separator: ", ")
    let word = start.kind.spelling
    throw failure(
      "`\(word)` is no function", at: Span(start.span.start, ahead.current.span.end),
      suggestions: ["write \(word) \(shortText(values[0].span)) wrt \(targets)"])
  }

  /// Whether a comma stands between the parenthesis here and the one that closes it, outside
  /// further brackets; strings are not looked at as such.
  private func holdsComma() -> Bool {
    var ahead = lexer
    var depth = 1
    while true {
      switch ahead.next().kind {
      case .leftParenthesis, .leftBracket, .leftBrace: depth += 1
      case .rightParenthesis, .rightBracket, .rightBrace: depth -= 1
      case .comma where depth == 1: return true
      case .endOfInput: return false
      default: break
      }
      if depth == 0 { return false }
    }
  }

  private mutating func parseGradientTarget() throws(Diagnostic) -> Expression {
    let target = try parsePostfix()
    switch target.kind {
    case .name, .field, .index: return target
    default:
      throw failure(
        "`wrt` takes variables", at: target.span, suggestions: ["write grad L wrt W, b"])
    }
  }

  /// A piece of source for a suggestion, `…` where it would be long.
  func shortText(_ span: Span) -> String { source.shortText(in: span) }
}
