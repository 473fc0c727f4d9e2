/// A decimal number in parts: mantissa · 10^exponent, signed.
struct Decimal {
  private(set) var mantissa: UInt64 = 0
  private(set) var exponent = 0
  private(set) var isNegative = false
  /// Written without point and exponent.
  private(set) var isWhole = true
  /// Digits beyond the 19 that a UInt64 holds have been left out.
  private(set) var isInexact = false
  /// Behind the number.
  private(set) var end: UnsafePointer<UInt8>

  /// Digits of which Float32 gives back any number, and those that it needs at most.
  private static let (alwaysGivenBack, floatDigits) = (6, 9)
  /// Digits that a UInt64 holds of any number.
  private static let mostDigits = 19

  /// Takes apart the number at `start`, `nil` where none begins there. Bytes of any kind follow
  /// it, the last of them no digit, sign, point or `e`, and after that eight that may be read.
  init?(_ start: UnsafePointer<UInt8>, point: UInt8) {
    end = start
    if end.pointee == UInt8(ascii: "-") || end.pointee == UInt8(ascii: "+") {
      isNegative = end.pointee == UInt8(ascii: "-")
      end += 1
    }
    let digitsStart = end
    DigitRun.add(&end, to: &mantissa)
    var found = end - digitsStart
    if end.pointee == point {
      isWhole = false
      end += 1
      let decimalsStart = end
      DigitRun.add(&end, to: &mantissa)
      exponent = decimalsStart - end
      found -= exponent
    }
    guard found > 0 else { return nil }
    if found > Self.mostDigits { scanLongMantissa(digitsStart, point: point) }
    scanExponent()
  }

  /// Once more from the first digit on, leaving out zeros in front and digits beyond 19.
  private mutating func scanLongMantissa(_ start: UnsafePointer<UInt8>, point: UInt8) {
    (mantissa, exponent) = (0, 0)
    var (digits, areDecimals) = (0, false)
    var position = start
    while position < end {
      let digit = UInt64(position.pointee &- UInt8(ascii: "0"))
      if position.pointee == point {
        areDecimals = true
      } else if digits < Self.mostDigits {
        mantissa = mantissa * 10 + digit
        if mantissa != 0 { digits += 1 }
        if areDecimals { exponent -= 1 }
      } else {
        if digit != 0 { isInexact = true }
        if !areDecimals { exponent += 1 }
      }
      position += 1
    }
  }

  private mutating func scanExponent() {
    guard end.pointee | 0x20 == UInt8(ascii: "e") else { return }
    var position = end + 1
    let isNegative = position.pointee == UInt8(ascii: "-")
    if isNegative || position.pointee == UInt8(ascii: "+") { position += 1 }
    let digitsStart = position
    var power = 0
    while true {
      let digit = position.pointee &- UInt8(ascii: "0")
      guard digit <= 9 else { break }
      // Beyond this every number is infinite or zero, whatever stands before the e.
      if power < 1 << 40 { power = power * 10 + Int(digit) }
      position += 1
    }
    guard position > digitsStart else { return }
    isWhole = false
    exponent += isNegative ? -power : power
    end = position
  }

  /// Whether it is written as a whole number, and another one than `double`.
  func isRounded(to double: Double) -> Bool {
    guard isWhole, double.magnitude >= 0x1p53, double.isFinite else { return false }
    return isInexact || exponent != 0 || UInt64(exactly: double.magnitude) != mantissa
  }

  /// The Float64 nearest to the number; `nil` where the parts do not decide it.
  var double: Double? {
    let magnitude: Double
    if !isInexact, mantissa <= 1 << 53, abs(exponent) <= 22 {
      // Both factors are exact, so one operation rounds correctly (Clinger 1990).
      let power = PowersOfTen.small(abs(exponent))
      magnitude = exponent < 0 ? Double(mantissa) / power : Double(mantissa) * power
    } else {
      guard let nearest = PowersOfTen.nearestDouble(mantissa, exponent) else { return nil }
      // The digits left out lie between this mantissa and the next: where both give the same
      // number, so does the whole text.
      if isInexact, PowersOfTen.nearestDouble(mantissa + 1, exponent) != nearest { return nil }
      magnitude = nearest
    }
    return isNegative ? -magnitude : magnitude
  }

  /// Whether the nearest Float32 loses what is written: a whole number that it skips, a size
  /// beyond its range, or digits that it cannot give back, because other decimals of as many
  /// digits are nearer to it.
  func needsDouble(_ value: Double) -> Bool {
    let narrow = Float(value)
    if Double(narrow) == value { return false }
    if isWhole || !narrow.isFinite || isInexact { return true }
    // Near zero Float32 has fewer digits: enough where its own shortest text says the same.
    if narrow.magnitude < .leastNormalMagnitude { return Double(narrow.description) != value }
    let (digits, power) = significant
    if digits <= Self.alwaysGivenBack { return false }
    if digits > Self.floatDigits { return true }
    guard let unit = PowersOfTen.nearestDouble(1, power) else { return true }
    return !narrow.givesBack(value.magnitude, unit: unit)
  }

  /// Of the digits without the zeros that end them (0.1000000000 says no more than 0.1): how
  /// many there are, and the power of ten of the last.
  private var significant: (digits: Int, power: Int) {
    var (rest, power) = (mantissa, exponent)
    while rest != 0, rest % 10 == 0 {
      rest /= 10
      power += 1
    }
    var count = 0
    while rest != 0 {
      rest /= 10
      count += 1
    }
    return (count, power)
  }
}
