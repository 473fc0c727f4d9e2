/// The characters that curves are drawn with in the terminal.
package enum DotStyle: String, Sendable, CaseIterable {
  /// Eight dots a character.
  case braille
  /// Four quarters a character, for fonts without braille.
  case blocks
  /// One mark a character, of ASCII alone, as are the axes.
  case ascii

  /// The character of a cell.
  ///
  /// - Parameter dots: the bits of a braille character (U+2800…): two columns of four dots.
  func character(_ dots: UInt8) -> Character {
    switch self {
    case .braille: Unicode.Scalar(0x2800 + UInt32(dots)).map(Character.init) ?? " "
    case .blocks: Self.quarters[Self.quarter(dots)]
    case .ascii: Self.mark(dots)
    }
  }

  /// Upper left 1, upper right 2, lower left 4, lower right 8.
  private static let quarters: [Character] = Array(" ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█")

  private static func quarter(_ dots: UInt8) -> Int {
    (dots & 0x03 != 0 ? 1 : 0) | (dots & 0x18 != 0 ? 2 : 0) | (dots & 0x44 != 0 ? 4 : 0)
      | (dots & 0xA0 != 0 ? 8 : 0)
  }

  /// By where most of the dots lie: at the top, in the middle, at the bottom, or all over.
  private static func mark(_ dots: UInt8) -> Character {
    if dots.nonzeroBitCount > 4 { return "#" }
    switch (dots & 0x09 != 0, dots & 0x36 != 0, dots & 0xC0 != 0) {
    case (true, false, false): return "'"
    case (false, false, true): return "."
    case (false, true, false): return "-"
    default: return "*"
    }
  }

  /// What axes are made of.
  var axis:
    (vertical: Character, tick: Character, corner: Character, line: Character, mark: Character)
  {
    self == .ascii ? ("|", "+", "+", "-", "+") : ("│", "┤", "└", "─", "┬")
  }

  /// A point by itself.
  var point: Character { self == .ascii ? "o" : "•" }
}
