import Platform

/// Numbers in the forms that tables, bars and axes need, without Foundation.
package enum NumberForm {
  /// `0.1234`: a number of decimals.
  package static func fixed(_ number: Double, _ digits: Int) -> String {
    number.formatted("f", precision: min(digits, 40))
  }

  /// `1.23e-05`, `0.123`: a number of significant digits.
  package static func significant(_ number: Double, _ digits: Int) -> String {
    number.formatted("g", precision: min(digits, 40))
  }

  /// A loss: four decimals, or significant ones where it is tiny or huge.
  package static func loss(_ number: Double) -> String {
    let magnitude = abs(number)
    if magnitude == 0 || (magnitude >= 1e-3 && magnitude < 1e5) { return fixed(number, 4) }
    return significant(number, 4)
  }

  /// `87.4%`, as accuracies are read.
  package static func percent(_ share: Double) -> String { fixed(100 * share, 1) + "%" }

  /// `3.1 ms`, `2.4 s`, `1 min 05 s`, `2 h 03 min`.
  package static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0 else { return "?" }
    if seconds < 1e-3 { return fixed(seconds * 1e6, seconds < 1e-5 ? 1 : 0) + " µs" }
    if seconds < 1 { return significant(seconds * 1e3, seconds < 0.1 ? 2 : 3) + " ms" }
    if seconds < 10 { return fixed(seconds, 1) + " s" }
    let whole = Int(min(seconds, 1e9).rounded())
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60) min \(twoDigits(whole % 60)) s" }
    return "\(whole / 3600) h \(twoDigits(whole % 3600 / 60)) min"
  }

  /// `512 B`, `3.1 MB`: powers of 1000.
  package static func bytes(_ count: Int) -> String {
    var value = Double(count)
    let units = ["B", "kB", "MB", "GB", "TB"]
    var unit = 0
    while value >= 999.5, unit < units.count - 1 {
      value /= 1000
      unit += 1
    }
    if unit == 0 { return "\(count) B" }
    return "\(value < 99.95 ? fixed(value, 1) : fixed(value, 0)) \(units[unit])"
  }

  /// `512MB`, `2GB`: powers of 1024, as memory is given and shown where it is set.
  package static func binaryBytes(_ count: Int) -> String {
    for (power, unit) in zip([30, 20, 10], ["GB", "MB", "kB"]) where count >= 1 << power {
      if count & (1 << power - 1) == 0 || power == 10 || unit == "MB" {
        return "\(count >> power)\(unit)"
      }
    }
    return "\(count)"
  }

  /// The bytes that such a text means; nil where it means none.
  package static func bytes(from text: String) -> Int? {
    let digits = text.prefix { $0.isNumber || $0 == "." }
    guard let number = Double(String(digits)), number >= 0, number.isFinite else { return nil }
    let units = ["": 0, "b": 0, "k": 10, "kb": 10, "m": 20, "mb": 20, "g": 30, "gb": 30, "tb": 40]
    guard let power = units[text.dropFirst(digits.count).lowercased()] else { return nil }
    let bytes = number * Double(1 << power)
    return bytes < 1e18 ? Int(bytes) : nil
  }

  /// `12 345 678`: digits in groups, for rates and amounts of work, which are read at a glance.
  package static func grouped(_ count: Int) -> String {
    var text = ""
    for (place, digit) in "\(count)".reversed().enumerated() {
      if place > 0, place % 3 == 0, digit != "-" { text.append(" ") }
      text.append(digit)
    }
    return String(text.reversed())
  }

  private static func twoDigits(_ number: Int) -> String {
    number < 10 ? "0\(number)" : "\(number)"
  }
}
