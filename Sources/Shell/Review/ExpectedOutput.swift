import Language
import Syntax
import Tensors

/// What a comment says that a statement gives: `# → 3`, on its line or below it. Further lines
/// begin with `# →` again, or are set in by three spaces or more.
struct ExpectedOutput {
  /// The value as written.
  let text: String
  /// Where its first line stands.
  let offset: Int
  /// Where each of its lines stands.
  let offsets: Set<Int>

  private static let arrows = ["→", "->"]

  /// Nil where no such comment follows the statement.
  init?(after statement: Statement, in source: SourceText) {
    var lines: [String] = []
    var places: [Int] = []
    var place = statement.span.end
    while place <= source.bytes.count {
      let end = source.lineSpan(around: place).end
      guard let comment = Self.comment(in: Span(place, end), source) else {
        // The statement's own line may be without one.
        guard lines.isEmpty, place == statement.span.end,
          source.text(in: Span(place, end)).allSatisfy({ $0 == " " || $0 == ";" })
        else { break }
        place = Self.nextLine(after: end, source)
        continue
      }
      if let value = Self.value(of: comment) {
        lines.append(value)
      } else if !lines.isEmpty, comment.hasPrefix("   ") {
        lines.append(String(comment))
      } else {
        break
      }
      places.append(place)
      if end >= source.bytes.count { break }
      place = Self.nextLine(after: end, source)
    }
    guard let first = places.first else { return nil }
    text = lines.joined(separator: "\n")
    offset = first
    offsets = Set(places.map { source.lineSpan(around: $0).start })
  }

  /// What follows `error:`, where an error is expected.
  var error: String? {
    let text = text.drop { $0 == " " }
    guard text.hasPrefix("error") else { return nil }
    return String(text.dropFirst("error".count).drop { $0 == ":" || $0 == " " })
  }

  /// Where lines with such a comment begin.
  static func places(in source: SourceText) -> [Int] {
    var places: [Int] = []
    var lexer = Lexer(source)
    var end = 0
    // A string's text is skipped with it: its quotes stand on one line, as a rule.
    while true {
      let token = lexer.next()
      var place = end
      while place < token.span.start {
        let line = source.lineSpan(around: place)
        let gap = Span(place, min(line.end, token.span.start))
        if let comment = comment(in: gap, source), value(of: comment) != nil {
          places.append(line.start)
        }
        place = nextLine(after: line.end, source)
        if place <= line.end { break }
      }
      if token.kind == .endOfInput { return places }
      if token.kind == .quote { skipString(&lexer, source) }
      end = lexer.offset
    }
  }

  private static func skipString(_ lexer: inout Lexer, _ source: SourceText) {
    while lexer.offset < source.bytes.count {
      let byte = source.bytes[lexer.offset]
      if byte == UInt8(ascii: "\n") { return }
      lexer.offset += byte == UInt8(ascii: "\\") ? 2 : 1
      if byte == UInt8(ascii: "\"") { return }
    }
  }

  /// What follows `#` where nothing but blanks and `;` stands before it.
  private static func comment(in span: Span, _ source: SourceText) -> Substring? {
    let rest = source.text(in: span).drop { $0 == " " || $0 == "\t" || $0 == ";" }
    return rest.first == "#" ? rest.dropFirst() : nil
  }

  private static func value(of comment: Substring) -> String? {
    let rest = comment.drop { $0 == " " }
    guard let arrow = arrows.first(where: rest.hasPrefix) else { return nil }
    return String(rest.dropFirst(arrow.count))
  }

  private static func nextLine(after end: Int, _ source: SourceText) -> Int {
    var place = end
    if place < source.bytes.count, source.bytes[place] == UInt8(ascii: "\r") { place += 1 }
    if place < source.bytes.count, source.bytes[place] == UInt8(ascii: "\n") { place += 1 }
    return place > end ? place : source.bytes.count + 1
  }

  /// A text with its white space made single.
  static func words(_ text: String) -> String {
    text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  // MARK: comparing

  /// Whether a text says the same, numbers within the digits that are written.
  func isMet(by given: String) -> Bool {
    TextPiece.agree(TextPiece.pieces(of: text)[...], TextPiece.pieces(of: given)[...])
  }

  /// Whether the text, read as an expression, gives the value.
  func isMet(by given: Value, on machine: Machine) -> Bool {
    let source = SourceText(text, name: "")
    guard let expression = try? Parser.parseExpression(source),
      let expected = try? machine.evaluate(expression, in: source)
    else { return false }
    return (try? Self.isClose(given, expected)) ?? false
  }

  private static func isClose(_ a: Value, _ b: Value) throws -> Bool {
    switch (a, b) {
    case (.list(let a), .list(let b)) where a.content.count == b.content.count:
      return try zip(a.content, b.content).allSatisfy { try isClose($0, $1) }
    case (.record(let a), .record(let b)):
      return try a.content.names == b.content.names
        && zip(a.content.values, b.content.values).allSatisfy { try isClose($0, $1) }
    default: break
    }
    if let x = try a.asTensor(), let y = try b.asTensor(), x.shape == y.shape {
      return zip(x.doubles(), y.doubles()).allSatisfy {
        $0 == $1 || abs($0 - $1) <= 1e-6 * max(abs($0), abs($1)) || $0.isNaN && $1.isNaN
      }
    }
    return try Value.areEqual(a, b)
  }
}
