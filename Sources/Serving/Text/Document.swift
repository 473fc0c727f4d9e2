import Syntax

/// A text that an editor holds, with places as the Language Server Protocol counts them: lines from
/// 0, and in a line UTF-16 code units.
struct Document {
  /// A place between two characters.
  struct Position: Equatable {
    var line: Int
    /// In UTF-16 code units.
    var character: Int
  }

  private(set) var bytes: [UInt8]
  private var lineStarts: [Int]

  init(_ text: String) {
    bytes = Array(text.utf8)
    lineStarts = Self.lineStarts(of: bytes)
  }

  var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Lines end with a line feed, a carriage return, or both, and with nothing else.
  private static func lineStarts(of bytes: [UInt8]) -> [Int] {
    var starts = [0]
    for (offset, byte) in bytes.enumerated() {
      let isPair = byte == 13 && offset + 1 < bytes.count && bytes[offset + 1] == 10
      if byte == 10 || byte == 13 && !isPair { starts.append(offset + 1) }
    }
    return starts
  }

  /// The bytes of a line, without what ends it.
  private func line(_ number: Int) -> Range<Int> {
    let start = lineStarts[number]
    var end = number + 1 < lineStarts.count ? lineStarts[number + 1] : bytes.count
    while end > start, bytes[end - 1] == 10 || bytes[end - 1] == 13 { end -= 1 }
    return start..<end
  }

  /// The byte at a place; the line's end for one beyond it, the text's end for a line beyond that.
  /// Within a character of two units, that character's beginning.
  func offset(of position: Position) -> Int {
    guard position.line >= 0 else { return 0 }
    guard position.line < lineStarts.count else { return bytes.count }
    let line = line(position.line)
    var offset = line.lowerBound
    var left = position.character
    while offset < line.upperBound, left > 0 {
      let (width, units) = Self.measures(bytes[offset])
      if units > left { break }
      left -= units
      offset = min(line.upperBound, offset + width)
    }
    return offset
  }

  /// The place of a byte.
  func position(of offset: Int) -> Position {
    let offset = min(max(0, offset), bytes.count)
    var (low, high) = (0, lineStarts.count - 1)
    while low < high {
      let middle = (low + high + 1) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle - 1 }
    }
    var character = 0
    var place = lineStarts[low]
    while place < offset {
      let (width, units) = Self.measures(bytes[place])
      character += units
      place += width
    }
    return Position(line: low, character: character)
  }

  /// The bytes and the UTF-16 code units of the character that a byte begins.
  private static func measures(_ first: UInt8) -> (width: Int, units: Int) {
    switch first {
    case 0xF0...: (4, 2)
    case 0xE0...: (3, 1)
    case 0xC0...: (2, 1)
    default: (1, 1)
    }
  }

  /// Puts text in place of what stands between two places.
  mutating func replace(_ start: Position, _ end: Position, with text: String) {
    let first = offset(of: start)
    let last = max(first, offset(of: end))
    bytes.replaceSubrange(first..<last, with: text.utf8)
    lineStarts = Self.lineStarts(of: bytes)
  }
}
