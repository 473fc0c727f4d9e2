/// Cuts source code into tokens, one at a time, from any byte offset.
///
/// It never fails: what cannot be read becomes an `invalid` token, so that the parser can take a
/// bare path from the raw text first (`load ~/a.csv`), and a highlighter can go on. It keeps no
/// list of tokens, so that a script of 100 MB needs no memory but that of its tree.
public struct Lexer: Sendable {
  let bytes: [UInt8]
  /// Where the next token is looked for.
  public var offset: Int

  /// - Parameter source: the code; a byte order mark at its start is skipped.
  public init(_ source: SourceText) {
    bytes = source.bytes
    offset = source.bytes.starts(with: SourceText.byteOrderMark) ? 3 : 0
  }

  /// The byte at an offset, 0 past the end.
  @inline(__always)
  func byte(at index: Int) -> UInt8 {
    index >= 0 && index < bytes.count ? bytes[index] : 0
  }

  /// Reads the next token and moves past it; at the end, `endOfInput` for ever.
  public mutating func next() -> Token {
    let before = offset
    let hasNewline = skipTrivia()
    let start = offset
    let hasSpace = start > before || start == 0
    guard start < bytes.count else {
      return Token(
        kind: .endOfInput, span: Span(start, start), hasSpaceBefore: hasSpace,
        hasNewlineBefore: hasNewline, problem: nil)
    }
    let (kind, problem) = scan(bytes[start])
    return Token(
      kind: kind, span: Span(start, offset), hasSpaceBefore: hasSpace,
      hasNewlineBefore: hasNewline, problem: problem)
  }

  /// Skips white space and comments.
  ///
  /// - Returns: whether a newline was among them.
  mutating func skipTrivia() -> Bool {
    var hasNewline = false
    while offset < bytes.count {
      switch bytes[offset] {
      case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
        hasNewline = true
        offset += 1
      case UInt8(ascii: " "), UInt8(ascii: "\t"), 0x0B, 0x0C: offset += 1
      case UInt8(ascii: "#"): skipComment()
      case 0xC2 where byte(at: offset + 1) == 0xA0:  // a no-break space, from pasted text
        offset += 2
      default: return hasNewline
      }
    }
    return hasNewline
  }

  mutating func skipComment() {
    while offset < bytes.count, !Self.endsLine(bytes[offset]) { offset += 1 }
  }

  static func endsLine(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
  }

  private mutating func scan(_ first: UInt8) -> (Token.Kind, LexicalProblem?) {
    switch first {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "_"):
      return (scanIdentifier(), nil)
    case UInt8(ascii: "0")...UInt8(ascii: "9"): return scanNumber()
    case UInt8(ascii: ".") where Self.isDigit(byte(at: offset + 1)): return scanNumber()
    case UInt8(ascii: "\""):
      offset += 1
      return (.quote, nil)
    case 0:
      offset += 1
      return (.invalid, .nul)
    case 0x80...: return scanNonASCII()
    default: return scanOperator(first)
    }
  }

  static func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }
}
