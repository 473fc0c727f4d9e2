/// A piece of source code with a name for messages: a file's path, `<prompt>`, `-c` or `<stdin>`.
///
/// Positions are byte offsets into the UTF-8 text; lines and columns (in characters, from 1) are
/// worked out only when a message needs them.
package final class SourceText: Sendable {
  /// What messages call this text.
  package let name: String
  /// The text itself.
  package let bytes: [UInt8]
  private let lineStarts: [Int]

  /// - Parameters:
  ///   - text: the source code.
  ///   - name: what messages call it.
  package init(_ text: String, name: String) {
    self.name = name
    let bytes = Array(text.utf8)
    var starts = [0]
    for (offset, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
      starts.append(offset + 1)
    }
    self.bytes = bytes
    self.lineStarts = starts
  }

  /// The text between two offsets, clamped to what there is.
  package func text(in span: Span) -> String {
    let lower = min(max(0, span.start), bytes.count)
    let upper = min(max(lower, span.end), bytes.count)
    return String(decoding: bytes[lower..<upper], as: UTF8.self)
  }

  /// The line and column, both from 1, of a byte offset.
  package func position(of offset: Int) -> (line: Int, column: Int) {
    let line = lineIndex(of: offset)
    let column = text(in: Span(lineStarts[line], min(offset, bytes.count))).count + 1
    return (line + 1, column)
  }

  /// The line, without its newline, that holds a byte offset, and where it starts.
  package func line(around offset: Int) -> (text: String, start: Int) {
    let index = lineIndex(of: offset)
    let start = lineStarts[index]
    let end = index + 1 < lineStarts.count ? lineStarts[index + 1] - 1 : bytes.count
    return (text(in: Span(start, end)), start)
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
package struct Span: Hashable, Sendable {
  package var start: Int
  package var end: Int

  package init(_ start: Int, _ end: Int) {
    self.start = start
    self.end = end
  }

  /// The least span that covers both.
  package func union(_ other: Span) -> Span {
    Span(min(start, other.start), max(end, other.end))
  }
}
