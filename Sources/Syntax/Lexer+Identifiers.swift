extension Lexer {
  /// Reads a name, a keyword or a named number; the first character is known to fit.
  mutating func scanIdentifier() -> Token.Kind {
    let start = offset
    skipIdentifier()
    let length = offset - start
    guard length <= 8 else { return .identifier }
    let text = String(decoding: bytes[start..<offset], as: UTF8.self)
    return Token.reserved[text] ?? .identifier
  }

  /// Moves past the characters that may stand inside a name.
  mutating func skipIdentifier() {
    while offset < bytes.count {
      let byte = bytes[offset]
      if Self.isASCIIWord(byte) {
        offset += 1
      } else if byte >= 0x80, let (scalar, width) = decodeScalar(at: offset),
        Self.continuesIdentifier(scalar)
      {
        offset += width
      } else {
        return
      }
    }
  }

  static func isASCIIWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
      return true
    default: return false
    }
  }

  /// Whether a name may begin with it: a letter, or the ∂ and ∇ of formulas.
  static func startsIdentifier(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isXIDStart || scalar == "∂" || scalar == "∇"
  }

  /// Whether a name may go on with it: letters, digits, marks, and subscripts as in `W₁`.
  static func continuesIdentifier(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isXIDContinue && scalar != "·" || (0x2080...0x2089).contains(scalar.value)
      || startsIdentifier(scalar)
  }

  /// Reads a name of another script than ASCII, a foreign operator, or what is no token.
  mutating func scanNonASCII() -> (Token.Kind, LexicalProblem?) {
    guard let (scalar, width) = decodeScalar(at: offset) else {
      offset += 1
      return (.invalid, .invalidUTF8)
    }
    if Self.startsIdentifier(scalar) { return (scanIdentifier(), nil) }
    offset += width
    let isForeignOperator = Slips.operators[String(Character(scalar))] != nil
    return isForeignOperator ? (.slip, nil) : (.invalid, .unexpectedCharacter)
  }

  /// The Unicode scalar whose UTF-8 form begins at an offset, and its length in bytes.
  ///
  /// - Returns: nil where the bytes are no well-formed UTF-8 (overlong forms and surrogates too).
  func decodeScalar(at index: Int) -> (Unicode.Scalar, Int)? {
    let first = UInt32(byte(at: index))
    let width: Int
    var value: UInt32
    let least: UInt32
    switch first {
    case 0..<0x80: return (Unicode.Scalar(UInt8(first)), 1)
    case 0xC2..<0xE0: (width, value, least) = (2, first & 0x1F, 0x80)
    case 0xE0..<0xF0: (width, value, least) = (3, first & 0x0F, 0x800)
    case 0xF0..<0xF5: (width, value, least) = (4, first & 0x07, 0x10000)
    default: return nil
    }
    for position in 1..<width {
      let continuation = UInt32(byte(at: index + position))
      guard continuation & 0xC0 == 0x80 else { return nil }
      value = value << 6 | continuation & 0x3F
    }
    guard value >= least, let scalar = Unicode.Scalar(value) else { return nil }
    return (scalar, width)
  }
}
