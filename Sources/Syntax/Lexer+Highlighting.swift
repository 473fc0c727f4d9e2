/// A piece of source code with the class by which it is coloured.
public struct HighlightedToken: Sendable, Equatable {
  /// What is told apart by colour; `invalid` is what nnsh cannot read.
  public enum Class: Sendable {
    case keyword, number, string, comment, `operator`, identifier, invalid
  }

  /// How it is coloured.
  public let kind: Class
  /// The bytes that it covers.
  public let span: Span
}

extension Lexer {
  /// The tokens of a text, whole or not, right or wrong; it never fails.
  ///
  /// The expressions in a string's braces are tokens of their own. What lies between two tokens is
  /// white space.
  public static func highlight(_ text: String) -> [HighlightedToken] {
    var highlighter = Highlighter(lexer: Lexer(SourceText(text, name: "")))
    highlighter.run()
    return highlighter.tokens
  }
}

/// Walks a text with a stack of the strings and braces it is in, not by recursion.
private struct Highlighter {
  var lexer: Lexer
  var tokens: [HighlightedToken] = []
  /// One entry for each string whose braces are open: how many brackets are open in them.
  private var interpolations: [Int] = []

  init(lexer: Lexer) { self.lexer = lexer }

  mutating func run() {
    while true {
      skipSpace()
      let token = lexer.next()
      switch token.kind {
      case .endOfInput: return
      case .quote: string(from: token.span.start)
      case .leftBrace, .leftParenthesis, .leftBracket:
        count(+1)
        add(.operator, token.span)
      case .rightBrace where interpolations.last == 0:
        interpolations.removeLast()
        add(.operator, token.span)
        string(from: token.span.end, isResumed: true)
      case .rightBrace, .rightParenthesis, .rightBracket:
        count(-1)
        add(.operator, token.span)
      case .colon where interpolations.last == 0: format(from: token.span.start)
      default: add(Self.kind(of: token), token.span)
      }
    }
  }

  private mutating func count(_ change: Int) {
    guard let last = interpolations.indices.last else { return }
    interpolations[last] = max(0, interpolations[last] + change)
  }

  private mutating func add(_ kind: HighlightedToken.Class, _ span: Span) {
    if span.end > span.start { tokens.append(HighlightedToken(kind: kind, span: span)) }
  }

  /// Skips white space; comments become tokens.
  private mutating func skipSpace() {
    while lexer.offset < lexer.bytes.count {
      let byte = lexer.bytes[lexer.offset]
      if byte == UInt8(ascii: "#") {
        let start = lexer.offset
        lexer.skipComment()
        add(.comment, Span(start, lexer.offset))
      } else if byte != 0, Lexer.isBlank(byte) {
        lexer.offset += 1
      } else {
        return
      }
    }
  }

  /// Reads a string up to its closing quote, an opening brace, or the end.
  private mutating func string(from start: Int, isResumed: Bool = false) {
    var offset = isResumed ? start : start + 1
    while offset < lexer.bytes.count {
      switch lexer.bytes[offset] {
      case UInt8(ascii: "\""):
        lexer.offset = offset + 1
        return add(.string, Span(start, offset + 1))
      case UInt8(ascii: "\\"): offset += 2
      case UInt8(ascii: "{") where lexer.byte(at: offset + 1) == UInt8(ascii: "{"): offset += 2
      case UInt8(ascii: "{"):
        add(.string, Span(start, offset))
        add(.operator, Span(offset, offset + 1))
        interpolations.append(0)
        lexer.offset = offset + 1
        return
      default: offset += 1
      }
    }
    lexer.offset = lexer.bytes.count
    add(.string, Span(start, lexer.bytes.count))
  }

  /// Reads `:8.4f` up to the brace after it.
  private mutating func format(from start: Int) {
    var offset = start
    while offset < lexer.bytes.count, lexer.bytes[offset] != UInt8(ascii: "}"),
      lexer.bytes[offset] != UInt8(ascii: "\"")
    {
      offset += 1
    }
    add(.string, Span(start, offset))
    lexer.offset = offset
  }

  private static func kind(of token: Token) -> HighlightedToken.Class {
    switch token.kind {
    case .identifier: .identifier
    case .number: .number
    case .invalid: .invalid
    case let kind where kind.isKeyword: .keyword
    default: .operator
    }
  }
}
