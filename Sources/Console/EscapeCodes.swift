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

  /// What a terminal needs to show text again, after it got the beginning of something alone: the
  /// end of a picture or sequence that it waits for, the cursor and the colour as they were.
  package static func ending(cut text: String) -> String {
    guard text.utf8.contains(0x1B) else { return "" }
    var cut = CutSequences()
    for scalar in text.unicodeScalars { cut.pass(over: scalar) }
    return cut.ending
  }

  /// What sequences have left open.
  private struct CutSequences {
    private var place = Place.text
    /// The beginning of the latest sequence.
    private var sequence = ""
    private var hasSavedCursor = false
    private var isColoured = false
    /// Whether a picture of kitty's comes in pieces, and the last one has not.
    private var awaitsPiece = false

    private static let kitty = "\u{1B}_G"
    private static let longest = 64

    mutating func pass(over scalar: Unicode.Scalar) {
      guard place.passes(over: scalar) else { return }
      if scalar == "\u{1B}", place == .escape { sequence = "" }
      if sequence.utf8.count < Self.longest || place == .text {
        sequence.unicodeScalars.append(scalar)
      }
      if place == .text { note() }
    }

    private mutating func note() {
      if sequence == "\u{1B}7" { hasSavedCursor = true }
      if sequence == "\u{1B}8" { hasSavedCursor = false }
      if sequence.hasPrefix("\u{1B}["), sequence.hasSuffix("m") {
        isColoured = !["\u{1B}[m", "\u{1B}[0m"].contains(sequence)
      }
      if sequence.hasPrefix(Self.kitty) {
        awaitsPiece = sequence.prefix { $0 != ";" }.hasSuffix("m=1")
      }
    }

    var ending: String {
      var text = ""
      switch place {
      case .text: break
      case .string, .stringEscape: text = "\u{1B}\\"
      // CAN ends whatever has begun.
      case .escape, .control, .short: text = "\u{18}"
      }
      let isKitty =
        (place == .string || place == .stringEscape) && sequence.hasPrefix(Self.kitty)
      if isKitty || awaitsPiece { text += Self.kitty + "m=0;\u{1B}\\" }
      if hasSavedCursor { text += "\u{1B}8" }
      if isColoured { text += "\u{1B}[0m" }
      return text
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
