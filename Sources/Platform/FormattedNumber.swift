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
    let letter: UInt8 =
      switch conversion {
      case "f", "e", "g", "F", "E", "G": conversion.asciiValue ?? 0x67
      default: 0x67
      }
    let precision = min(max(0, precision), Self.mostDigits)
    // The longest text is that of the greatest number with every digit after the point.
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 340 + precision) { buffer in
      let count = buffer.withMemoryRebound(to: CChar.self) { characters in
        // SAFETY: the function writes no more than the count, and gives how much it wrote.
        characters.baseAddress.map {
          Int(
            nnsh_format_number(
              $0, characters.count, CChar(truncatingIfNeeded: letter), Int32(precision), self))
        } ?? 0
      }
      return String(decoding: UnsafeMutableBufferPointer(rebasing: buffer[..<count]), as: UTF8.self)
    }
  }

  /// More than anybody reads, and less than fills memory.
  private static let mostDigits = 1_000_000
}
