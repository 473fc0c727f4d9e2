/// Whole numbers of a file that Float64 skips, which it holds only beyond ±2⁵³.
struct RoundedIntegers {
  private var count = 0
  private var first = 0.0

  /// Takes note of one, by what it became.
  mutating func note(_ number: Double) {
    if count == 0 { first = number }
    count += 1
  }

  /// Those of another part of the same file, which comes after.
  mutating func add(_ other: RoundedIntegers) {
    if count == 0 { first = other.first }
    count += other.count
  }

  /// What is to be told about them.
  ///
  /// - Parameter name: the array's, where it has one.
  func remarks(name: String?) -> [LoadRemark] {
    count == 0 ? [] : [.roundedIntegers(name: name, count: count, first: first)]
  }
}
