import CPlatform

extension Double {
  /// The number as C's `printf` writes it, with a point whatever the locale; `nan`, `inf`, `-inf`.
  ///
  /// - Parameters:
  ///   - conversion: `f` with decimals, `e` with an exponent, `g` in significant digits; in upper
  ///     case so are the letters.
  ///   - precision: the decimals, or for `g` the significant digits.
  package func formatted(_ conversion: Character, precision: Int) -> String {
    if !isFinite {
      let text = isNaN ? "nan" : self < 0 ? "-inf" : "inf"
      return conversion.isUppercase ? text.uppercased() : text
    }
    let letter = "fegFEG".contains(conversion) ? conversion.asciiValue ?? 0x67 : 0x67
    let precision = min(max(0, precision), Self.mostDigits)
    // The longest text is that of the greatest number with every digit after the point.
    return String(unsafeUninitializedCapacity: 340 + precision) { buffer in
      buffer.withMemoryRebound(to: CChar.self) { characters in
        // SAFETY: the function writes no more than the count, and gives how much it wrote.
        characters.baseAddress.map {
          Int(
            nnsh_format_number(
              $0, characters.count, CChar(truncatingIfNeeded: letter), Int32(precision), self))
        } ?? 0
      }
    }
  }

  /// More than anybody reads, and less than fills memory.
  private static let mostDigits = 1_000_000
}
