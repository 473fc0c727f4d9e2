extension Parser {
  /// A syntax error.
  func failure(
    _ message: String, at span: Span, label: String? = nil, suggestions: [String] = []
  ) -> Diagnostic {
    Diagnostic(
      phase: .syntax, message, source: source, span: span, label: label, suggestions: suggestions)
  }

  func failure(_ advice: Slips.Advice, at span: Span) -> Diagnostic {
    failure(advice.message, at: span, suggestions: advice.suggestions)
  }

  /// The error for the current token where something else is needed.
  ///
  /// - Parameter expected: what is needed, as it stands in a sentence.
  mutating func unexpected(_ expected: String, suggestions: [String] = []) -> Diagnostic {
    switch current.kind {
    case .endOfInput:
      isIncomplete = true
      return failure(
        "expected \(expected), but the text ends", at: endOfText, suggestions: suggestions)
    case .invalid, .slip: return unreadable(current)
    default:
      return failure(
        "expected \(expected), found \(description(of: current))", at: current.span,
        suggestions: suggestions)
    }
  }

  /// The end of what was read, where the reader should look when something is missing.
  private var endOfText: Span { Span(previousEnd, previousEnd) }

  func description(of token: Token) -> String {
    switch token.kind {
    case .endOfInput: "the end"
    case .identifier, .slip, .invalid: "`\(text(token))`"
    case .number: "the number \(text(token))"
    case .quote: "a string"
    case let kind where kind.isKeyword: "the keyword `\(kind.spelling)`"
    default: "`\(token.kind.spelling)`"
    }
  }

  /// The error of a token that is none of nnsh's.
  func unreadable(_ token: Token) -> Diagnostic {
    let text = text(token)
    let next = token.span.end
    if text == "\\", interpolationNesting > 0, next < source.bytes.count,
      source.bytes[next] == UInt8(ascii: "\"")
    {
      return failure(
        "a string inside braces stands without `\\`", at: token.span,
        suggestions: ["write \"{r[\"a\"]}\""])
    }
    if let advice = Slips.operators[text] { return failure(advice, at: token.span) }
    guard let problem = token.problem else {
      return failure("`\(text)` has no meaning here", at: token.span)
    }
    let (message, suggestions) = Self.words(for: problem, text)
    return failure(message, at: token.span, suggestions: suggestions)
  }

  private static func words(
    for problem: LexicalProblem, _ text: String
  ) -> (message: String, suggestions: [String]) {
    switch problem {
    case .nul: return ("a NUL byte stands in the text", ["is this file a script?"])
    case .invalidUTF8: return ("the text is not UTF-8 here", ["save the file as UTF-8"])
    case .unexpectedCharacter: return unexpectedCharacter(text)
    case .hexadecimal:
      let digits = text.dropFirst(2).filter { $0 != "_" }
      let value = Int(digits, radix: 16).map { ["write \($0)"] } ?? []
      return ("numbers are written in decimal", value)
    case .numberSuffix where text.hasPrefix("0b") || text.hasPrefix("0o"):
      let value = Int(text.dropFirst(2), radix: text.hasPrefix("0b") ? 2 : 8)
      return ("numbers are written in decimal", value.map { ["write \($0)"] } ?? [])
    case .numberSuffix:
      let number = text.prefix { $0.isNumber || $0 == "." || $0 == "_" }
      let name = text.dropFirst(number.count)
      return (
        "`\(text)` is neither a number nor a name",
        ["a product is written \(number) * \(name)", "a name begins with a letter"]
      )
    case .misplacedUnderscore:
      return ("an underscore stands between two digits only", ["write it as 1_000"])
    case .missingExponent: return ("the exponent of `\(text)` is missing", ["write it as 1e-3"])
    case .secondPoint:
      return ("`\(text)` has two decimal points", ["a range is written 1..<3 or 1...3"])
    case .tooManyDigits: return ("the number has too many digits", [])
    }
  }

  private static func unexpectedCharacter(_ text: String) -> (String, [String]) {
    guard let scalar = text.unicodeScalars.first else { return ("unexpected character", []) }
    let code = "U+" + String(scalar.value, radix: 16, uppercase: true)
    if DisplayWidth.of(scalar) == 0 || scalar.properties.isWhitespace {
      return ("an invisible character, \(code), stands here", ["remove it"])
    }
    return ("`\(text)` (\(code)) has no meaning here", ["names are of letters, digits and _"])
  }

  /// Takes a closing bracket, or says which opening one waits for it.
  mutating func close(_ kind: Token.Kind, opener: Token, orComma: Bool = true) throws(Diagnostic) {
    if accept(kind) { return }
    let opening = opener.kind.spelling
    let closing = kind.spelling
    let isAtEnd = current.kind == .endOfInput
    if isAtEnd { isIncomplete = true }
    if !isAtEnd, current.hasNewlineBefore, orComma, isCommaMissing(before: kind) {
      throw failure(
        "a comma is missing at the end of the line", at: Span(previousEnd, previousEnd),
        suggestions: ["what stands between brackets is separated by commas"])
    }
    if isAtEnd || (current.hasNewlineBefore && !Self.closers.contains(current.kind)) {
      throw failure(
        "`\(opening)` is not closed", at: opener.span, suggestions: ["add the `\(closing)`"])
    }
    if Self.closers.contains(current.kind) {
      let (line, column) = source.position(of: opener.span.start)
      throw failure(
        "expected `\(closing)`, found `\(current.kind.spelling)`", at: current.span,
        suggestions: ["it would close the `\(opening)` of line \(line), column \(column)"])
    }
    throw try misplaced(expecting: orComma ? "`,` or `\(closing)`" : "`\(closing)`")
  }

  /// Whether what follows on the next line reads as one more element, before a comma or the
  /// bracket that closes.
  private func isCommaMissing(before closer: Token.Kind) -> Bool {
    guard startsOperand(current) else { return false }
    var ahead = self
    ahead.context = Context(newlinesAreSpace: true, splitsAtSpace: false, takesTargetList: false)
    if isWord(ahead.current) {
      // A record's field, or a named argument.
      var following = ahead.lexer
      let next = following.next().kind
      if next == .colon || (next == .assign && closer == .rightParenthesis) {
        ahead.advance()
        ahead.advance()
      }
    }
    guard (try? ahead.parseExpression()) != nil else { return false }
    return ahead.current.kind == .comma || ahead.current.kind == closer
  }

  private static let closers: Set<Token.Kind> = [
    .rightParenthesis, .rightBracket, .rightBrace,
  ]

  /// The error for a token after a whole expression inside brackets.
  mutating func misplaced(expecting expected: String) throws(Diagnostic) -> Diagnostic {
    if let slip = slipAfterOperand() { return slip }
    var suggestions: [String] = []
    if startsOperand(current) {
      suggestions = ["two values are separated by a comma or an operator"]
    }
    return unexpected(expected, suggestions: suggestions)
  }

  /// Forms of other languages that show only after an operand, nil where there is none of them.
  func slipAfterOperand() -> Diagnostic? {
    switch current.kind {
    case .slip, .invalid: return unreadable(current)
    case .assign:
      return failure(
        "`=` assigns, and cannot stand inside an expression", at: current.span,
        suggestions: ["equality is written a == b"])
    case .question:
      return failure(
        "`?` is not an operator", at: current.span,
        suggestions: ["a choice is written if condition { a } else { b }"])
    case .ifKeyword:
      return choice()
    case .forKeyword:
      return comprehension()
    case .apostrophe:
      return failure(
        "the transpose stands directly after its operand", at: current.span,
        suggestions: ["write x'", "a string is written \"…\""])
    case .identifier where text(current) == "is": return identity()
    default: return nil
    }
  }

  /// `x is none`, `x is not none`; nil where nothing follows that could be compared.
  private func identity() -> Diagnostic? {
    var ahead = lexer
    let next = ahead.next()
    guard startsOperand(next), next.span.start < source.lineSpan(around: current.span.start).end
    else { return nil }
    let isNegated = next.kind == .not
    return failure(
      isNegated ? "`is not` is not an operator" : "`is` is not an operator",
      at: isNegated ? Span(current.span.start, next.span.end) : current.span,
      suggestions: [isNegated ? "write a != b" : "write a == b"])
  }

  /// Whether a token can begin an operand.
  func startsOperand(_ token: Token) -> Bool {
    switch token.kind {
    case .identifier, .number, .quote, .leftParenthesis, .leftBracket, .leftBrace, .trueKeyword,
      .falseKeyword, .none, .ifKeyword, .fn, .grad, .numgrad, .not:
      true
    default: false
    }
  }

  /// The error of an earlier line, where that is what went wrong: a string without its closing
  /// quote, or an operator that took an assignment on the next line for its right side.
  func blamingEarlierLine(_ error: Diagnostic) -> Diagnostic {
    guard let operation = lastLineEndOperator, error.span.start > operation.end else {
      return blamingMultilineString(error)
    }
    var ahead = lexer
    ahead.offset = operation.end
    let (name, next) = (ahead.next(), ahead.next())
    guard name.hasNewlineBefore, name.kind == .identifier, next.kind == .assign,
      error.span.start >= next.span.start
    else { return blamingMultilineString(error) }
    return danglingOperator(operation)
  }

  /// If a string ran over a line's end and then nothing made sense, its quote is what is missing.
  func blamingMultilineString(_ error: Diagnostic) -> Diagnostic {
    guard !isIncomplete, let span = multilineString, error.span.start >= span.end else {
      return error
    }
    return failure(
      "the string is not closed on its line", at: Span(span.start, span.start + 1),
      suggestions: ["add the closing \"", "a newline inside a string may be written \\n"])
  }
}
