extension Lexer {
  /// The operators by their text, tried longest first.
  private static let operators: [(text: [UInt8], kind: Token.Kind)] = {
    let kinds: [Token.Kind] = [
      .plus, .minus, .star, .slash, .percent, .at, .caret, .apostrophe, .equal, .notEqual, .less,
      .lessOrEqual, .greater, .greaterOrEqual, .assign, .plusAssign, .minusAssign, .starAssign,
      .slashAssign, .percentAssign, .atAssign, .caretAssign, .leftParenthesis, .rightParenthesis,
      .leftBracket, .rightBracket, .leftBrace,
      .rightBrace, .comma, .colon, .semicolon, .dot, .pipe, .arrow, .halfOpenRange, .closedRange,
      .question,
    ]
    let own = kinds.map { (text: Array($0.spelling.utf8), kind: $0) }
    let foreign = Slips.operators.keys.map { (text: Array($0.utf8), kind: Token.Kind.slip) }
    return (own + foreign).sorted { $0.text.count > $1.text.count }
  }()

  /// `operators`, by the first byte.
  private static let operatorsByFirstByte: [[(text: [UInt8], kind: Token.Kind)]] = {
    var table = [[(text: [UInt8], kind: Token.Kind)]](repeating: [], count: 256)
    for entry in operators {
      if let first = entry.text.first { table[Int(first)].append(entry) }
    }
    return table
  }()

  mutating func scanOperator(_ first: UInt8) -> (Token.Kind, LexicalProblem?) {
    for (text, kind) in Self.operatorsByFirstByte[Int(first)] where starts(with: text) {
      offset += text.count
      return (kind, nil)
    }
    offset += 1
    return (.invalid, .unexpectedCharacter)
  }

  private func starts(with text: [UInt8]) -> Bool {
    guard offset + text.count <= bytes.count else { return false }
    for position in text.indices where bytes[offset + position] != text[position] { return false }
    return true
  }
}
