/// A value of a text in JSON.
package enum JSONValue: Sendable {
  case object([(name: String, value: JSONValue)])
  case array([JSONValue])
  case string(String)
  case integer(Int)
  /// A number with decimals or an exponent, or a whole one beyond 64 bits.
  case number(Double)
  case bool(Bool)
  case null

  package var object: [(name: String, value: JSONValue)]? {
    if case .object(let members) = self { members } else { nil }
  }
  package var array: [JSONValue]? { if case .array(let values) = self { values } else { nil } }
  package var string: String? { if case .string(let value) = self { value } else { nil } }
  package var integer: Int? { if case .integer(let value) = self { value } else { nil } }

  /// The value of a member, `nil` where there is none of that name.
  package subscript(name: String) -> JSONValue? { object?.first { $0.name == name }?.value }

  /// The members of an object whose values are all strings.
  var strings: [String: String]? {
    guard let members = object else { return nil }
    var result: [String: String] = [:]
    for member in members {
      guard let value = member.value.string else { return nil }
      result[member.name] = value
    }
    return result
  }

  /// An object of strings from its text.
  static func strings(
    _ bytes: [UInt8], place: String, format: FileFormat
  ) throws(DataError) -> [String: String] {
    guard let result = header(bytes)?.strings else {
      throw .malformed(place: place, format: format, reason: "its notes are no JSON of strings")
    }
    return result
  }

  /// The one value of a text.
  ///
  /// - Parameter deepest: how many lists and objects may stand within each other.
  package init(parsing text: [UInt8], deepest: Int) throws(JSONFault) {
    var parser = JSONParser(text, deepest: deepest)
    self = try parser.document()
  }

  /// The value in a part of a binary file; nil where the bytes are none. Nothing there is nested
  /// deeply.
  static func header(_ bytes: [UInt8]) -> JSONValue? {
    var parser = JSONParser(bytes, deepest: 32)
    return try? parser.document()
  }

  /// An object of strings as text, its names sorted.
  static func text(_ strings: [String: String]) -> String {
    let members = strings.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(quoted($0.value))" }
    return "{\(members.joined(separator: ","))}"
  }

  /// A string with its quotation marks and escapes.
  static func quoted(_ string: String) -> String {
    var bytes: [UInt8] = []
    appendQuoted(string, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The same, as UTF-8 after what there is.
  static func appendQuoted(_ string: String, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    for byte in string.utf8 {
      switch byte {
      case UInt8(ascii: "\""): bytes += [UInt8(ascii: "\\"), byte]
      case UInt8(ascii: "\\"): bytes += [byte, byte]
      case 0x0A: bytes += "\\n".utf8
      case 0x09: bytes += "\\t".utf8
      case 0..<0x20: bytes += "\\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))".utf8
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}
