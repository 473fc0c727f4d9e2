/// The part of Python's literals that headers of `.npy` files use.
enum PythonLiteral {
  case string(String)
  case bool(Bool)
  case integer(Int)
  case none
  case list([PythonLiteral])
  case dictionary([String: PythonLiteral])

  var string: String? { if case .string(let value) = self { value } else { nil } }
  var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  var integer: Int? { if case .integer(let value) = self { value } else { nil } }
  var list: [PythonLiteral]? { if case .list(let value) = self { value } else { nil } }
  var dictionary: [String: PythonLiteral]? {
    if case .dictionary(let value) = self { value } else { nil }
  }

  /// Reads one literal; anything unexpected gives `nil`. Nesting is limited, so that a hostile
  /// header cannot exhaust the stack.
  struct Parser {
    private let bytes: [UInt8]
    private var position = 0
    private static let deepest = 16

    init(_ text: String) { bytes = Array(text.utf8) }

    mutating func parse() -> PythonLiteral? {
      guard let value = value(depth: 0) else { return nil }
      skipSpace()
      return position == bytes.count ? value : nil
    }

    private mutating func value(depth: Int) -> PythonLiteral? {
      guard depth < Self.deepest else { return nil }
      skipSpace()
      guard let first = current else { return nil }
      switch first {
      case UInt8(ascii: "{"): return dictionary(depth: depth)
      case UInt8(ascii: "("): return list(closing: UInt8(ascii: ")"), depth: depth)
      case UInt8(ascii: "["): return list(closing: UInt8(ascii: "]"), depth: depth)
      case UInt8(ascii: "'"), UInt8(ascii: "\""): return text(quote: first).map { .string($0) }
      case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return integer()
      default: return word()
      }
    }

    private mutating func dictionary(depth: Int) -> PythonLiteral? {
      position += 1
      var entries: [String: PythonLiteral] = [:]
      while true {
        if skip(UInt8(ascii: "}")) { return .dictionary(entries) }
        guard let key = value(depth: depth + 1)?.string, skip(UInt8(ascii: ":")),
          let entry = value(depth: depth + 1)
        else { return nil }
        entries[key] = entry
        if !skip(UInt8(ascii: ",")) {
          return skip(UInt8(ascii: "}")) ? .dictionary(entries) : nil
        }
      }
    }

    private mutating func list(closing: UInt8, depth: Int) -> PythonLiteral? {
      position += 1
      var entries: [PythonLiteral] = []
      while true {
        if skip(closing) { return .list(entries) }
        guard let entry = value(depth: depth + 1) else { return nil }
        entries.append(entry)
        if !skip(UInt8(ascii: ",")) { return skip(closing) ? .list(entries) : nil }
      }
    }

    private mutating func text(quote: UInt8) -> String? {
      position += 1
      let start = position
      while let byte = current, byte != quote {
        if byte == UInt8(ascii: "\\") { return nil }
        position += 1
      }
      guard current == quote else { return nil }
      defer { position += 1 }
      return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func integer() -> PythonLiteral? {
      let start = position
      position += 1
      while let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
        position += 1
      }
      let digits = String(decoding: bytes[start..<position], as: UTF8.self)
      // Python 2 wrote long integers with an L.
      if current == UInt8(ascii: "L") { position += 1 }
      return Int(digits).map { .integer($0) }
    }

    private mutating func word() -> PythonLiteral? {
      for (name, value) in [
        ("True", PythonLiteral.bool(true)), ("False", .bool(false)), ("None", .none),
      ]
      where bytes[position...].starts(with: Array(name.utf8)) {
        position += name.utf8.count
        return value
      }
      return nil
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
      while let byte = current, byte == 0x20 || (0x09...0x0D).contains(byte) { position += 1 }
    }

    /// Passes over this byte where it comes next, and says whether it did.
    private mutating func skip(_ byte: UInt8) -> Bool {
      skipSpace()
      guard current == byte else { return false }
      position += 1
      return true
    }
  }
}
