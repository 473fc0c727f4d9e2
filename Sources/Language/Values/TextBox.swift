import Tensors

/// A string, with what makes its characters and its hash quick to reach.
///
/// A character is a Unicode code point, as in Python. Where all are ASCII, characters are bytes;
/// otherwise the places of some are noted, when a position is first asked for. Two strings are the
/// same where their code points are, and in the order of these.
package final class TextBox: @unchecked Sendable {
  // Unchecked: written to only while uniquely referenced, or by the one machine thread.
  @exclusivity(unchecked) private var text: String
  /// nil where nobody has asked for it, and where all characters are known to be ASCII.
  @exclusivity(unchecked) private var characters: CharacterPlaces?
  /// 0 where nobody has asked for it.
  @exclusivity(unchecked) private var knownHash: UInt64 = 0
  /// Whether all characters are known to be ASCII.
  @exclusivity(unchecked) private var isKnownASCII = false
  /// Of the strings of one ASCII character that all texts share, its number; otherwise below 0.
  package let code: Int16

  package init(_ content: String) {
    text = content
    code = -1
  }

  /// A text that is known to be ASCII.
  init(ascii content: String) {
    text = content
    isKnownASCII = true
    code = -1
  }

  private init(character code: UInt8) {
    text = String(UnicodeScalar(code))
    isKnownASCII = true
    self.code = Int16(code)
  }

  package var content: String { text }

  /// How many bytes it takes up.
  package var byteCount: Int { text.utf8.count }

  /// What a function gives for the bytes.
  @inline(__always)
  func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) throws -> Result) rethrows -> Result {
    if let result = try text.utf8.withContiguousStorageIfAvailable(body) { return result }
    var copy = text
    return try copy.withUTF8(body)
  }

  /// A string as a value; those of one ASCII character share one.
  package static func shared(_ text: String) -> TextBox {
    let bytes = text.utf8
    if bytes.count == 1, let byte = bytes.first, byte < 0x80 { return ascii[Int(byte)] }
    return TextBox(text)
  }

  /// The text of some bytes, which begin and end between characters.
  @inline(__always)
  static func shared(_ bytes: UnsafeBufferPointer<UInt8>, areASCII: Bool = false) -> TextBox {
    if bytes.count == 1, bytes[0] < 0x80 { return ascii[Int(bytes[0])] }
    let text = String(decoding: bytes, as: UTF8.self)
    return areASCII ? TextBox(ascii: text) : TextBox(text)
  }

  /// Whether all characters are ASCII.
  @inline(__always)
  var isASCII: Bool { isKnownASCII || places == nil }

  /// Where the characters begin; nil where all are ASCII, and each begins at the byte of its number.
  private var places: CharacterPlaces? {
    if isKnownASCII { return nil }
    if let characters { return characters }
    if withBytes(\.areASCII) {
      isKnownASCII = true
    } else {
      characters = withBytes { CharacterPlaces(of: $0) }
    }
    return characters
  }

  /// How many characters there are.
  package var count: Int { isASCII ? byteCount : characters?.count ?? byteCount }

  /// Its first and its last byte; nil where it is empty.
  package var outerBytes: (first: UInt8, last: UInt8)? {
    withBytes { $0.isEmpty ? nil : ($0[0], $0[$0.count - 1]) }
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
  func append(_ more: TextBox) throws {
    let bytes = byteCount
    let isStillASCII = isKnownASCII && more.isASCII
    try text.appendGuarded(more.text)
    knownHash = 0
    isKnownASCII = isStillASCII
    if let characters { more.withBytes { characters.append($0, after: bytes) } }
  }

  /// The text with another one after it.
  func appending(_ more: TextBox) throws -> TextBox {
    var joined = text
    try joined.appendGuarded(more.text)
    return isKnownASCII && more.isASCII ? TextBox(ascii: joined) : TextBox(joined)
  }

  /// A character as a string value.
  package func character(at position: Int) -> Value {
    let start = isKnownASCII ? position : byte(of: position)
    let byte = text.utf8[text.utf8.index(text.startIndex, offsetBy: start)]
    if byte < 0x80 { return .string(Self.ascii[Int(byte)]) }
    return part(position..<position + 1)
  }

  /// The character at a position as its number, where that is below 128 and quick to find.
  @inline(__always)
  func asciiCharacter(at position: Int) -> Int? {
    guard isKnownASCII, position < text.utf8.count else { return nil }
    return Int(text.utf8[text.utf8.index(text.utf8.startIndex, offsetBy: position)])
  }

  /// The characters of a range of positions.
  package func part(_ range: Range<Int>) -> Value {
    let isASCII = isASCII
    let bytes = isASCII ? range : byte(of: range.lowerBound)..<byte(of: range.upperBound)
    return .string(
      withBytes { .shared(UnsafeBufferPointer(rebasing: $0[bytes]), areASCII: isASCII) })
  }

  /// The characters at some positions, in their order.
  func characters(at positions: some RandomAccessCollection<Int>) -> Value {
    let isASCII = isASCII
    let text = withBytes { bytes in
      // A character takes up to four bytes.
      String(unsafeUninitializedCapacity: positions.count * (isASCII ? 1 : 4)) { memory in
        var end = 0
        if isASCII {
          for position in positions {
            memory[end] = bytes[position]
            end += 1
          }
          return end
        }
        for position in positions {
          var place = byte(of: position)
          repeat {
            memory[end] = bytes[place]
            end += 1
            place += 1
          } while place < bytes.count && bytes[place] & 0xC0 == 0x80
        }
        return end
      }
    }
    return .string(.shared(text))
  }

  /// The position of the character that begins at a byte.
  package func position(ofByte byte: Int) -> Int {
    guard let places else { return byte }
    return withBytes { places.position(ofByte: byte, in: $0) }
  }

  /// The byte at which a character begins.
  package func byte(of position: Int) -> Int {
    guard let places else { return position }
    return withBytes { places.byte(of: position, in: $0) }
  }

  /// The characters, each a string.
  package func characterValues() throws -> [Value] {
    guard isASCII else { return try interruptibleList(count: count) { character(at: $0) } }
    try MemoryGuard.check(elements: Double(byteCount), bytesEach: 16)
    return try withBytes { bytes in
      try [Value](unsafeUninitializedCapacity: bytes.count) { memory, count in
        guard let start = memory.baseAddress else { return }
        for (place, byte) in bytes.enumerated() {
          if place & 0xFFFF == 0 { try Interrupt.check() }
          Self.initialize(start + place, toASCII: Int(byte))
          count = place + 1
        }
      }
    }
  }

  /// Puts the string of one ASCII character where no value is: as nobody counts the references to
  /// it, a copy of its bytes will do.
  @inline(__always)
  static func initialize(_ place: UnsafeMutablePointer<Value>, toASCII code: Int) {
    // SAFETY: callers pass numbers below 128.
    UnsafeMutableRawPointer(place).copyMemory(
      from: asciiValues + code, byteCount: MemoryLayout<Value>.size)
  }

  // Unsafe: never written to.
  nonisolated(unsafe) private static let asciiValues: UnsafePointer<Value> = {
    let values = UnsafeMutablePointer<Value>.allocate(capacity: ascii.count)
    for (code, box) in ascii.enumerated() { (values + code).initialize(to: .string(box)) }
    return UnsafePointer(values)
  }()

  /// The character of a number in Unicode below 128, as a string value.
  package static func character(ascii code: Int) -> Value { .string(ascii[code]) }

  /// The strings of one ASCII character, which all texts share and nobody counts the references to.
  private static let ascii: [TextBox] = (0..<128).map {
    let box = TextBox(character: UInt8($0))
    ImmortalObject.make(box)
    return box
  }
}

extension TextBox: Hashable, Comparable {
  package static func == (left: TextBox, right: TextBox) -> Bool { left.isSame(as: right) }

  package static func < (left: TextBox, right: TextBox) -> Bool {
    left.content.precedes(right.content)
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(hash) }
}
