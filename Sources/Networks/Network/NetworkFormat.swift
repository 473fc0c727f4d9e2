/// How numbers stand in descriptions and messages.
enum NetworkFormat {
  /// The shortest decimal form, without a fraction where the number is whole.
  static func number(_ value: Double) -> String {
    if let whole = Int(exactly: value), abs(value) < 1e15 { return String(whole) }
    return String(value)
  }

  /// `512 MB`.
  static func megabytes(_ bytes: Int) -> String { "\(bytes >> 20) MB" }

  /// Four significant digits, for ranges in diagnoses.
  static func short(_ value: Double) -> String {
    guard value.isFinite, value != 0 else { return number(value) }
    var scale = 1.0
    var exponent = 0
    while abs(value) / scale >= 10, exponent < 400 {
      (scale, exponent) = (scale * 10, exponent + 1)
    }
    while abs(value) / scale < 1, exponent > -320 { (scale, exponent) = (scale / 10, exponent - 1) }
    let digits = (value / scale * 1000).rounded() / 1000
    if exponent >= -4, exponent < 6 { return number((digits * scale * 1e9).rounded() / 1e9) }
    return number(digits) + "e\(exponent)"
  }
}
