import Glibc

/// Numbers as C's `printf` writes them, without Foundation.
enum NumberText {
  /// `%.*f`, `%.*e`, `%.*g` of a number.
  ///
  /// - Parameters:
  ///   - conversion: `f`, `e` or `g`, lower or upper case.
  ///   - alternate: keeps the trailing zeros of `g`.
  static func format(
    _ number: Double, _ conversion: Character, precision: Int, alternate: Bool = false
  ) -> String {
    if !number.isFinite {
      let text = number.isNaN ? "nan" : number < 0 ? "-inf" : "inf"
      return conversion.isUppercase ? text.uppercased() : text
    }
    // The longest text is that of the greatest number with every digit after the point.
    var buffer = [CChar](repeating: 0, count: 340 + max(0, precision))
    let pattern = "%\(alternate ? "#" : "").*\(conversion)"
    let length = withVaList([Int32(clamping: precision), number]) { list in
      vsnprintf(&buffer, buffer.count, pattern, list)
    }
    let used = min(max(0, Int(length)), buffer.count - 1)
    return String(decoding: buffer[..<used].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Whole numbers from here on are written by six significant digits.
  private static let wholeLimit = 1e21

  /// The digits of a number without a fraction, below 10²¹ all of them.
  static func integer(_ number: Double) -> String {
    if let integer = Int(exactly: number) {
      return integer == 0 && number.sign == .minus ? "-0" : String(integer)
    }
    return abs(number) < wholeLimit
      ? format(number, "f", precision: 0) : format(number, "g", precision: 6)
  }
}

extension Double {
  /// The number as results show it: a whole number exactly, another in up to six significant
  /// digits.
  package var displayed: String {
    guard isFinite, rounded() == self else { return NumberText.format(self, "g", precision: 6) }
    return NumberText.integer(self)
  }

  /// The number in a given number of significant digits; a whole number below 10⁷ exactly.
  func displayed(digits: Int) -> String {
    if isFinite, abs(self) < 1e7, rounded() == self { return NumberText.integer(self) }
    return NumberText.format(self, "g", precision: digits)
  }
}
