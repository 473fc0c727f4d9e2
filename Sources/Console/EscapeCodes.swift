/// The escape sequences of terminals (ECMA-48).
package enum EscapeCodes {
  /// Text as it reads without its colours, and without any other escape sequence.
  package static func removed(from text: String) -> String {
    guard text.utf8.contains(0x1B) else { return text }
    var plain = String.UnicodeScalarView()
    var place = Place.text
    for scalar in text.unicodeScalars where !place.passes(over: scalar) { plain.append(scalar) }
    return String(plain)
  }

  /// Where in a sequence a text is.
  private enum Place {
    case text, escape
    /// Up to a letter.
    case control
    /// Up to BEL, or Escape and a backslash: a title, a link.
    case string, stringEscape
    /// One more character.
    case short

    /// Goes on by a character; whether that belongs to a sequence.
    mutating func passes(over scalar: Unicode.Scalar) -> Bool {
      switch self {
      case .text:
        guard scalar == "\u{1B}" else { return false }
        self = .escape
      case .escape:
        switch scalar {
        case "[": self = .control
        case "]", "P", "X", "^", "_": self = .string
        case "(", ")", "O", "#": self = .short
        case "\u{1B}": self = .escape
        default: self = .text
        }
      case .control:
        guard scalar.value >= 32 else {
          self = scalar == "\u{1B}" ? .escape : .text
          return self == .escape
        }
        if (0x40...0x7E).contains(scalar.value) { self = .text }
      case .string:
        if scalar == "\n" {
          self = .text
          return false
        }
        if scalar == "\u{7}" { self = .text }
        if scalar == "\u{1B}" { self = .stringEscape }
      case .stringEscape: self = scalar == "\u{1B}" ? .stringEscape : .text
      case .short: self = .text
      }
      return true
    }
  }

  /// Text on one line, without what a terminal would obey: names in files may hold anything.
  package static func shown(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    let plain = removed(from: text).unicodeScalars.map { isControl($0) ? "�" : $0 }
    return String(String.UnicodeScalarView(plain))
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 32 || (0x7F...0x9F).contains(scalar.value) || scalar.value == 0x2028
      || scalar.value == 0x2029
  }
}
