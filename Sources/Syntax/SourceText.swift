/// A piece of source code with a name for messages: a file's path, `<prompt>`, `-c` or `<stdin>`.
///
/// Positions are byte offsets into the UTF-8 text; lines and columns (in characters, from 1) are
/// worked out only when a message needs them.
public final class SourceText: Sendable {
  /// What messages call this text.
  public let name: String
  /// The text itself.
  public let bytes: [UInt8]
  private let lineStarts: [Int]

  /// The three bytes that some editors put before UTF-8 text.
  static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// - Parameters:
  ///   - text: the source code.
  ///   - name: what messages call it.
  public convenience init(_ text: String, name: String) {
    self.init(bytes: Array(text.utf8), name: name)
  }

  /// The bytes of a file as they are; what is no UTF-8 in them becomes a syntax error, in place.
  ///
  /// - Parameters:
  ///   - bytes: the source code; lines end with a line feed, a carriage return, or both.
  ///   - name: what messages call it.
  public init(bytes: [UInt8], name: String) {
    self.name = name
    self.bytes = bytes
    var starts = [bytes.starts(with: Self.byteOrderMark) ? 3 : 0]
    var offset = 0
    while offset < bytes.count {
      let byte = bytes[offset]
      offset += 1
      let isPair =
        byte == UInt8(ascii: "\r") && offset < bytes.count && bytes[offset] == UInt8(ascii: "\n")
      if Lexer.endsLine(byte), !isPair { starts.append(offset) }
    }
    self.lineStarts = starts
  }

  /// The text between two offsets, clamped to what there is.
  public func text(in span: Span) -> String {
    let lower = min(max(0, span.start), bytes.count)
    let upper = min(max(lower, span.end), bytes.count)
    return String(decoding: bytes[lower..<upper], as: UTF8.self)
  }

  /// The text between two offsets for a suggestion: `…` where it would be long.
  public func shortText(in span: Span) -> String {
    guard span.end - span.start <= 40 else { return "…" }
    let text = text(in: span)
    return text.contains { $0.isNewline } ? "…" : text
  }

  /// The line and column, both from 1, of a byte offset.
  public func position(of offset: Int) -> (line: Int, column: Int) {
    let line = lineIndex(of: offset)
    let start = lineStarts[line]
    let end = max(start, min(offset, bytes.count))
    // Counting characters is slow, and lines may be of 100 MB: plain text counts by its bytes.
    let isPlain = bytes[start..<end].allSatisfy { $0 < 0x80 }
    let column = isPlain ? end - start : text(in: Span(start, end)).count
    return (line + 1, column + 1)
  }

  /// The line, without its newline, that holds a byte offset, and where it starts.
  public func line(around offset: Int) -> (text: String, start: Int) {
    let span = lineSpan(around: offset)
    return (text(in: span), span.start)
  }

  /// Where the line that holds a byte offset stands, without its newline.
  public func lineSpan(around offset: Int) -> Span {
    let index = lineIndex(of: offset)
    let start = lineStarts[index]
    var end = index + 1 < lineStarts.count ? lineStarts[index + 1] : bytes.count
    while end > start, Lexer.endsLine(bytes[end - 1]) { end -= 1 }
    return Span(start, end)
  }

  private func lineIndex(of offset: Int) -> Int {
    var low = 0
    var high = lineStarts.count - 1
    while low < high {
      let middle = (low + high + 1) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle - 1 }
    }
    return low
  }
}

/// A half-open range of byte offsets in a `SourceText`.
public struct Span: Hashable, Sendable {
  /// The first byte.
  public var start: Int
  /// The byte after the last.
  public var end: Int

  /// The bytes from `start` up to, without, `end`.
  public init(_ start: Int, _ end: Int) {
    self.start = start
    self.end = end
  }

  /// The least span that covers both.
  public func union(_ other: Span) -> Span {
    Span(min(start, other.start), max(end, other.end))
  }
}
