/// Reads one number from bytes: the short ones directly, the rest by Swift's own conversion,
/// which heeds no locale (the user's decimal comma must not change what a file means).
struct CSVNumber {
  /// The value, and whether Float32 would hold less than the text says.
  struct Result {
    var value: Double
    var needsDouble: Bool
  }

  private static let powersOfTen: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
  ]
  /// Digits that a Float32 written shortest can have.
  private static let floatDigits = 9

  /// The sign, digits, point and exponent of one number.
  private struct Scan {
    var mantissa: UInt64 = 0
    var digits = 0
    var exponent = 0
    var isNegative = false
    var isWhole = true
    /// Digits beyond the 19 that a UInt64 holds have been left out.
    var isInexact = false
  }

  /// The number that the bytes from `start` to `end` spell, `nil` where they spell none.
  static func parse(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, point: UInt8
  ) -> Result? {
    var position = start
    if let number = parsePrefix(&position, end, point: point) {
      return position == end ? number : nil
    }
    return word(start, end)
  }

  /// The number that begins at `position`, which is moved behind it; `nil`, and not moved, where
  /// no number begins there.
  @inline(__always)
  static func parsePrefix(
    _ position: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, point: UInt8
  ) -> Result? {
    let start = position
    var scan = Scan()
    guard let rest = scanNumber(start, end, point, &scan) else { return nil }
    position = rest
    var value: Double
    if !scan.isInexact, scan.mantissa <= 1 << 53, abs(scan.exponent) <= 22 {
      // Both factors are exact, so one operation rounds correctly (Clinger's fast path).
      value = Double(scan.mantissa)
      value =
        scan.exponent < 0
        ? value / powersOfTen[-scan.exponent] : value * powersOfTen[scan.exponent]
      if scan.isNegative { value = -value }
    } else if let quick = extended(scan) {
      value = quick
    } else {
      guard let slow = slowParse(start, rest, point) else { return nil }
      value = slow
    }
    return Result(value: value, needsDouble: needsDouble(value, scan))
  }

  /// The same with the processor's 64-bit mantissas, for the 17 to 19 digits that programs write
  /// for Float64. One operation rounds to 64 bits, the conversion to 53; the two together differ
  /// from one rounding only near the middle between two numbers, which is left to the slow way.
  private static func extended(_ scan: Scan) -> Double? {
    #if arch(x86_64)
      guard !scan.isInexact, abs(scan.exponent) <= 27 else { return nil }
      let mantissa = Float80(scan.mantissa)
      let power = extendedPowersOfTen[abs(scan.exponent)]
      let value = scan.exponent < 0 ? mantissa / power : mantissa * power
      let dropped = value.significandBitPattern & 0x7FF
      guard dropped < 0x3FF || dropped > 0x401 else { return nil }
      return Double(scan.isNegative ? -value : value)
    #else
      return nil
    #endif
  }

  #if arch(x86_64)
    /// Up to 10²⁷, the last power that 64 bits hold exactly.
    private static let extendedPowersOfTen: [Float80] = (0...27).map { exponent in
      (0..<exponent).reduce(Float80(1)) { power, _ in power * 10 }
    }
  #endif

  /// More digits than Float32 needs, an integer it skips, or a size beyond its range, and in
  /// fact another value: then the number is worth Float64.
  @inline(__always)
  private static func needsDouble(_ value: Double, _ scan: Scan) -> Bool {
    if scan.digits <= floatDigits, !scan.isWhole || scan.digits <= 7, scan.exponent > -30,
      scan.exponent < 30
    {
      return false
    }
    let narrow = Float(value)
    if Double(narrow) == value { return false }
    if significantDigits(scan) > floatDigits || scan.isWhole || !narrow.isFinite { return true }
    // Near zero Float32 has fewer digits: enough where its own shortest text says the same.
    return narrow.magnitude < .leastNormalMagnitude && Double(narrow.description) != value
  }

  /// The digits without the zeros that end them: 0.1000000000 says no more than 0.1.
  private static func significantDigits(_ scan: Scan) -> Int {
    var (mantissa, digits) = (scan.mantissa, scan.digits)
    while digits > 0, mantissa % 10 == 0 {
      mantissa /= 10
      digits -= 1
    }
    return digits
  }

  @inline(__always)
  private static func scanNumber(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ point: UInt8,
    _ scan: inout Scan
  ) -> UnsafePointer<UInt8>? {
    var position = start
    guard position < end else { return nil }
    if position.pointee == UInt8(ascii: "-") || position.pointee == UInt8(ascii: "+") {
      scan.isNegative = position.pointee == UInt8(ascii: "-")
      position += 1
    }
    let digitsStart = position
    position = scanDigits(position, end, &scan, fraction: false)
    var found = position - digitsStart
    if position < end, position.pointee == point {
      scan.isWhole = false
      position += 1
      let fractionStart = position
      position = scanDigits(position, end, &scan, fraction: true)
      found += position - fractionStart
    }
    guard found > 0 else { return nil }
    return position < end ? scanExponent(position, end, &scan) : position
  }

  @inline(__always)
  private static func scanDigits(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ scan: inout Scan, fraction: Bool
  ) -> UnsafePointer<UInt8> {
    var position = start
    while position < end {
      let digit = position.pointee &- UInt8(ascii: "0")
      guard digit <= 9 else { break }
      if scan.digits < 19 {
        scan.mantissa = scan.mantissa &* 10 &+ UInt64(digit)
        if scan.mantissa != 0 { scan.digits += 1 }
        if fraction { scan.exponent -= 1 }
      } else {
        scan.isInexact = true
        if !fraction { scan.exponent += 1 }
      }
      position += 1
    }
    return position
  }

  private static func scanExponent(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ scan: inout Scan
  ) -> UnsafePointer<UInt8> {
    guard start.pointee == UInt8(ascii: "e") || start.pointee == UInt8(ascii: "E") else {
      return start
    }
    var position = start + 1
    var isNegative = false
    if position < end,
      position.pointee == UInt8(ascii: "-") || position.pointee == UInt8(ascii: "+")
    {
      isNegative = position.pointee == UInt8(ascii: "-")
      position += 1
    }
    let digitsStart = position
    var exponent = 0
    while position < end {
      let digit = position.pointee &- UInt8(ascii: "0")
      guard digit <= 9 else { break }
      // Beyond this every number is infinite or zero.
      if exponent < 100_000 { exponent = exponent * 10 + Int(digit) }
      position += 1
    }
    guard position > digitsStart else { return start }
    scan.isWhole = false
    scan.exponent += isNegative ? -exponent : exponent
    return position
  }

  private static func slowParse(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ point: UInt8
  ) -> Double? {
    let bytes = UnsafeBufferPointer(start: start, count: end - start)
    if point == UInt8(ascii: ".") { return Double(Substring(decoding: bytes, as: UTF8.self)) }
    let plain = bytes.map { $0 == point ? UInt8(ascii: ".") : $0 }
    return Double(Substring(decoding: plain, as: UTF8.self))
  }

  /// Words that stand for a value: infinity, and what programs write for a missing one.
  private static func word(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
  ) -> Result? {
    guard end - start <= 9 else { return nil }
    let text = String(
      decoding: UnsafeBufferPointer(start: start, count: end - start), as: UTF8.self
    ).lowercased()
    switch text {
    case "", "nan", "-nan", "+nan", "na", "n/a", "null", "none", "#n/a":
      return Result(value: .nan, needsDouble: false)
    case "inf", "+inf", "infinity", "+infinity": return Result(value: .infinity, needsDouble: false)
    case "-inf", "-infinity": return Result(value: -.infinity, needsDouble: false)
    case "true": return Result(value: 1, needsDouble: false)
    case "false": return Result(value: 0, needsDouble: false)
    default: return nil
    }
  }
}
