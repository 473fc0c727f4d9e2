/// Powers of ten, and the conversion of decimal numbers to binary ones that needs them.
enum PowersOfTen {
  /// 10⁰ … 10²², those that Float64 holds exactly.
  private static let exact: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
  ]
  private static let integers: [UInt64] = [
    1, 10, 100, 1000, 10000, 100000, 1_000_000, 10_000_000, 100_000_000,
  ]

  /// 10^exponent, exponent at most 22.
  @inline(__always)
  static func small(_ exponent: Int) -> Double { exact[exponent] }

  /// 10^exponent, exponent at most 8.
  @inline(__always)
  static func integer(_ exponent: Int) -> UInt64 { integers[exponent] }

  // MARK: Any exponent

  /// Below 10^−342 · 2⁶⁴ every number is zero, above 10³⁰⁸ infinite.
  private static let range = -342...308

  /// 5^q · 2^k for each q of `range`, with k such that 2¹²⁷ ≤ the value < 2¹²⁸: rounded down for
  /// q ≥ 0, up for q < 0. Made at first use, in 192 bits, of which rounding costs at most the
  /// last ten.
  private static let fives: [UInt128] = {
    var table = [UInt128](repeating: 0, count: range.count)
    var power = Mantissa192(high: 1 << 63)
    for exponent in 0...range.upperBound {
      table[exponent - range.lowerBound] = power.rounded(up: false)
      power.multiplyByFive()
    }
    power = Mantissa192(high: 1 << 63)
    for exponent in (range.lowerBound..<0).reversed() {
      power.divideByFive()
      table[exponent - range.lowerBound] = power.rounded(up: true)
    }
    return table
  }()

  /// The Float64 nearest to mantissa · 10^exponent, by the method of Eisel and Lemire (Lemire,
  /// "Number parsing at a gigabyte per second", 2021): the product of the mantissa with a power
  /// of five of 128 bits. `nil` where so many bits do not decide, and in the subnormal range.
  static func nearestDouble(_ mantissa: UInt64, _ exponent: Int) -> Double? {
    if mantissa == 0 || exponent < range.lowerBound { return 0 }
    if exponent > range.upperBound { return .infinity }
    let shift = mantissa.leadingZeroBitCount
    let five = fives[exponent - range.lowerBound]
    let normalized = mantissa << UInt64(shift)
    let (product, isExact) = multiply(normalized, five, needsLow: 0x1FF)
    guard isExact else { return nil }
    let upper = UInt64(product >> 64)
    let lower = UInt64(truncatingIfNeeded: product)
    let top = Int(upper >> 63)
    // 54 bits: those of the result and one more to round by.
    var bits = upper >> UInt64(top + 9)
    // ⌊log₂ 10^exponent⌋ by 217706 / 2¹⁶, which is exact for all exponents of the range.
    var binary = ((217_706 * exponent) >> 16) + 63 + top - shift
    guard binary >= -1022 else { return nil }
    // Exactly between two numbers, as far as these bits show, goes to the even one; that can
    // truly be only for exponents small enough that the product was computed in full.
    let dropped = upper & ((1 << UInt64(top + 9)) - 1)
    if bits & 3 == 1, lower <= 1, dropped == 0 {
      guard (-4...23).contains(exponent) else { return nil }
      bits -= 1
    }
    bits = (bits + (bits & 1)) >> 1
    if bits >> 53 != 0 {
      bits >>= 1
      binary += 1
    }
    if binary > 1023 { return .infinity }
    return Double(bitPattern: UInt64(binary + 1023) << 52 | (bits & ((1 << 52) - 1)))
  }

  /// The upper 128 bits of a product of 64 and 128 bits. Its lower half is taken into account
  /// only where the upper one could change by it; not exact where even that may not suffice.
  private static func multiply(
    _ mantissa: UInt64, _ five: UInt128, needsLow mask: UInt64
  ) -> (product: UInt128, isExact: Bool) {
    let high = mantissa.multipliedFullWidth(by: UInt64(five >> 64))
    var product = UInt128(high.high) << 64 | UInt128(high.low)
    if high.high & mask == mask {
      let low = mantissa.multipliedFullWidth(by: UInt64(truncatingIfNeeded: five))
      product += UInt128(low.high)
    }
    // All ones: a carry from further down could go all the way through.
    return (product, UInt64(truncatingIfNeeded: product) != .max)
  }
}

/// A number of 192 bits with its highest bit set; how far it was shifted for that is not kept.
private struct Mantissa192 {
  private var high: UInt64
  private var middle: UInt64 = 0
  private var low: UInt64 = 0
  /// Whether any rounding has taken place, or bits lie below the upper 128.
  private var isInexact = false

  init(high: UInt64) { self.high = high }

  /// The upper 128 bits, one more where `up` and anything lies below them.
  func rounded(up: Bool) -> UInt128 {
    let upper = UInt128(high) << 64 | UInt128(middle)
    return up && (low != 0 || isInexact) ? upper + 1 : upper
  }

  mutating func multiplyByFive() {
    // Half as much first, so that there is room: 5/8 of the value, shifted up again below.
    let first = low.multipliedFullWidth(by: 5)
    let second = middle.multipliedFullWidth(by: 5)
    let third = high.multipliedFullWidth(by: 5)
    let (m, carry) = second.low.addingReportingOverflow(first.high)
    let (h, carry2) = third.low.addingReportingOverflow(second.high + (carry ? 1 : 0))
    let top = third.high + (carry2 ? 1 : 0)
    shiftDown(top, h, m, first.low)
  }

  /// Brings the highest bit of 256 bits, whose first word is 2 to 4, to the top of 192.
  private mutating func shiftDown(_ top: UInt64, _ h: UInt64, _ m: UInt64, _ l: UInt64) {
    let bits = UInt64(64 - top.leadingZeroBitCount)
    if l & ((1 << bits) - 1) != 0 { isInexact = true }
    high = top << (64 - bits) | h >> bits
    middle = h << (64 - bits) | m >> bits
    low = m << (64 - bits) | l >> bits
  }

  mutating func divideByFive() {
    let first = high.quotientAndRemainder(dividingBy: 5)
    let second = UInt64(5).dividingFullWidth((first.remainder, middle))
    let third = UInt64(5).dividingFullWidth((second.remainder, low))
    // Three bits further, for the highest of a fifth lies two or three lower.
    let shift = UInt64(first.quotient.leadingZeroBitCount)
    let fourth = UInt64(5).dividingFullWidth((third.remainder, 0))
    high = first.quotient << shift | second.quotient >> (64 - shift)
    middle = second.quotient << shift | third.quotient >> (64 - shift)
    low = third.quotient << shift | fourth.quotient >> (64 - shift)
    isInexact = true
  }
}
