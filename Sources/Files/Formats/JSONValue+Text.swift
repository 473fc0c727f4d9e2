extension JSONValue {
  /// The value as text on one line, in UTF-8.
  package var text: [UInt8] {
    var bytes: [UInt8] = []
    append(to: &bytes, indent: nil)
    return bytes
  }

  /// The value as text for people: a member or an element a line, set in by two blanks.
  package var indentedText: [UInt8] {
    var bytes: [UInt8] = []
    append(to: &bytes, indent: 0)
    return bytes
  }

  /// Numbers that JSON cannot say are null, as browsers write them.
  ///
  /// - Parameter indent: how deep what holds it is set in; nil for no lines of their own.
  private func append(to bytes: inout [UInt8], indent: Int?) {
    switch self {
    case .null: bytes += "null".utf8
    case .bool(let truth): bytes += (truth ? "true" : "false").utf8
    case .integer(let number): bytes += "\(number)".utf8
    case .number(let number): bytes += (number.isFinite ? "\(number)" : "null").utf8
    case .string(let text): Self.appendQuoted(text, to: &bytes)
    case .array(let values):
      Self.append(values, between: "[", "]", to: &bytes, indent: indent) { value, bytes, inner in
        value.append(to: &bytes, indent: inner)
      }
    case .object(let members):
      Self.append(members, between: "{", "}", to: &bytes, indent: indent) { member, bytes, inner in
        Self.appendQuoted(member.name, to: &bytes)
        bytes += (inner == nil ? ":" : ": ").utf8
        member.value.append(to: &bytes, indent: inner)
      }
    }
  }

  private static func append<Part>(
    _ parts: [Part], between start: String, _ end: String, to bytes: inout [UInt8], indent: Int?,
    _ append: (Part, inout [UInt8], Int?) -> Void
  ) {
    func breakLine(_ depth: Int?) {
      guard let depth, !parts.isEmpty else { return }
      bytes.append(0x0A)
      bytes += Array(repeating: 0x20, count: depth)
    }
    let inner = indent.map { $0 + 2 }
    bytes += start.utf8
    for (place, part) in parts.enumerated() {
      if place > 0 { bytes.append(UInt8(ascii: ",")) }
      breakLine(inner)
      append(part, &bytes, inner)
    }
    breakLine(indent)
    bytes += end.utf8
  }
}
