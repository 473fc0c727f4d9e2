extension Parser {
  /// Reads `{ … }`; `header` is what it belongs to, for messages.
  mutating func parseBlock(after header: String) throws(Diagnostic) -> Block {
    guard current.kind == .leftBrace else {
      if current.kind == .colon { throw colonForBrace() }
      if let slip = slipAfterOperand() { throw slip }
      throw unexpected("`{` after \(header)")
    }
    let opener = current
    try enter(at: opener)
    let outer = context
    context = Context()
    blockNesting += 1
    advance()
    let statements = try parseStatements(until: .rightBrace)
    leaveBrackets(outer)
    blockNesting -= 1
    if current.kind == .endOfInput {
      isIncomplete = true
      throw failure("`{` is not closed", at: opener.span, suggestions: ["add the `}`"])
    }
    guard accept(.rightBrace) else {
      throw failure(
        "expected `}`, found `\(current.kind.spelling)`", at: current.span,
        suggestions: ["a block is open since line \(source.position(of: opener.span.start).line)"])
    }
    try grow(over: depth, at: opener.span)
    return Block(statements: statements, span: span(from: opener))
  }

  func colonForBrace() -> Diagnostic {
    failure(
      "a block opens with `{`, not with `:`", at: current.span,
      suggestions: ["write { … } around the statements"])
  }

  /// Reads `if c { … } else if d { … } else { … }`.
  mutating func parseConditional() throws(Diagnostic) -> Expression {
    let start = current
    try enter(at: start)
    defer { leave() }
    advance()
    let condition = try parseHeaderExpression()
    var deepest = depth
    let then = try parseBlock(after: "the condition")
    deepest = max(deepest, depth)
    var otherwise: Block?
    if current.kind == .elseKeyword {
      advance()
      otherwise = try parseElse()
      deepest = max(deepest, depth)
    } else if current.kind == .identifier, let advice = Slips.openers[text(current)],
      ["elif", "elseif", "elsif"].contains(text(current))
    {
      throw failure(advice, at: current.span)
    }
    try grow(over: deepest, at: start.span)
    return Expression(
      .conditional(condition: condition, then: then, otherwise: otherwise), span(from: start))
  }

  private mutating func parseElse() throws(Diagnostic) -> Block {
    guard current.kind == .ifKeyword else { return try parseBlock(after: "`else`") }
    let nested = try parseConditional()
    return Block(statements: [Statement(.expression(nested), nested.span)], span: nested.span)
  }

  /// Reads a condition, and refuses the `=` of other languages in it.
  private mutating func parseHeaderExpression() throws(Diagnostic) -> Expression {
    let outer = context
    context.splitsAtSpace = false
    context.isRightOfPipe = false
    defer { context = outer }
    return try parseExpression()
  }

  mutating func parseWhile() throws(Diagnostic) -> Statement.Kind {
    advance()
    let condition = try parseHeaderExpression()
    let conditionDepth = depth
    let body = try parseLoopBody(after: "the condition")
    depth = max(depth, conditionDepth)
    return .whileLoop(condition: condition, body: body)
  }

  mutating func parseFor() throws(Diagnostic) -> Statement.Kind {
    advance()
    if current.kind == .leftParenthesis {
      throw failure(
        "the header of `for` has no parentheses", at: current.span,
        suggestions: ["write for i in 0..<n { … }"])
    }
    var names = [try parseNewName("the name of the loop's variable")]
    while accept(.comma) {
      if current.kind == .leftParenthesis {
        throw failure(
          "the names of a loop's variables stand without parentheses", at: current.span,
          suggestions: [
            "name the inner list and take it apart inside: for i, pair in … { a, b = pair }"
          ])
      }
      names.append(try parseNewName("the name of the loop's variable"))
    }
    if current.kind == .assign {
      throw failure(
        "`for` runs over something by `in`", at: current.span,
        suggestions: ["write for \(names[0].text) in 1...10 { … }"])
    }
    guard accept(.inKeyword) else { throw unexpected("`in`") }
    let sequence = try parseHeaderExpression()
    let sequenceDepth = depth
    let body = try parseLoopBody(after: "the header of `for`")
    depth = max(depth, sequenceDepth)
    return .forLoop(names: names, sequence: sequence, body: body)
  }

  private mutating func parseLoopBody(after header: String) throws(Diagnostic) -> Block {
    loopNesting += 1
    defer { loopNesting -= 1 }
    return try parseBlock(after: header)
  }
}
