import Platform
import Tensors

/// Looks for a part of a text by its bytes, which in UTF-8 never begin inside a character.
package struct TextSearch {
  private let part: [UInt8]

  /// - Parameter part: not empty.
  package init(_ part: String) { self.part = Array(part.utf8) }

  /// Where the part begins, in bytes, from a byte on; nil where it does not occur.
  package func first(in bytes: UnsafeBufferPointer<UInt8>, from start: Int = 0) -> Int? {
    guard let base = bytes.baseAddress, let byte = part.first else { return nil }
    let last = bytes.count - part.count
    var place = start
    // SAFETY: nothing is read before `place` or beyond the text's end.
    while place <= last, let found = memchr(base + place, Int32(byte), last - place + 1) {
      place = UnsafeRawPointer(base).distance(to: UnsafeRawPointer(found))
      if memcmp(base + place, part, part.count) == 0 { return place }
      place += 1
    }
    return nil
  }

  package func first(in text: String) -> Int? {
    var text = text
    return text.withUTF8 { first(in: $0) }
  }

  /// The pieces of a text between the places where the part stands, empty ones too; Ctrl-C is
  /// heeded in between.
  package func pieces(of text: String) throws -> [String] {
    var text = text
    return try text.withUTF8 { bytes in
      var pieces: [String] = []
      var start = 0
      while let place = first(in: bytes, from: start) {
        if pieces.count & 0xFFFF == 0 { try Interrupt.check() }
        pieces.append(Self.text(bytes, start..<place))
        start = place + part.count
      }
      pieces.append(Self.text(bytes, start..<bytes.count))
      return pieces
    }
  }

  /// The words of a text, between which white space stands; Ctrl-C is heeded in between.
  package static func words(of text: String) throws -> [String] {
    var text = text
    return try text.withUTF8 { bytes in
      var words: [String] = []
      var start = 0
      var place = 0
      while place < bytes.count {
        let space = whiteSpace(in: bytes, at: place)
        if space == 0 {
          place += 1
          continue
        }
        if place > start {
          if words.count & 0xFFFF == 0 { try Interrupt.check() }
          words.append(Self.text(bytes, start..<place))
        }
        place += space
        start = place
      }
      if place > start { words.append(Self.text(bytes, start..<place)) }
      return words
    }
  }

  /// How many bytes the white space has that begins at a place; 0 where none does.
  @inline(__always)
  private static func whiteSpace(in bytes: UnsafeBufferPointer<UInt8>, at place: Int) -> Int {
    let byte = bytes[place]
    if byte < 0x80 { return byte == 0x20 || byte &- 9 < 5 ? 1 : 0 }
    return byte < 0xC0 ? 0 : wideWhiteSpace(in: bytes, at: place)
  }

  private static func wideWhiteSpace(in bytes: UnsafeBufferPointer<UInt8>, at place: Int) -> Int {
    let length = bytes[place] < 0xE0 ? 2 : bytes[place] < 0xF0 ? 3 : 4
    let scalar = text(bytes, place..<min(place + length, bytes.count)).unicodeScalars.first
    return scalar?.properties.isWhitespace == true ? length : 0
  }

  /// A text with the part replaced everywhere.
  package func replacing(in text: String, with other: String) throws -> String {
    let pieces = try pieces(of: text)
    if pieces.count == 1 { return text }
    let (grown, overflow) = other.utf8.count.multipliedReportingOverflow(by: pieces.count)
    try MemoryGuard.require(overflow ? .max : text.utf8.count + grown)
    return TextPieces.joined(
      count: pieces.count, separator: other, bytes: text.utf8.count + grown
    ) { pieces[$0] }
  }

  /// The text of some bytes, which begin and end between characters.
  static func text(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> String {
    String(decoding: UnsafeBufferPointer(rebasing: bytes[range]), as: UTF8.self)
  }
}
