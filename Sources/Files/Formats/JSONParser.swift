import Tensors

/// What is wrong with a text in JSON, and at which of its bytes.
package enum JSONFault: Error {
  case unsound(String, at: Int)
  /// One value has ended, and more follows.
  case goesOn(at: Int)
  case interrupted
}

/// Reads JSON as RFC 8259 has it, and `NaN`, `Infinity` and `-Infinity`, which Python writes.
/// Nesting is limited, so that no text exhausts the stack.
struct JSONParser {
  private let bytes: [UInt8]
  private let deepest: Int
  private(set) var position = 0
  private var values = 0
  /// The whole numbers that Float64 skips.
  private(set) var rounded = RoundedIntegers()

  init(_ bytes: [UInt8], deepest: Int) {
    self.bytes = bytes
    self.deepest = deepest
  }

  /// The text's one value.
  mutating func document() throws(JSONFault) -> JSONValue {
    let value = try value(depth: 0)
    skipSpace()
    guard position == bytes.count else {
      throw .goesOn(at: position)
    }
    return value
  }

  /// The values of a text that follow each other, a line each.
  mutating func lines() throws(JSONFault) -> [JSONValue] {
    var values: [JSONValue] = []
    skipSpace()
    while position < bytes.count {
      values.append(try value(depth: 1))
      skipSpace()
    }
    return values
  }

  private mutating func value(depth: Int) throws(JSONFault) -> JSONValue {
    guard depth <= deepest else {
      throw .unsound("lists and objects are nested more than \(deepest) deep", at: position)
    }
    values += 1
    if values & 0xFFFF == 0, Interrupt.isRequested { throw .interrupted }
    skipSpace()
    guard let first = current else { throw .unsound("a value is missing", at: position) }
    switch first {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try text())
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      if bytes[position...].starts(with: "-I".utf8) { return try word() }
      return try number()
    default: return try word()
    }
  }

  private mutating func object(depth: Int) throws(JSONFault) -> JSONValue {
    position += 1
    var members: [(name: String, value: JSONValue)] = []
    if skip(UInt8(ascii: "}")) { return .object(members) }
    while true {
      skipSpace()
      guard current == UInt8(ascii: "\"") else {
        throw .unsound("a name in double quotes is missing", at: position)
      }
      let name = try text()
      guard skip(UInt8(ascii: ":")) else {
        throw .unsound("a : is missing after the name", at: position)
      }
      members.append((name, try value(depth: depth + 1)))
      if skip(UInt8(ascii: "}")) { return .object(members) }
      guard skip(UInt8(ascii: ",")) else { throw .unsound("a , or } is missing", at: position) }
    }
  }

  private mutating func array(depth: Int) throws(JSONFault) -> JSONValue {
    position += 1
    var elements: [JSONValue] = []
    if skip(UInt8(ascii: "]")) { return .array(elements) }
    while true {
      elements.append(try value(depth: depth + 1))
      if skip(UInt8(ascii: "]")) { return .array(elements) }
      guard skip(UInt8(ascii: ",")) else { throw .unsound("a , or ] is missing", at: position) }
    }
  }

  // MARK: Numbers and words

  private mutating func number() throws(JSONFault) -> JSONValue {
    let start = position
    if current == UInt8(ascii: "-") { position += 1 }
    let isSound = current != UInt8(ascii: "0") || !Self.isDigit(peek(1))
    var isWhole = true
    var hasDigits = skipDigits() && isSound
    if current == UInt8(ascii: ".") {
      position += 1
      isWhole = false
      hasDigits = skipDigits() && hasDigits
    }
    if let byte = current, byte | 0x20 == UInt8(ascii: "e") {
      position += 1
      isWhole = false
      if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
      hasDigits = skipDigits() && hasDigits
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    guard hasDigits else { throw .unsound("\(text.prefix(20)) is no number", at: start) }
    if isWhole, let integer = Int(text) {
      if Int(exactly: Double(integer)) != integer { rounded.note(Double(integer)) }
      return .integer(integer)
    }
    guard let number = Double(text) else {
      throw .unsound("\(text.prefix(20)) is no number", at: start)
    }
    if isWhole { rounded.note(number) }
    return .number(number)
  }

  private static func isDigit(_ byte: UInt8?) -> Bool {
    byte.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? false
  }

  private mutating func skipDigits() -> Bool {
    let start = position
    while Self.isDigit(current) { position += 1 }
    return position > start
  }

  private static let words: [(word: String, value: JSONValue)] = [
    ("true", .bool(true)), ("false", .bool(false)), ("null", .null), ("NaN", .number(.nan)),
    ("Infinity", .number(.infinity)), ("-Infinity", .number(-.infinity)),
  ]

  private mutating func word() throws(JSONFault) -> JSONValue {
    for (word, value) in Self.words where bytes[position...].starts(with: word.utf8) {
      position += word.utf8.count
      return value
    }
    throw .unsound("a value begins with {, [, \", a digit, or is true, false or null", at: position)
  }

  // MARK: Strings

  private mutating func text() throws(JSONFault) -> String {
    let start = position
    position += 1
    var content: [UInt8] = []
    while let byte = current, byte != UInt8(ascii: "\"") {
      guard byte >= 0x20 else {
        throw .unsound("a string holds a line end or another control sign", at: position)
      }
      position += 1
      if byte == UInt8(ascii: "\\") {
        guard let scalar = escape() else {
          throw .unsound("a string holds an escape that JSON lacks", at: position - 1)
        }
        content.append(contentsOf: String(scalar).utf8)
      } else {
        content.append(byte)
      }
    }
    guard current == UInt8(ascii: "\"") else {
      throw .unsound("the quotation mark is never closed", at: start)
    }
    position += 1
    guard let text = String(validating: content, as: UTF8.self) else {
      throw .unsound("a string is no text in UTF-8", at: start)
    }
    return text
  }

  private mutating func escape() -> Unicode.Scalar? {
    guard let byte = current else { return nil }
    position += 1
    switch byte {
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "u"): return unicodeEscape()
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    default: return nil
    }
  }

  private mutating func unicodeEscape() -> Unicode.Scalar? {
    guard let first = hexadecimal() else { return nil }
    guard (0xD800..<0xDC00).contains(first) else { return Unicode.Scalar(first) }
    // Characters beyond 16 bits are written as two halves.
    guard bytes[position...].starts(with: "\\u".utf8) else { return nil }
    position += 2
    guard let second = hexadecimal(), (0xDC00..<0xE000).contains(second) else { return nil }
    return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
  }

  private mutating func hexadecimal() -> UInt32? {
    guard bytes.count - position >= 4 else { return nil }
    defer { position += 4 }
    let digits = String(decoding: bytes[position..<position + 4], as: UTF8.self)
    guard digits.allSatisfy(\.isHexDigit) else { return nil }
    return UInt32(digits, radix: 16)
  }

  // MARK: Bytes

  private var current: UInt8? { peek(0) }

  private func peek(_ offset: Int) -> UInt8? {
    position + offset < bytes.count ? bytes[position + offset] : nil
  }

  private mutating func skipSpace() {
    while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  private mutating func skip(_ byte: UInt8) -> Bool {
    skipSpace()
    guard current == byte else { return false }
    position += 1
    return true
  }
}
