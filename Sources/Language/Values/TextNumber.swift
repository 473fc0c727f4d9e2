extension TextBox {
  /// The number that the text is where it has at most fifteen digits, a point among them or not,
  /// and white space of ASCII at its ends; nil for all else.
  package var plainNumber: Double? {
    withBytes { bytes in
      var (start, end) = (0, bytes.count)
      while start < end, bytes[start].isSpace { start += 1 }
      while start < end, bytes[end - 1].isSpace { end -= 1 }
      let isNegative = start < end && bytes[start] == UInt8(ascii: "-")
      if isNegative { start += 1 }
      guard end - start <= 16, start < end, bytes[start].isDigit, bytes[end - 1].isDigit else {
        return nil
      }
      var (mantissa, scale, digits) = (0, 1, 0)
      var hasPoint = false
      for byte in bytes[start..<end] {
        if byte == UInt8(ascii: "."), !hasPoint {
          hasPoint = true
          continue
        }
        guard byte.isDigit else { return nil }
        mantissa = 10 * mantissa + Int(byte &- UInt8(ascii: "0"))
        digits += 1
        if hasPoint { scale *= 10 }
      }
      // Both whole numbers are exact then, so that the quotient is the nearest number.
      guard digits <= 15 else { return nil }
      let number = Double(mantissa) / Double(scale)
      return isNegative ? -number : number
    }
  }
}

extension UInt8 {
  fileprivate var isDigit: Bool { self &- UInt8(ascii: "0") < 10 }
  fileprivate var isSpace: Bool { self == 0x20 || self &- 9 < 5 }
}
