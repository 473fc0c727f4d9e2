import Platform

/// Numbers as results show them.
enum NumberText {
  /// Whole numbers from here on are written by six significant digits.
  private static let wholeLimit = 1e21

  /// The digits of a number without a fraction, below 10²¹ all of them.
  static func integer(_ number: Double) -> String {
    if let integer = Int(exactly: number) {
      return integer == 0 && number.sign == .minus ? "-0" : String(integer)
    }
    return abs(number) < wholeLimit
      ? number.formatted("f", precision: 0) : number.formatted("g", precision: 6)
  }
}

extension Double {
  /// The number as results show it: a whole number exactly, another in up to six significant
  /// digits.
  package var displayed: String {
    guard isFinite, rounded() == self else { return formatted("g", precision: 6) }
    return NumberText.integer(self)
  }

  /// The number in a given number of significant digits; a whole number below 10⁷ exactly.
  func displayed(digits: Int) -> String {
    if isFinite, abs(self) < 1e7, rounded() == self { return NumberText.integer(self) }
    return formatted("g", precision: digits)
  }
}
