extension Expression {
  /// The expression that a command is given for a block of statements.
  fileprivate init(running block: Block) {
    self.init(
      .conditional(
        condition: Expression(.bool(true), block.span), then: block, otherwise: nil), block.span)
  }

  /// The block that a command is given; nil where this is another expression.
  public var commandBlock: Block? {
    guard case .conditional(let condition, let then, nil) = kind, condition.span == then.span
    else { return nil }
    return then
  }
}

extension Parser {
  /// Reads one argument of a command, after the kind of its place.
  mutating func parseValue(
    _ kind: CommandSyntax.Kind, for slot: String
  ) throws(Diagnostic) -> CommandArgument {
    switch kind {
    case .expression: return argument(slot, try parseExpression())
    case .expressionOrWord(let words):
      if isWord(current), words.contains(text(current)), standsAlone {
        let token = current
        advance()
        return CommandArgument(slot: slot, value: .word(text(token)), span: token.span)
      }
      return argument(slot, try parseExpression())
    case .word(let choices): return try parseWord(choices, for: slot)
    case .path: return try parsePath(for: slot)
    case .block: return argument(slot, try parseBlockArgument(after: slot))
    case .text:
      let span = try takeRestOfLine()
      return CommandArgument(slot: slot, value: .word(source.text(in: span)), span: span)
    }
  }

  /// A block as the expression that runs it.
  private mutating func parseBlockArgument(after slot: String) throws(Diagnostic) -> Expression {
    // Loops around the command are none of the block's.
    let outer = loopNesting
    loopNesting = 0
    defer { loopNesting = outer }
    return Expression(running: try parseBlock(after: "`\(slot)`"))
  }

  private func argument(_ slot: String, _ expression: Expression) -> CommandArgument {
    CommandArgument(slot: slot, value: .expression(expression), span: expression.span)
  }

  /// Whether the token here is an argument by itself, not the beginning of an expression.
  private var standsAlone: Bool {
    var ahead = lexer
    let next = ahead.next()
    return endsCommand(next) || next.kind == .comma || next.kind == .identifier
      || next.kind.isKeyword || next.kind == .number || next.kind == .quote
  }

  private mutating func parseWord(
    _ choices: [String], for slot: String
  ) throws(Diagnostic) -> CommandArgument {
    let token = current
    if token.kind == .quote { return textArgument(slot, try parseString()) }
    let start = token.span.start
    var end = start
    while end < lexer.bytes.count {
      let byte = lexer.bytes[end]
      if Lexer.isASCIIWord(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") {
        end += 1
      } else if byte >= 0x80, let (scalar, width) = lexer.decodeScalar(at: end),
        Lexer.continuesIdentifier(scalar)
      {
        end += width
      } else {
        break
      }
    }
    guard end > start else { throw unexpected("a word for \(slot.uppercased())") }
    let word = source.text(in: Span(start, end))
    guard choices.isEmpty || choices.contains(word) else {
      let near = nearest(word, among: choices, limit: 1).map { "did you mean \($0)" }
      throw failure(
        "`\(word)` is no \(slot)", at: Span(start, end),
        suggestions: near + ["it is one of " + choices.joined(separator: " ")])
    }
    resume(at: end)
    return CommandArgument(slot: slot, value: .word(word), span: Span(start, end))
  }

  private func textArgument(_ slot: String, _ string: Expression) -> CommandArgument {
    guard case .string(let text) = string.kind else { return argument(slot, string) }
    return CommandArgument(slot: slot, value: .word(text), span: string.span)
  }

  private mutating func parsePath(for slot: String) throws(Diagnostic) -> CommandArgument {
    switch current.kind {
    case .quote: return textArgument(slot, try parseString())
    case .leftParenthesis: return argument(slot, try parseOperand())
    case .leftBracket where quoteFollows: return argument(slot, try parseOperand())
    case .apostrophe: throw singleQuotes()
    default: break
    }
    let start = current.span.start
    var end = start
    var openBraces = 0
    scan: while end < lexer.bytes.count {
      switch lexer.bytes[end] {
      case UInt8(ascii: ";"): break scan
      case UInt8(ascii: "{"): openBraces += 1
      case UInt8(ascii: "}"):
        if openBraces == 0, blockNesting > 0 { break scan }
        openBraces -= 1
      case let byte where Lexer.isBlank(byte): break scan
      default: break
      }
      end += 1
    }
    let span = Span(start, end)
    guard end > start else { throw unexpected("a path for \(slot.uppercased())") }
    try refuseBrokenText(span)
    let reading = reading(ofPath: span)
    resume(at: end)
    return CommandArgument(
      slot: slot, value: .word(source.text(in: span)), span: span, reading: reading)
  }

  /// Whether the next token begins a string, so that a bracket here begins a list of paths, not a path.
  private var quoteFollows: Bool {
    var ahead = lexer
    return ahead.next().kind == .quote
  }

  /// The variable, or the element of one, that a bare path could name; nil where it is no name, as a
  /// file's with an ending.
  private func reading(ofPath span: Span) -> Expression? {
    guard current.kind == .identifier, current.span.start == span.start else { return nil }
    var ahead = self
    ahead.context.splitsAtSpace = true
    guard let expression = try? ahead.parsePostfix(), expression.span == span else { return nil }
    var root = expression
    while case .index(let inner, _) = root.kind { root = inner }
    if case .name = root.kind { return expression }
    return nil
  }

  /// Takes the rest of the line as it stands, up to `;`, a comment or the block's end.
  mutating func takeRestOfLine() throws(Diagnostic) -> Span {
    let start = current.span.start
    var end = start
    var openBraces = 0
    var isQuoted = false
    scan: while end < lexer.bytes.count, !Lexer.endsLine(lexer.bytes[end]) {
      switch lexer.bytes[end] {
      case UInt8(ascii: "\""): isQuoted.toggle()
      case _ where isQuoted: break
      case UInt8(ascii: ";"): break scan
      case UInt8(ascii: "#") where Lexer.isBlank(lexer.byte(at: end - 1)): break scan
      case UInt8(ascii: "{"): openBraces += 1
      case UInt8(ascii: "}"):
        if openBraces == 0, blockNesting > 0 { break scan }
        openBraces -= 1
      default: break
      }
      end += 1
    }
    let rest = end
    while end > start, Lexer.isBlank(lexer.byte(at: end - 1)) { end -= 1 }
    try refuseBrokenText(Span(start, end))
    resume(at: rest)
    previousEnd = end
    return Span(start, end)
  }

  /// Raw text must be readable too: no NUL, and UTF-8.
  private func refuseBrokenText(_ span: Span) throws(Diagnostic) {
    var offset = span.start
    while offset < span.end {
      guard let (scalar, width) = lexer.decodeScalar(at: offset) else {
        throw failure(
          "the text is not UTF-8 here", at: Span(offset, offset + 1),
          suggestions: ["save the file as UTF-8"])
      }
      if scalar == "\0" {
        throw failure("a NUL byte stands in the text", at: Span(offset, offset + 1))
      }
      offset += width
    }
  }
}
