extension Parser {
  /// Reads a literal, a name, something in brackets, or a form that begins with a keyword.
  mutating func parseOperand() throws(Diagnostic) -> Expression {
    let token = current
    depth = 1
    switch token.kind {
    case .number:
      advance()
      return Expression(.number(lexer.value(ofNumber: token)), token.span)
    case .identifier: return try parseName()
    case .quote: return try parseString()
    case .trueKeyword: return literal(.bool(true))
    case .falseKeyword: return literal(.bool(false))
    case .none: return literal(.none)
    case .leftParenthesis: return try parseParentheses()
    case .leftBracket: return try parseBracket()
    case .leftBrace: return try parseRecord()
    case .ifKeyword: return try parseConditional()
    case .fn: return try parseFunctionOperand()
    case .grad, .numgrad: return try parseGradient()
    default: throw missingOperand()
    }
  }

  private mutating func literal(_ kind: Expression.Kind) -> Expression {
    let token = current
    advance()
    return Expression(kind, token.span)
  }

  private mutating func parseName() throws(Diagnostic) -> Expression {
    let token = current
    let name = text(token)
    if let advice = Slips.values[name] { throw failure(advice, at: token.span) }
    advance()
    if current.kind == .arrow, continues(current) {
      let parameter = FunctionParameter(name: Name(name, token.span), defaultValue: nil)
      return try parseLambdaBody([parameter], from: token)
    }
    try refuseWordSlips(name, token)
    return Expression(.name(name), token.span)
  }

  /// `f"…"` and `lambda x: …`: a word of another language, seen by what follows it.
  private func refuseWordSlips(_ name: String, _ token: Token) throws(Diagnostic) {
    let mayEndString = interpolationNesting > 0
    if current.kind == .quote, !current.hasSpaceBefore, !mayEndString,
      ["f", "r", "b", "u"].contains(name)
    {
      throw failure(
        "a string takes no `\(name)` before it", at: token.span,
        suggestions: ["\"epoch {e}\" is interpolated as it is; {{ and }} are braces"])
    }
    if name == "lambda", current.kind == .identifier || current.kind == .colon {
      throw lambda(at: token.span)
    }
  }

  /// `(e)`, or the parameters of `(a, b = 1) -> e`: which of them shows only after the bracket.
  private mutating func parseParentheses() throws(Diagnostic) -> Expression {
    let opener = current
    let outer = try enterBrackets(takesTargetList: true)
    var items: [(value: Expression, assign: Token?, fallback: Expression?)] = []
    var deepest = 0
    while current.kind != .rightParenthesis, current.kind != .endOfInput {
      let value = try parseExpression()
      let assign = current
      let fallback = accept(.assign) ? try parseExpression() : nil
      deepest = max(deepest, depth)
      items.append((value, fallback == nil ? nil : assign, fallback))
      guard accept(.comma) else { break }
    }
    leaveBrackets(outer)
    try close(.rightParenthesis, opener: opener, orComma: false)
    if current.kind == .arrow, continues(current) {
      var parameters: [FunctionParameter] = []
      depth = deepest
      for item in items { parameters.append(try parameter(item.value, item.fallback)) }
      return try parseLambdaBody(parameters, from: opener)
    }
    if let assign = items.lazy.compactMap(\.assign).first {
      throw failure(
        "`=` assigns, and cannot stand inside an expression", at: assign.span,
        suggestions: ["equality is written a == b"])
    }
    guard let only = items.first, items.count == 1 else {
      throw notOneValue(items.map(\.value), at: span(from: opener))
    }
    depth = deepest
    return Expression(only.value.kind, span(from: opener))
  }

  private func notOneValue(_ values: [Expression], at span: Span) -> Diagnostic {
    if values.isEmpty {
      return failure(
        "nothing stands between the parentheses", at: span,
        suggestions: ["an empty list is []", "a function without parameters is () -> e"])
    }
    let texts = values.map { source.text(in: $0.span) }
    let list = texts.joined(separator: ", ")
    var suggestions: [String] = []
    if let text = percentFormat(before: span.start, texts) {
      suggestions = ["write \(text)"]
    } else if span.end - span.start <= 60, !list.contains("\n") {
      let isNumbers = values.allSatisfy { if case .number = $0.kind { true } else { false } }
      let whole = call(around: span, giving: isNumbers ? list : "[\(list)]")
      suggestions = [whole.map { "write \($0)" } ?? "a list is written [\(list)]"]
    } else {
      suggestions = ["a list is written [a, b]"]
    }
    if values.allSatisfy({ if case .name = $0.kind { true } else { false } }), values.count == 2 {
      suggestions.append("a function of two is (\(list)) -> e")
    }
    return failure("parentheses hold one value", at: span, suggestions: suggestions)
  }

  /// What `"%d of %d" % (a, b)` is here; nil where no such string stands before the parentheses.
  private func percentFormat(before place: Int, _ arguments: [String]) -> String? {
    func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") }
    var end = place
    while end > 0, isBlank(source.bytes[end - 1]) { end -= 1 }
    guard end > 0, source.bytes[end - 1] == UInt8(ascii: "%") else { return nil }
    end -= 1
    while end > 0, isBlank(source.bytes[end - 1]) { end -= 1 }
    guard end > 1, source.bytes[end - 1] == UInt8(ascii: "\"") else { return nil }
    var start = end - 2
    while start > 0, source.bytes[start] != UInt8(ascii: "\""), !Lexer.endsLine(source.bytes[start])
    {
      start -= 1
    }
    guard source.bytes[start] == UInt8(ascii: "\"") else { return nil }
    return ForeignFormats.interpolation(
      ofPercent: source.text(in: Span(start + 1, end - 1)), arguments)
  }

  /// The call whose only argument the parentheses are, without a module before it, and with a value
  /// before it as its first argument: `x.reshape((2, 3))`.
  private func call(around span: Span, giving list: String) -> String? {
    let bytes = source.bytes
    guard span.start > 0, bytes[span.start - 1] == UInt8(ascii: "("), span.end < bytes.count,
      bytes[span.end] == UInt8(ascii: ")")
    else { return nil }
    var start = span.start - 1
    func isNamePart(_ byte: UInt8) -> Bool {
      byte >= 0x80 || "._".utf8.contains(byte) || Character(Unicode.Scalar(byte)).isLetter
        || Character(Unicode.Scalar(byte)).isNumber
    }
    while start > 0, isNamePart(bytes[start - 1]) { start -= 1 }
    let parts = source.text(in: Span(start, span.start - 1)).split(separator: ".")
    guard let first = parts.first, let name = parts.last else { return nil }
    if parts.count == 1 || Slips.modules.contains(String(first)) { return "\(name)(\(list))" }
    return parts.count == 2 ? "\(name)(\(first), \(list))" : nil
  }

  private func parameter(
    _ value: Expression, _ fallback: Expression?
  ) throws(Diagnostic) -> FunctionParameter {
    guard case .name(let text) = value.kind else {
      throw failure("a parameter is a name", at: value.span)
    }
    return FunctionParameter(name: Name(text, value.span), defaultValue: fallback)
  }

  private mutating func parseBracket() throws(Diagnostic) -> Expression {
    let opener = current
    let outer = try enterBrackets()
    var elements: [Expression] = []
    var deepest = 0
    while current.kind != .rightBracket, current.kind != .endOfInput {
      if current.kind == .star {
        throw failure(
          "a list cannot be spread inside brackets", at: current.span,
          suggestions: ["lists are joined by +: write list + [e]"])
      }
      elements.append(try parseExpression())
      deepest = max(deepest, depth)
      guard accept(.comma) else { break }
    }
    leaveBrackets(outer)
    if current.kind == .semicolon {
      throw failure(
        "rows are not separated by `;`", at: current.span, suggestions: ["write [[1, 2], [3, 4]]"])
    }
    try close(.rightBracket, opener: opener)
    try grow(over: deepest, at: opener.span)
    return Expression(.bracket(elements), span(from: opener))
  }

  private mutating func parseRecord() throws(Diagnostic) -> Expression {
    let opener = current
    let outer = try enterBrackets()
    var fields: [RecordField] = []
    var deepest = 0
    while current.kind != .rightBrace, current.kind != .endOfInput {
      let name = try parseRecordFieldName()
      guard accept(.colon) else {
        throw unexpected(
          "`:` and the value of the field `\(name.text)`",
          suggestions: ["a record is written {a: 1}", "a block needs a header, as if or fn"])
      }
      fields.append(RecordField(name: name, value: try parseExpression()))
      deepest = max(deepest, depth)
      guard accept(.comma) else { break }
    }
    leaveBrackets(outer)
    try close(.rightBrace, opener: opener)
    try grow(over: deepest, at: opener.span)
    return Expression(.record(fields), span(from: opener))
  }

  /// `{"a": 1}` and `{"a b": 1}`.
  private func quotedFieldName() -> Diagnostic {
    let line = source.lineSpan(around: current.span.start)
    let rest = source.text(in: Span(current.span.end, line.end))
    let key = rest.prefix { $0 != "\"" }
    let value = rest.dropFirst(key.count + 1).drop { $0 == " " || $0 == ":" }
      .prefix { !",}\"{[(".contains($0) }
    let isWord = (try? Parser.parseExpression(SourceText("{\(key): 1}", name: ""))) != nil
    return failure(
      "a field's name stands without quotes", at: current.span,
      suggestions: [
        isWord
          ? "write {\(key): \(value.isEmpty ? "value" : String(value))}"
          : "any string is a key of r = {}, then r[\"\(key)\"] = value"
      ])
  }

  private mutating func parseRecordFieldName() throws(Diagnostic) -> Name {
    guard isWord(current) else {
      if current.kind == .quote {
        throw quotedFieldName()
      }
      throw unexpected(
        "the name of a field",
        suggestions: current.kind == .number
          ? ["the keys of a record are strings: r = {}, then r[str(\(text(current)))] = value"]
          : ["a record is written {a: 1}"])
    }
    let name = Name(text(current), current.span)
    advance()
    return name
  }

  /// The error where an operand should begin.
  private mutating func missingOperand() -> Diagnostic {
    if current.kind.isKeyword, let dangling = danglingOperator() { return dangling }
    switch current.kind {
    case .apostrophe: return singleQuotes()
    case .percent:
      return failure(
        "expected a value, found `%`", at: current.span, suggestions: ["a comment begins with #"])
    case .assign:
      return failure(
        "expected a value, found `=`", at: current.span,
        suggestions: ["equality is written a == b"])
    case .elseKeyword:
      return failure(
        "`else` stands without its `if`", at: current.span,
        suggestions: ["it follows the `}` of the if"])
    case .not: return unexpected("a value", suggestions: ["write (not x)"])
    case .rightParenthesis, .rightBracket, .rightBrace:
      return unexpected("a value")
    case let kind where kind.isKeyword: return keywordAsName(current)
    default: return unexpected("a value")
    }
  }

  /// The error for a keyword where a name or a value should stand.
  func keywordAsName(_ token: Token) -> Diagnostic {
    failure("`\(text(token))` is a keyword and cannot be a name", at: token.span)
  }

  func singleQuotes() -> Diagnostic {
    let line = source.lineSpan(around: current.span.start)
    var end = current.span.end
    while end < line.end, lexer.byte(at: end) != UInt8(ascii: "'") { end += 1 }
    let isClosed = end < line.end
    let span = isClosed ? Span(current.span.start, end + 1) : current.span
    let inner = source.text(in: Span(current.span.end, end))
    let isShort = isClosed && inner.utf8.count <= 40 && !inner.contains("\"")
    return failure(
      "a string stands in double quotes", at: span,
      suggestions: isShort ? ["write \"\(inner)\""] : ["write \"…\""])
  }
}
