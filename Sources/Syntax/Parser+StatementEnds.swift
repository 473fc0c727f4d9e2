extension Parser {
  /// The error for what stands after a whole statement, on its line.
  mutating func unexpectedAfterExpression(_ expression: Expression?) -> Diagnostic {
    if let dangling = danglingOperator() { return dangling }
    if let slip = slipAfterOperand() { return slip }
    switch current.kind {
    case .colon:
      return failure(
        "`:` has no meaning here", at: current.span,
        suggestions: ["a block opens with {", "a slice stands in brackets, as x[a:b]"])
    case .rightParenthesis, .rightBracket, .rightBrace:
      return closesNothing()
    case .elseKeyword:
      return failure(
        "`else` stands without its `if`", at: current.span,
        suggestions: ["it follows the `}` of the if"])
    case .arrow:
      return failure(
        "the parameters of a function are names", at: current.span,
        suggestions: ["write x -> e, or (a, b) -> e"])
    case .leftBrace:
      return failure(
        "expected the end of the statement, found `{`", at: current.span,
        suggestions: ["a block needs a header: if, while, for, fn name(…)"])
    default: break
    }
    guard let expression else {
      return failure(
        "expected the end of the statement, found \(description(of: current))", at: current.span,
        suggestions: ["the next statement begins on a new line, or after ;"])
    }
    return juxtaposition(expression)
  }

  /// The error for two values side by side: a call without parentheses, or a missing operator.
  private func juxtaposition(_ expression: Expression) -> Diagnostic {
    var suggestions: [String] = []
    if case .name(let name) = expression.kind {
      let line = source.lineSpan(around: current.span.start)
      var rest = shortText(Span(current.span.start, line.end))
      while let last = rest.last, last == " " || last == ";" { rest.removeLast() }
      if rest.contains("#") { rest = "…" }
      suggestions = nearest(name, among: commands.keys, limit: 1).map { "the command \($0)" }
      let call = "\(name)(\(rest))"
      let isCall = rest == "…" || (try? Parser.parseExpression(SourceText(call, name: ""))) != nil
      if isCall { suggestions.append("a call is written \(call)") }
      if suggestions.isEmpty { suggestions = ["an operator or a comma is missing"] }
    } else {
      suggestions = ["an operator is missing, or the next statement begins on a new line"]
    }
    return failure(
      "expected the end of the statement, found \(description(of: current))", at: current.span,
      suggestions: suggestions)
  }

  /// The error where an operator at the end of a line took the next line as its right side, and
  /// that made no sense; nil where there is no such operator.
  func danglingOperator() -> Diagnostic? {
    guard let operation = operatorAtLineEnd, current.span.start > operation.end else { return nil }
    return danglingOperator(operation)
  }

  func danglingOperator(_ operation: Span) -> Diagnostic {
    failure(
      "`\(source.text(in: operation))` at the line's end has no right side", at: operation,
      suggestions: ["the next line is read as its right side: complete this one"])
  }

  /// `nnsh> load letters`, as copied from a page.
  func refusePrompt() throws(Diagnostic) {
    let end = current.span.end
    guard text(current) == "nnsh", lexer.byte(at: end) == UInt8(ascii: ">"),
      Lexer.isBlank(lexer.byte(at: end + 1))
    else { return }
    let line = source.lineSpan(around: current.span.start)
    let rest = shortText(Span(min(end + 2, line.end), line.end))
    throw failure(
      "`nnsh>` is the prompt and no part of the code", at: Span(current.span.start, end + 1),
      suggestions: rest.isEmpty || rest == "…" ? ["remove it"] : ["write \(rest)"])
  }

  /// `man train`, `hist x`: words of other programs that nnsh has by another name.
  private func refuseForeignCommand(_ word: String) throws(Diagnostic) {
    guard let form = Slips.commands[word],
      let own = form.split(separator: " ").first.map(String.init),
      commands[own] != nil
    else { return }
    let line = source.lineSpan(around: current.span.start)
    let rest = shortText(Span(current.span.end, line.end))
    throw failure(
      "`\(word)` is written \(own)", at: current.span,
      suggestions: ["write " + (form == own ? own + rest : form.replacing(" …", with: rest))])
  }

  /// `def f(x):` and its like: a word of another language that nothing of an expression follows.
  mutating func refuseForeignOpener() throws(Diagnostic) {
    let word = text(current)
    var ahead = lexer
    let next = ahead.next()
    if next.kind == .identifier, next.hasSpaceBefore, !next.hasNewlineBefore {
      try refuseForeignCommand(word)
    }
    guard let advice = Slips.openers[word] else { return }
    guard !next.hasNewlineBefore, next.hasSpaceBefore || next.kind == .colon else { return }
    switch next.kind {
    case .identifier, .number, .quote, .colon, .leftBrace, .not, .trueKeyword, .falseKeyword:
      throw failure(advice, at: current.span)
    case .leftParenthesis where ["elif", "elseif", "elsif", "switch", "match"].contains(word):
      throw failure(advice, at: current.span)
    case .leftBracket where word == "function": throw failure(advice, at: current.span)
    case .star where word == "import": throw failure(advice, at: current.span)
    default: return
    }
  }
}
