extension Parser {
  /// Reads a string from its opening quote; the parts in braces are parsed where they stand.
  mutating func parseString() throws(Diagnostic) -> Expression {
    let opener = current
    try refuseTripleQuotes(opener)
    var parts: [InterpolationPart] = []
    var text: [UInt8] = []
    var offset = opener.span.end
    var deepest = 0
    while true {
      guard offset < lexer.bytes.count else { throw unclosedString(opener) }
      let byte = lexer.bytes[offset]
      switch byte {
      case UInt8(ascii: "\""):
        resume(at: offset + 1)
        noteLines(of: opener)
        return try finishString(parts, text, deepest, from: opener)
      case UInt8(ascii: "\\"): offset = try readEscape(at: offset, into: &text, opener)
      case UInt8(ascii: "{") where lexer.byte(at: offset + 1) != byte:
        if !text.isEmpty { parts.append(.text(String(decoding: text, as: UTF8.self))) }
        text = []
        parts.append(try parseInterpolation(at: offset, opener))
        deepest = max(deepest, depth)
        offset = previousEnd
      case UInt8(ascii: "{"), UInt8(ascii: "}"):
        guard lexer.byte(at: offset + 1) == byte else { throw loneBrace(at: offset) }
        text.append(byte)
        offset += 2
      default: offset = try readCharacter(at: offset, into: &text)
      }
    }
  }

  private func refuseTripleQuotes(_ opener: Token) throws(Diagnostic) {
    let end = opener.span.end
    guard lexer.byte(at: end) == UInt8(ascii: "\""), lexer.byte(at: end + 1) == UInt8(ascii: "\"")
    else { return }
    throw failure(
      "a string stands in single pairs of quotes", at: Span(opener.span.start, end + 2),
      suggestions: ["write \"…\"; it may run over several lines"])
  }

  /// Reads one character that stands for itself.
  ///
  /// - Returns: the offset after it.
  private func readCharacter(
    at offset: Int, into text: inout [UInt8]
  ) throws(Diagnostic) -> Int {
    let byte = lexer.bytes[offset]
    if byte == 0 {
      throw failure("a NUL byte stands in the string", at: Span(offset, offset + 1))
    }
    if byte < 0x80 {
      text.append(byte)
      return offset + 1
    }
    guard let (_, width) = lexer.decodeScalar(at: offset) else {
      throw failure(
        "the text is not UTF-8 here", at: Span(offset, offset + 1),
        suggestions: ["save the file as UTF-8"])
    }
    text.append(contentsOf: lexer.bytes[offset..<offset + width])
    return offset + width
  }

  private mutating func finishString(
    _ parts: [InterpolationPart], _ text: [UInt8], _ deepest: Int, from opener: Token
  ) throws(Diagnostic) -> Expression {
    let last = String(decoding: text, as: UTF8.self)
    let span = Span(opener.span.start, previousEnd)
    guard !parts.isEmpty else {
      depth = 1
      return Expression(.string(last), span)
    }
    try grow(over: deepest, at: opener.span)
    return Expression(.interpolation(last.isEmpty ? parts : parts + [.text(last)]), span)
  }

  private mutating func unclosedString(_ opener: Token) -> Diagnostic {
    isIncomplete = true
    return failure(
      "the string is not closed", at: opener.span, suggestions: ["add the closing \""])
  }

  private func loneBrace(at offset: Int) -> Diagnostic {
    failure(
      "`}` closes nothing in this string", at: Span(offset, offset + 1),
      suggestions: ["a brace itself is written }}"])
  }

  /// Remembers a string that runs over a line's end: perhaps its closing quote is missing.
  private mutating func noteLines(of opener: Token) {
    guard multilineString == nil else { return }
    let range = lexer.bytes[opener.span.end..<max(opener.span.end, previousEnd)]
    if range.contains(where: Lexer.endsLine) {
      multilineString = Span(opener.span.start, previousEnd)
    }
  }

  /// Reads an escape into the text.
  ///
  /// - Returns: the offset after it.
  private mutating func readEscape(
    at offset: Int, into text: inout [UInt8], _ opener: Token
  ) throws(Diagnostic) -> Int {
    let simple: [UInt8: UInt8] = [
      UInt8(ascii: "n"): 0x0A, UInt8(ascii: "t"): 0x09, UInt8(ascii: "r"): 0x0D,
      UInt8(ascii: "0"): 0x00, UInt8(ascii: "\""): UInt8(ascii: "\""),
      UInt8(ascii: "\\"): UInt8(ascii: "\\"), UInt8(ascii: "{"): UInt8(ascii: "{"),
      UInt8(ascii: "}"): UInt8(ascii: "}"), UInt8(ascii: "'"): UInt8(ascii: "'"),
    ]
    guard offset + 1 < lexer.bytes.count else { throw unclosedString(opener) }
    let letter = lexer.bytes[offset + 1]
    if let byte = simple[letter] {
      text.append(byte)
      return offset + 2
    }
    if letter == UInt8(ascii: "u") { return try readUnicodeEscape(at: offset, into: &text) }
    let width = lexer.decodeScalar(at: offset + 1)?.1 ?? 1
    throw failure(
      "`\(source.text(in: Span(offset, offset + 1 + width)))` is not an escape",
      at: Span(offset, offset + 1 + width),
      suggestions: ["escapes are \\n \\t \\\" \\\\ \\u{…}; a backslash itself is \\\\"])
  }

  private func readUnicodeEscape(
    at offset: Int, into text: inout [UInt8]
  ) throws(Diagnostic) -> Int {
    var end = offset + 3
    while end < offset + 12, lexer.byte(at: end) != UInt8(ascii: "}"),
      !Lexer.isBlank(lexer.byte(at: end))
    {
      end += 1
    }
    let digits = source.text(in: Span(offset + 3, end))
    guard lexer.byte(at: offset + 2) == UInt8(ascii: "{"), lexer.byte(at: end) == UInt8(ascii: "}"),
      let value = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(value)
    else {
      throw failure(
        "`\\u` takes the number of a character, in hexadecimal", at: Span(offset, offset + 2),
        suggestions: ["write \\u{3B1} for α"])
    }
    text.append(contentsOf: Array(String(Character(scalar)).utf8))
    return end + 1
  }

  /// Reads `{expression:format}`; `previousEnd` is after its closing brace then.
  private mutating func parseInterpolation(
    at offset: Int, _ string: Token
  ) throws(Diagnostic) -> InterpolationPart {
    resume(at: offset)
    let opener = current
    let outer = try enterBrackets()
    interpolationNesting += 1
    defer {
      interpolationNesting -= 1
      leaveBrackets(outer)
    }
    guard current.kind != .rightBrace else {
      throw failure(
        "nothing stands between the braces", at: Span(offset, current.span.end),
        suggestions: formatted(string).map { ["write \($0)"] }
          ?? ["write {name}", "braces themselves are written {{ and }}"])
    }
    // `{:.2f}`: Python's, whose values follow the string.
    if current.kind == .colon || current.kind == .slip && text(current).hasPrefix(":"),
      let text = formatted(string)
    {
      throw failure(
        "nothing stands before the colon", at: Span(offset, current.span.end),
        suggestions: ["write \(text)"])
    }
    let value = try parseExpression()
    switch current.kind {
    case .rightBrace:
      previousEnd = current.span.end
      return .value(value, format: nil)
    case .slip where text(current).hasPrefix(":"), .colon:
      // The format `=8` would be read as the foreign operator `:=`.
      let format = try parseFormat(at: current.span.start + 1, opener)
      return .value(value, format: format)
    case .endOfInput:
      isIncomplete = true
      throw failure(
        "`{` is not closed in this string", at: opener.span,
        suggestions: ["add the `}`", "a brace itself is written {{"])
    case .quote:
      throw failure(
        "`{` is not closed in this string", at: opener.span,
        suggestions: ["add the `}`", "a brace itself is written {{"])
    default: throw try misplaced(expecting: "`}`, or `:` and a format")
    }
  }

  /// What `"{} of {}".format(a, b)` is here; nil where no such call follows the string.
  private func formatted(_ string: Token) -> String? {
    let bytes = lexer.bytes
    let start = string.span.end
    guard
      let end = bytes[start...].firstIndex(where: {
        $0 == UInt8(ascii: "\"") || Lexer.endsLine($0)
      }), bytes[end] == UInt8(ascii: "\"")
    else { return nil }
    let call = Array(".format(".utf8)
    let open = end + 1 + call.count
    guard open < bytes.count, Array(bytes[end + 1..<open]) == call else { return nil }
    var (depth, close) = (1, open)
    while close < bytes.count, !Lexer.endsLine(bytes[close]) {
      if bytes[close] == UInt8(ascii: "(") { depth += 1 }
      if bytes[close] == UInt8(ascii: ")") { depth -= 1 }
      if depth == 0 { break }
      close += 1
    }
    guard depth == 0 else { return nil }
    return ForeignFormats.interpolation(
      ofBraces: source.text(in: Span(start, end)),
      ForeignFormats.arguments(in: source.text(in: Span(open, close))))
  }

  private mutating func parseFormat(
    at start: Int, _ opener: Token
  ) throws(Diagnostic) -> FormatSpecification {
    var end = start
    let stops: [UInt8] = [UInt8(ascii: "}"), UInt8(ascii: "\""), 0x0A, 0x0D]
    while end < lexer.bytes.count, !stops.contains(lexer.bytes[end]) { end += 1 }
    guard lexer.byte(at: end) == UInt8(ascii: "}") else {
      isIncomplete = end >= lexer.bytes.count
      throw failure(
        "`{` is not closed in this string", at: opener.span, suggestions: ["add the `}`"])
    }
    let text = source.text(in: Span(start, end))
    guard let format = FormatSpecification(text) else {
      throw failure(
        "`\(text)` is not a format", at: Span(start, max(end, start + 1)),
        suggestions: ["width, precision and one of d e f g %, as in {x:8.4f}"])
    }
    previousEnd = end + 1
    return format
  }
}
