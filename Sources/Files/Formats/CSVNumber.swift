/// A number as a table may hold it: Float32, or Float64 where one cell needs that.
protocol CSVValue: BitwiseCopyable, Sendable {
  /// Whether a cell that Float32 cannot hold makes the whole table be read as Float64.
  static var isNarrow: Bool { get }
  /// The value nearest to what the text says, where `double` is the Float64 nearest to it; `nil`
  /// where that does not decide.
  init?(nearest double: Double)
  /// The value nearest to what a plain decimal text says.
  init?(_ text: Substring)
  static var nan: Self { get }
  static var infinity: Self { get }
  /// Whether this value, nearest to a decimal of this magnitude, is told from those decimals by
  /// its last digit, of which one is worth `unit`.
  func givesBack(_ magnitude: Double, unit: Double) -> Bool
  static prefix func - (value: Self) -> Self
  var double: Double { get }
  init(_ value: Int)
}

extension Float: CSVValue {
  static var isNarrow: Bool { true }
  var double: Double { Double(self) }

  /// Rounding twice differs from rounding once only where the first result lies exactly between
  /// two Float32 numbers.
  @inline(__always)
  init?(nearest double: Double) {
    if double.bitPattern & 0x1FFF_FFFF == 0x1000_0000 { return nil }
    // Below its normal range Float32 rounds at other places.
    if double.magnitude < 0x1p-126, double != 0 { return nil }
    self.init(double)
  }

  @inline(__always)
  func givesBack(_ decimal: Double, unit: Double) -> Bool {
    // A hair more than half a unit: the distance itself is rounded.
    abs(Double(magnitude) - decimal) <= unit * 0.5000001
  }
}

extension Double: CSVValue {
  static var isNarrow: Bool { false }
  var double: Double { self }

  @inline(__always)
  init?(nearest double: Double) { self = double }

  func givesBack(_ magnitude: Double, unit: Double) -> Bool { true }
}

/// Reads one number from bytes, rounded correctly, without regard to the locale (the user's
/// decimal comma must not change what a file means).
///
/// The bytes must be followed by eight more that may be read, the first of them no digit.
enum CSVNumber<Value: CSVValue> {
  typealias Bytes = UnsafePointer<UInt8>

  /// Every number of six digits is told from its neighbours by Float32.
  private static var alwaysGivenBack: UInt64 { Value.isNarrow ? 999_999 : .max }

  /// The value, whether Float32 would hold less than the text says, and where the number ends.
  struct Result {
    var value: Value
    var needsDouble = false
    /// Whether it is a whole number that Float64 skips.
    var isRounded = false
    var end: Bytes
  }

  /// The number that begins at `start`; `nil` where none begins there.
  @inline(__always)
  static func parsePrefix(_ start: Bytes, point: UInt8) -> Result? {
    var rest = start
    let isNegative = rest.pointee == UInt8(ascii: "-")
    // SAFETY: each step leaves a byte after it that is a sign, a digit or the point; the byte
    // after the text is none of them, and eight bytes from there on may be read.
    rest += isNegative || rest.pointee == UInt8(ascii: "+") ? 1 : 0
    let digitsStart = rest
    var mantissa: UInt64 = 0
    DigitRun.add(&rest, to: &mantissa)
    var digits = rest - digitsStart
    let hasPoint = rest.pointee == point
    var decimals = 0
    if hasPoint {
      rest += 1
      let decimalsStart = rest
      DigitRun.addLong(&rest, to: &mantissa)
      decimals = rest - decimalsStart
      digits += decimals
    }
    guard digits > 0 else { return nil }
    // Float32 holds what nine digits say at most, and integers of seven.
    let most: UInt64 = Value.isNarrow ? (hasPoint ? 999_999_999 : 9_999_999) : 1 << 53
    if digits <= 19, mantissa <= most, rest.pointee | 0x20 != UInt8(ascii: "e") {
      // Both operands are exact, so the quotient is rounded correctly (Clinger 1990).
      let scale = PowersOfTen.small(decimals)
      let quotient = Double(mantissa) / scale
      let sign: UInt64 = isNegative ? 1 << 63 : 0
      if let value = Value(nearest: Double(bitPattern: quotient.bitPattern | sign)),
        mantissa <= Self.alwaysGivenBack || value.givesBack(quotient, unit: 1 / scale)
      {
        return Result(value: value, end: rest)
      }
    }
    return parseLong(start, point: point)
  }

  /// The same for any number of digits and any exponent.
  @inline(never)
  private static func parseLong(_ start: Bytes, point: UInt8) -> Result? {
    guard let decimal = Decimal(start, point: point) else { return nil }
    let text = decimal.double == nil ? plainText(start, decimal.end, point) : nil
    guard let double = decimal.double ?? text.flatMap({ Double($0) }) else { return nil }
    let isRounded = decimal.isRounded(to: double)
    let needsDouble = Value.isNarrow && (isRounded || decimal.needsDouble(double))
    // Where Float64 is needed the value is not looked at.
    let value =
      needsDouble
      ? .nan : Value(nearest: double) ?? Value(text ?? plainText(start, decimal.end, point))
    return value.map {
      Result(value: $0, needsDouble: needsDouble, isRounded: isRounded, end: decimal.end)
    }
  }

  private static func plainText(_ start: Bytes, _ end: Bytes, _ point: UInt8) -> Substring {
    let bytes = UnsafeBufferPointer(start: start, count: end - start)
    if point == UInt8(ascii: ".") { return Substring(decoding: bytes, as: UTF8.self) }
    let plain = bytes.map { $0 == point ? UInt8(ascii: ".") : $0 }
    return Substring(decoding: plain, as: UTF8.self)
  }

  /// The number that the bytes from `start` to `end` spell, or a word that stands for one;
  /// `nil` where they spell neither.
  static func parse(_ start: Bytes, _ end: Bytes, point: UInt8) -> Result? {
    if let number = parsePrefix(start, point: point) { return number.end == end ? number : nil }
    return word(start, end).map { Result(value: $0, end: end) }
  }

  /// Words that stand for a value: infinity, and what programs write for a missing one.
  private static func word(_ start: Bytes, _ end: Bytes) -> Value? {
    guard end - start <= 9 else { return nil }
    let text = String(
      decoding: UnsafeBufferPointer(start: start, count: end - start), as: UTF8.self
    ).lowercased()
    switch text {
    case "", "nan", "-nan", "+nan", "na", "n/a", "<na>", "null", "none": return .nan
    // As Excel and older runtimes of C write them.
    case "#n/a", "#na", "#n/a n/a", "1.#ind", "-1.#ind", "1.#qnan", "-1.#qnan": return .nan
    case "inf", "+inf", "infinity", "+infinity", "1.#inf": return .infinity
    case "-inf", "-infinity", "-1.#inf": return -.infinity
    case "true": return Value(1)
    case "false": return Value(0)
    default: return nil
    }
  }
}

/// Digits read eight at a time, as the bytes of one machine word.
///
/// Both ways append the digits at `position` to `mantissa`, wrapping around beyond 19 of them,
/// and move `position` after them. Eight bytes from the first byte after the digits on must be
/// readable.
enum DigitRun {
  @inline(__always)
  static func add(_ position: inout UnsafePointer<UInt8>, to mantissa: inout UInt64) {
    while addWord(&position, to: &mantissa, limit: 8) == 8 {}
  }

  /// The same where seven to nine digits, as Float32 has them, are likelier than fewer: two words
  /// at a time, for a branch that is taken every other time costs more than a word.
  @inline(__always)
  static func addLong(_ position: inout UnsafePointer<UInt8>, to mantissa: inout UInt64) {
    while true {
      let first = addWord(&position, to: &mantissa, limit: 8)
      // After fewer than eight digits the second word adds none.
      if addWord(&position, to: &mantissa, limit: first == 8 ? 8 : 0) < 8 { return }
    }
  }

  /// Appends up to `limit` digits, 0 or 8, and returns how many.
  @inline(__always)
  private static func addWord(
    _ position: inout UnsafePointer<UInt8>, to mantissa: inout UInt64, limit: Int
  ) -> Int {
    // SAFETY: the caller's bytes are followed by eight that may be read.
    let word = UInt64(littleEndian: UnsafeRawPointer(position).loadUnaligned(as: UInt64.self))
    let values = word ^ 0x3030_3030_3030_3030
    // The high bit of each byte that is no digit; those after the first may be wrong.
    let others = ((values &+ 0x7676_7676_7676_7676) | values) & 0x8080_8080_8080_8080
    let count = min(others.trailingZeroBitCount >> 3, limit)
    // Zeros before the digits, so that the last one is the ones; by two shifts, for 64 is too far
    // for a single one.
    let shift = UInt64(truncatingIfNeeded: 4 &* (8 &- count))
    mantissa =
      mantissa &* PowersOfTen.integer(count) &+ eightDigits((values &<< shift) &<< shift)
    position += count
    return count
  }

  /// The number that eight digit values spell, the first in the lowest byte: neighbours join to
  /// pairs, pairs to fours, fours to eight.
  @inline(__always)
  private static func eightDigits(_ values: UInt64) -> UInt64 {
    let pairs = values &* 10 &+ (values >> 8)
    let mask: UInt64 = 0x0000_00FF_0000_00FF
    let high = (pairs & mask) &* (100 + (1_000_000 << 32))
    let low = ((pairs >> 16) & mask) &* (1 + (10_000 << 32))
    return (high &+ low) >> 32
  }
}
