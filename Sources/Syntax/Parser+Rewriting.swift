// Forms of Python that have one here: the advice is the reader's own text in it, where that can be
// read and is short.

extension Parser {
  /// Longer ones are no advice.
  private static let longestForm = 100

  /// `e for x in list if c`, as it is written here: `map(x -> e, filter(x -> c, list))`. The
  /// parser stands at `for`.
  func comprehension() -> Diagnostic {
    let form = mapForm().map { "write \($0)" }
    return failure(
      "a list is not made by `for`", at: current.span,
      suggestions: [form ?? "write map(x -> e, list), or [x] with a loop before"])
  }

  private func mapForm() -> String? {
    guard let element = lastExpression, var ahead = lookingAhead() else { return nil }
    ahead.advance()
    guard let names = ahead.names(upTo: .inKeyword),
      let sequence = ahead.expressionText()
    else { return nil }
    let parameters = Self.parameters(names)
    var items = sequence
    if ahead.accept(.ifKeyword) {
      guard let condition = ahead.expressionText() else { return nil }
      items = "filter(\(parameters) -> \(condition), \(items))"
    }
    guard [.rightBracket, .rightParenthesis, .rightBrace].contains(ahead.current.kind) else {
      return nil
    }
    let text = source.text(in: element)
    if let key = key(before: element) {
      return short(
        "r = {}; for \(names.joined(separator: ", ")) in \(items) { r[\(key)] = \(text) }")
    }
    return short(names == [text] ? items : "map(\(parameters) -> \(text), \(items))")
  }

  /// The text of the key, where a value of a record in braces stands at a place.
  private func key(before value: Span) -> String? {
    let head = source.bytes[source.lineSpan(around: value.start).start..<value.start]
    guard let colon = head.last(where: { $0 != UInt8(ascii: " ") }), colon == UInt8(ascii: ":"),
      let brace = head.lastIndex(of: UInt8(ascii: "{")),
      let end = head.lastIndex(of: UInt8(ascii: ":")), brace + 1 < end
    else { return nil }
    return source.text(in: Span(brace + 1, end))
  }

  /// `a if c else b`: `if c { a } else { b }`. The parser stands at `if`.
  func choice() -> Diagnostic {
    let form = choiceForm().map { "write \($0)" }
    return failure(
      "`if` stands before what it chooses", at: current.span,
      suggestions: [form ?? "write if condition { a } else { b }"])
  }

  private func choiceForm() -> String? {
    guard let chosen = lastExpression, var ahead = lookingAhead() else { return nil }
    ahead.advance()
    guard let condition = ahead.expressionText(), ahead.accept(.elseKeyword),
      let other = ahead.expressionText()
    else { return nil }
    return short("if \(condition) { \(source.text(in: chosen)) } else { \(other) }")
  }

  /// `lambda x: e`, as it is written here: `x -> e`. The word `lambda` is at `span`, and what
  /// follows it has not been read.
  func lambda(at span: Span) -> Diagnostic {
    guard let form = arrowForm() else {
      return failure(Slips.openers["lambda"] ?? Slips.Advice(""), at: span)
    }
    return failure(
      "`lambda` does not make a function", at: span, suggestions: ["write \(form)"])
  }

  private func arrowForm() -> String? {
    guard var ahead = lookingAhead(), let names = ahead.names(upTo: .colon),
      let body = ahead.expressionText()
    else { return nil }
    let parameters = Self.parameters(names)
    return short("\(parameters) -> \(body)")
  }

  // MARK: Reading on

  /// A parser that reads on from here; nil where this one is such a one itself.
  private func lookingAhead() -> Parser? {
    guard !looksAhead else { return nil }
    var ahead = self
    ahead.looksAhead = true
    ahead.recovery = nil
    return ahead
  }

  /// Reads names separated by commas, and the token that must end them; nil where something else
  /// stands there.
  private mutating func names(upTo end: Token.Kind) -> [String]? {
    var names: [String] = []
    while current.kind == .identifier {
      names.append(text(current))
      advance()
      if accept(end) { return names }
      guard accept(.comma) else { return nil }
    }
    return names.isEmpty && accept(end) ? [] : nil
  }

  /// The text of the expression that begins here; nil where none does.
  private mutating func expressionText() -> String? {
    guard let expression = try? parseExpression() else { return nil }
    return source.text(in: expression.span)
  }

  /// A function's parameters as they stand before its arrow.
  private static func parameters(_ names: [String]) -> String {
    names.count == 1 ? names[0] : "(\(names.joined(separator: ", ")))"
  }

  private func short(_ form: String) -> String? {
    form.utf8.count <= Self.longestForm && !form.contains("\n") ? form : nil
  }
}
