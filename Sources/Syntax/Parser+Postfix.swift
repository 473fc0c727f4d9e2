extension Parser {
  /// Reads an operand and the calls, indices, fields and transposes after it.
  mutating func parsePostfix() throws(Diagnostic) -> Expression {
    var operand = try parseOperand()
    while true {
      let token = current
      switch token.kind {
      case .leftParenthesis where joins(token) && !beginsElement(token, after: operand):
        let operandDepth = depth
        let arguments = try parseArguments()
        try grow(over: max(operandDepth, depth), at: operand.span)
        operand = Expression(.call(operand, arguments), Span(operand.span.start, previousEnd))
      case .leftBracket where joins(token) && !beginsElement(token, after: operand):
        let operandDepth = depth
        let subscripts = try parseSubscripts()
        try grow(over: max(operandDepth, depth), at: operand.span)
        operand = Expression(.index(operand, subscripts), Span(operand.span.start, previousEnd))
      case .dot where continues(token):
        let operandDepth = depth
        advance()
        let name = try parseFieldName()
        try grow(over: operandDepth, at: operand.span)
        operand = Expression(.field(operand, name), Span(operand.span.start, previousEnd))
      case .apostrophe where !token.hasSpaceBefore:
        advance()
        try grow(over: depth, at: operand.span)
        operand = Expression(.transpose(operand), Span(operand.span.start, previousEnd))
      default: return operand
      }
    }
  }

  /// Whether a bracket belongs to the operand before it.
  private func joins(_ token: Token) -> Bool {
    continues(token) && !(context.splitsAtSpace && token.hasSpaceBefore)
  }

  /// Whether a bracket on a new line inside brackets is another element with its comma missing,
  /// rather than an index or a call of the literal before it.
  private func beginsElement(_ token: Token, after operand: Expression) -> Bool {
    guard context.newlinesAreSpace, token.hasNewlineBefore else { return false }
    switch operand.kind {
    case .bracket, .record, .number, .string, .bool, .none: return true
    default: return false
    }
  }

  /// Any word may be a field.
  private mutating func parseFieldName() throws(Diagnostic) -> Name {
    guard isWord(current) else { throw unexpected("the name of a field") }
    let name = Name(text(current), current.span)
    advance()
    return name
  }

  /// Whether a token is a word: a name, a keyword or a named number.
  func isWord(_ token: Token) -> Bool {
    token.kind == .identifier || token.kind.isKeyword
      || (token.kind == .number && Token.namedNumbers[text(token)] != nil)
  }

  /// Whether a single `=` follows a token, on whichever line.
  func assignFollows(_ token: Token) -> Bool {
    var index = token.span.end
    while index < lexer.bytes.count, Lexer.isBlank(lexer.bytes[index]) { index += 1 }
    guard lexer.byte(at: index) == UInt8(ascii: "=") else { return false }
    let following = lexer.byte(at: index + 1)
    return following != UInt8(ascii: "=") && following != UInt8(ascii: ">")
      && following != UInt8(ascii: "<")
  }

  private mutating func parseArguments() throws(Diagnostic) -> [Argument] {
    let opener = current
    let outer = try enterBrackets()
    var arguments: [Argument] = []
    var deepest = 0
    while current.kind != .rightParenthesis {
      if current.kind == .endOfInput { break }
      arguments.append(try parseArgument())
      deepest = max(deepest, depth)
      guard accept(.comma) else { break }
    }
    leaveBrackets(outer)
    try close(.rightParenthesis, opener: opener)
    depth = deepest
    return arguments
  }

  private mutating func parseArgument() throws(Diagnostic) -> Argument {
    guard isWord(current), assignFollows(current) else {
      if current.kind == .star || isDoubleStar { throw spreadFailure() }
      return Argument(name: nil, value: try parseExpression())
    }
    let name = Name(text(current), current.span)
    advance()
    advance()
    return Argument(name: name, value: try parseExpression())
  }

  private var isDoubleStar: Bool { current.kind == .slip && text(current) == "**" }

  private func spreadFailure() -> Diagnostic {
    failure(
      "a list cannot be spread over the arguments", at: current.span,
      suggestions: ["give the arguments one by one"])
  }

  private mutating func parseSubscripts() throws(Diagnostic) -> [Subscript] {
    let opener = current
    let outer = try enterBrackets()
    guard current.kind != .rightBracket else {
      throw failure(
        "an index is missing", at: current.span, suggestions: ["all elements are x[:]"])
    }
    var subscripts: [Subscript] = []
    var deepest = 0
    repeat {
      if current.kind == .endOfInput { break }
      subscripts.append(try parseSubscript(&deepest))
    } while accept(.comma)
    leaveBrackets(outer)
    try close(.rightBracket, opener: opener)
    depth = deepest
    return subscripts
  }

  private mutating func parseSubscript(_ deepest: inout Int) throws(Diagnostic) -> Subscript {
    let first = current
    if first.kind == .closedRange {
      advance()
      guard current.kind == .comma || current.kind == .rightBracket else {
        throw failure(
          "`...` stands alone between commas, for the axes left out", at: first.span,
          suggestions: ["write x[..., 0]", "a slice is written a:b"])
      }
      return .ellipsis(first.span)
    }
    let start = try parseSlicePart(&deepest)
    guard current.kind == .colon else {
      if let start { return .index(start) }
      throw unexpected("an index")
    }
    advance()
    let stop = try parseSlicePart(&deepest)
    let step = accept(.colon) ? try parseSlicePart(&deepest) : nil
    return .slice(start: start, stop: stop, step: step, span(from: first))
  }

  private mutating func parseSlicePart(_ deepest: inout Int) throws(Diagnostic) -> Expression? {
    switch current.kind {
    case .colon, .comma, .rightBracket: return nil
    default:
      let part = try parseExpression()
      deepest = max(deepest, depth)
      return part
    }
  }

  /// Takes an opening bracket; inside, newlines end nothing and commas separate.
  ///
  /// - Returns: what to give back to `leaveBrackets`.
  mutating func enterBrackets(takesTargetList: Bool = false) throws(Diagnostic) -> Context {
    try enter(at: current)
    let outer = context
    context = Context(
      newlinesAreSpace: true, splitsAtSpace: false, takesTargetList: takesTargetList)
    advance()
    return outer
  }

  mutating func leaveBrackets(_ outer: Context) {
    leave()
    context = outer
  }
}
