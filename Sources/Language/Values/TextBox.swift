/// A string, with what makes its characters and its hash quick to reach.
///
/// A character is a Unicode code point, as in Python. Where all are ASCII, characters are bytes;
/// otherwise the places of some are noted, when a position is first asked for. Two strings are the
/// same where their code points are, and in the order of these.
package final class TextBox: @unchecked Sendable {
  // Unchecked: written to only while uniquely referenced, or by the one machine thread.
  @exclusivity(unchecked) private var text: String
  @exclusivity(unchecked) private var characters: CharacterPlaces?
  /// 0 where nobody has asked for it.
  @exclusivity(unchecked) private var knownHash: UInt64 = 0
  /// How many characters it has where all are known to be ASCII; otherwise below 0.
  @exclusivity(unchecked) private var asciiCount = -1
  /// Of the strings of one ASCII character that all texts share, its number; otherwise below 0.
  package let code: Int16

  package init(_ content: String) {
    text = content
    code = -1
  }

  private init(ascii code: UInt8) {
    text = String(UnicodeScalar(code))
    self.code = Int16(code)
  }

  package var content: String { text }

  /// A string as a value; those of one ASCII character share one.
  package static func shared(_ text: String) -> TextBox {
    let bytes = text.utf8
    if bytes.count == 1, let byte = bytes.first, byte < 0x80 { return ascii[Int(byte)] }
    return TextBox(text)
  }

  private var places: CharacterPlaces {
    if let characters { return characters }
    let found = CharacterPlaces(of: content)
    characters = found
    if found.isASCII { asciiCount = found.count }
    return found
  }

  /// How many characters there are.
  package var count: Int { asciiCount >= 0 ? asciiCount : places.count }

  /// Its first and its last byte; nil where it is empty.
  package var outerBytes: (first: UInt8, last: UInt8)? {
    let bytes = text.utf8.withContiguousStorageIfAvailable { bytes in
      bytes.isEmpty ? nil : (bytes[0], bytes[bytes.count - 1])
    }
    return bytes ?? nil
  }

  /// A hash of the text; equal texts have equal ones.
  var hash: UInt64 {
    if knownHash == 0 { knownHash = content.textHash }
    return knownHash
  }

  /// Whether both texts have the same code points.
  @inline(__always)
  func isSame(as other: TextBox) -> Bool {
    self === other || content.hasSameCodePoints(as: other.content)
  }

  /// Appends in place; what is known of the characters before stays known.
  func append(_ more: String) throws {
    let bytes = text.utf8.count
    try text.appendGuarded(more)
    knownHash = 0
    characters?.append(more, after: bytes)
    if asciiCount >= 0, let characters { asciiCount = characters.isASCII ? characters.count : -1 }
  }

  /// A character as a string value.
  package func character(at position: Int) -> Value {
    let start = asciiCount >= 0 ? position : places.byte(of: position, in: content)
    let byte = content.utf8[content.utf8.index(content.startIndex, offsetBy: start)]
    if byte < 0x80 { return .string(Self.ascii[Int(byte)]) }
    return .text(slice(position..<position + 1))
  }

  /// The characters of a range of positions.
  package func slice(_ range: Range<Int>) -> String {
    guard !range.isEmpty else { return "" }
    let places = places
    let bytes = content.utf8
    let start = bytes.index(
      content.startIndex, offsetBy: places.byte(of: range.lowerBound, in: content))
    let end = bytes.index(
      content.startIndex, offsetBy: places.byte(of: range.upperBound, in: content))
    return String(content[start..<end])
  }

  /// The position of the character that begins at a byte.
  package func position(ofByte byte: Int) -> Int { places.position(ofByte: byte, in: content) }

  /// The byte at which a character begins.
  package func byte(of position: Int) -> Int { places.byte(of: position, in: content) }

  /// The characters, each a string.
  package func characterValues() throws -> [Value] {
    let places = places
    guard places.isASCII else {
      return try interruptibleList(count: places.count) { character(at: $0) }
    }
    let ascii = Self.ascii
    var text = content
    return try text.withUTF8 { bytes in
      try interruptibleList(count: bytes.count) { .string(ascii[Int(bytes[$0])]) }
    }
  }

  /// The character of a number in Unicode below 128, as a string value.
  package static func character(ascii code: Int) -> Value { .string(ascii[code]) }

  /// The strings of one ASCII character, which all texts share.
  private static let ascii: [TextBox] = (0..<128).map { TextBox(ascii: UInt8($0)) }
}

extension TextBox: Hashable, Comparable {
  package static func == (left: TextBox, right: TextBox) -> Bool { left.isSame(as: right) }

  package static func < (left: TextBox, right: TextBox) -> Bool {
    left.content.precedes(right.content)
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(hash) }
}

extension UnsafeBufferPointer<UInt8> {
  /// Whether all bytes are below 128.
  fileprivate var areASCII: Bool {
    let bytes = UnsafeRawBufferPointer(self)
    var all: UInt64 = 0
    var place = 0
    while count - place >= 8 {
      // SAFETY: eight bytes are left.
      all |= bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)
      place += 8
    }
    while place < count {
      all |= UInt64(self[place])
      place += 1
    }
    return all & 0x8080_8080_8080_8080 == 0
  }
}

/// Where the characters of a text begin: of every 64th the byte, unless all are ASCII.
private struct CharacterPlaces {
  private(set) var count = 0
  private var marks: [Int] = []

  var isASCII: Bool { marks.isEmpty }

  private static let spacing = 64

  init(of text: String) { append(text, after: 0) }

  mutating func append(_ text: String, after bytes: Int) {
    var text = text
    text.withUTF8 { added in
      if isASCII, added.areASCII {
        count += added.count
        return
      }
      if isASCII { marks = Array(stride(from: 0, to: count, by: Self.spacing)) }
      for (offset, byte) in added.enumerated() where byte & 0xC0 != 0x80 {
        if count % Self.spacing == 0 { marks.append(bytes + offset) }
        count += 1
      }
    }
  }

  func byte(of position: Int, in text: String) -> Int {
    if isASCII { return position }
    if position >= count { return text.utf8.count }
    var byte = marks[position / Self.spacing]
    var left = position % Self.spacing
    var index = text.utf8.index(text.startIndex, offsetBy: byte)
    while left > 0 {
      repeat {
        index = text.utf8.index(after: index)
        byte += 1
      } while text.utf8[index] & 0xC0 == 0x80
      left -= 1
    }
    return byte
  }

  func position(ofByte byte: Int, in text: String) -> Int {
    if isASCII { return byte }
    var low = 0
    var high = marks.count
    while low < high {
      let middle = (low + high) / 2
      if marks[middle] <= byte { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { return 0 }
    let mark = marks[low - 1]
    let bytes = text.utf8
    let start = bytes.index(text.startIndex, offsetBy: mark)
    let end = bytes.index(text.startIndex, offsetBy: byte)
    return (low - 1) * Self.spacing + bytes[start..<end].count { $0 & 0xC0 != 0x80 }
  }
}
