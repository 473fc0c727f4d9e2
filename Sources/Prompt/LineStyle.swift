import Syntax

/// How a character of the line is drawn.
package enum LineStyle: UInt8, Sendable {
  case plain, keyword, number, string, comment, command, function, variable, invalid, bracket
  case ghost, shape, mark

  /// The escape code that switches to it, from nothing.
  var code: String {
    switch self {
    case .plain, .variable: ""
    case .keyword: "\u{1B}[35m"
    case .number: "\u{1B}[36m"
    case .string: "\u{1B}[32m"
    case .comment, .ghost, .mark: "\u{1B}[90m"
    case .command: "\u{1B}[1;34m"
    case .function: "\u{1B}[34m"
    case .invalid: "\u{1B}[31m"
    case .bracket: "\u{1B}[1;4m"
    case .shape: "\u{1B}[2;36m"
    }
  }
}

/// The colours of a text that is being typed.
package struct LineStyles {
  /// The style of each byte of the text.
  package private(set) var bytes: [LineStyle]

  /// A text in no colour.
  package init(plain count: Int) { bytes = Array(repeating: .plain, count: count) }

  /// - Parameters:
  ///   - text: the buffer.
  ///   - cursor: its byte offset; the bracket that belongs to the one there is marked.
  ///   - isCommand: whether a word is a command's.
  ///   - isFunction: whether a word names a builtin.
  package init(
    of text: String, cursor: Int, isCommand: (String) -> Bool, isFunction: (String) -> Bool
  ) {
    let source = Array(text.utf8)
    bytes = Array(repeating: .plain, count: source.count)
    let tokens = Lexer.highlight(text)
    var startsStatement = true
    var previousEnd = 0
    for token in tokens {
      let end = min(token.span.end, source.count)
      guard token.span.start <= end else { continue }
      let range = token.span.start..<end
      if source[min(previousEnd, range.lowerBound)..<range.lowerBound].contains(10) {
        startsStatement = true
      }
      let style: LineStyle
      switch token.kind {
      case .keyword: style = .keyword
      case .number: style = .number
      case .string: style = .string
      case .comment: style = .comment
      case .invalid: style = .invalid
      case .operator: style = .plain
      case .identifier:
        let word = String(decoding: source[range], as: UTF8.self)
        let next = source.dropFirst(range.upperBound).first
        if startsStatement, next == nil || next == 32 || next == 10, isCommand(word) {
          style = .command
        } else {
          style = isFunction(word) ? .function : .variable
        }
      }
      for place in range { bytes[place] = style }
      startsStatement =
        token.kind == .operator && range.count == 1
        && (source[range.lowerBound] == UInt8(ascii: ";")
          || source[range.lowerBound] == UInt8(ascii: "{"))
      previousEnd = range.upperBound
    }
    markBrackets(source, tokens, cursor)
  }

  /// Marks the bracket before the cursor, or else at it, and the one that belongs to it.
  private mutating func markBrackets(
    _ source: [UInt8], _ tokens: [HighlightedToken], _ cursor: Int
  ) {
    var open: [Int] = []
    var partners: [Int: Int] = [:]
    for token in tokens where token.kind == .operator && token.span.end == token.span.start + 1 {
      let place = token.span.start
      guard source.indices.contains(place) else { continue }
      switch source[place] {
      case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): open.append(place)
      case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"):
        guard let start = open.popLast() else { continue }
        if Self.fits(source[start], source[place]) {
          partners[start] = place
          partners[place] = start
        } else {
          bytes[place] = .invalid
        }
      default: break
      }
    }
    for place in [cursor - 1, cursor] {
      guard let partner = partners[place] else { continue }
      bytes[place] = .bracket
      bytes[partner] = .bracket
      return
    }
  }

  private static func fits(_ opening: UInt8, _ closing: UInt8) -> Bool {
    switch opening {
    case UInt8(ascii: "("): closing == UInt8(ascii: ")")
    case UInt8(ascii: "["): closing == UInt8(ascii: "]")
    default: closing == UInt8(ascii: "}")
    }
  }
}
