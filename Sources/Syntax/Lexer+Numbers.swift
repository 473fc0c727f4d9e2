extension Lexer {
  private static let longestNumber = 10_000

  /// Reads `1`, `1_000`, `0.5`, `.5`, `5.`, `1e-3`; the point of `1..<3` or `5.name` stays behind.
  mutating func scanNumber() -> (Token.Kind, LexicalProblem?) {
    let start = offset
    if let problem = scanHexadecimal() { return (.invalid, problem) }
    var problem = skipDigits()
    if byte(at: offset) == UInt8(ascii: "."), pointBelongsToNumber() {
      offset += 1
      problem = skipDigits() ?? problem
    }
    problem = scanExponent() ?? problem
    if problem == nil { problem = scanTail() }
    if problem == nil, offset - start > Self.longestNumber { problem = .tooManyDigits }
    return (problem == nil ? .number : .invalid, problem)
  }

  private mutating func scanHexadecimal() -> LexicalProblem? {
    guard byte(at: offset) == UInt8(ascii: "0") else { return nil }
    guard [UInt8(ascii: "x"), UInt8(ascii: "X")].contains(byte(at: offset + 1)) else { return nil }
    skipIdentifier()
    return .hexadecimal
  }

  /// Moves past digits; an underscore may only stand between two of them.
  private mutating func skipDigits() -> LexicalProblem? {
    var problem: LexicalProblem?
    while true {
      let byte = byte(at: offset)
      if byte == UInt8(ascii: "_") {
        let isBetween =
          Self.isDigit(self.byte(at: offset - 1)) && Self.isDigit(self.byte(at: offset + 1))
        if !isBetween { problem = .misplacedUnderscore }
      } else if !Self.isDigit(byte) {
        return problem
      }
      offset += 1
    }
  }

  /// Whether the point here is a decimal one: not that of a range, a field or `5.*x` in a name.
  private func pointBelongsToNumber() -> Bool {
    let following = byte(at: offset + 1)
    if following == UInt8(ascii: ".") { return false }
    if following == UInt8(ascii: "e") || following == UInt8(ascii: "E") {
      return exponentFollows(at: offset + 1)
    }
    if following >= 0x80, let (scalar, _) = decodeScalar(at: offset + 1) {
      return !Self.startsIdentifier(scalar)
    }
    return Self.isDigit(following) || !Self.isASCIIWord(following)
  }

  private func exponentFollows(at index: Int) -> Bool {
    let sign = byte(at: index + 1)
    let isSigned = sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-")
    return Self.isDigit(byte(at: index + (isSigned ? 2 : 1)))
  }

  private mutating func scanExponent() -> LexicalProblem? {
    guard byte(at: offset) | 0x20 == UInt8(ascii: "e") else { return nil }
    if exponentFollows(at: offset) {
      offset += 2
      return skipDigits()
    }
    let next = byte(at: offset + 1)
    let isSigned = next == UInt8(ascii: "+") || next == UInt8(ascii: "-")
    guard isSigned || !Self.isASCIIWord(next) else { return nil }
    offset += isSigned ? 2 : 1
    return .missingExponent
  }

  /// Refuses what is stuck to the number: `2x`, `1.2.3`.
  private mutating func scanTail() -> LexicalProblem? {
    let next = byte(at: offset)
    if next == UInt8(ascii: "."), Self.isDigit(byte(at: offset + 1)) {
      while Self.isDigit(byte(at: offset)) || byte(at: offset) == UInt8(ascii: ".") { offset += 1 }
      return .secondPoint
    }
    let before = offset
    skipIdentifier()
    return offset > before ? .numberSuffix : nil
  }

  /// The value of a number token; too large a one is infinity.
  func value(ofNumber token: Token) -> Double {
    let digits = bytes[token.span.start..<token.span.end]
    // Whole numbers of up to 15 digits are exact; lists of them are worth the shortcut.
    if digits.count <= 15, digits.allSatisfy(Self.isDigit) {
      return Double(digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) })
    }
    return Self.value(ofNumber: String(decoding: digits, as: UTF8.self))
  }

  private static func value(ofNumber text: String) -> Double {
    if let named = Token.namedNumbers[text] { return named }
    let bytes = Array(text.utf8)
    // `Double` reads no underscores, and no point without a digit on both sides.
    var plain: [UInt8] = bytes.first == UInt8(ascii: ".") ? [UInt8(ascii: "0")] : []
    for (index, byte) in bytes.enumerated() where byte != UInt8(ascii: "_") {
      let isIdlePoint =
        byte == UInt8(ascii: ".") && !(index + 1 < bytes.count && isDigit(bytes[index + 1]))
      if !isIdlePoint { plain.append(byte) }
    }
    return Double(String(decoding: plain, as: UTF8.self)) ?? .nan
  }
}
