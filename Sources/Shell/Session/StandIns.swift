/// Small lengths that stand for large ones.
///
/// They keep the order of what they stand for, so that parts are taken where they would be; as
/// primes, their sums and products tell what they were made of.
struct StandIns {
  /// Lengths below stand for themselves.
  static let leastLength = 24
  private static let primes = [
    [29, 31, 37, 47, 61, 79, 101, 127, 157], [67, 71, 79, 89, 107, 131, 163, 197, 239],
  ]

  /// The lengths, in order.
  let lengths: [Int]
  /// Which row of primes is used.
  let row: Int

  /// Nil where there are too many different lengths.
  init?(_ lengths: Set<Int>, row: Int) {
    guard lengths.count <= Self.primes[row].count else { return nil }
    self.lengths = lengths.sorted()
    self.row = row
  }

  /// What stands for a length.
  func standIn(for length: Int) -> Int {
    lengths.firstIndex(of: length).map { Self.primes[row][$0] } ?? length
  }

  /// The same for a number, which may be a length or a position.
  func standIn(for number: Double) -> Double {
    guard let whole = Int(exactly: number), whole != .min else { return number }
    return Double(whole.signum() * standIn(for: Int(whole.magnitude)))
  }

  /// The length that two trials' results stand for: one of the lengths, a sum, difference, product
  /// or multiple, or itself; nil where none is certain.
  static func length(_ first: Int, _ second: Int, _ one: StandIns, _ other: StandIns) -> Int? {
    if first == second { return first < leastLength ? first : nil }
    let lengths = one.lengths
    if let length = lengths.first(where: {
      one.standIn(for: $0) == first && other.standIn(for: $0) == second
    }) {
      return length
    }
    var found: Set<Int> = []
    for a in lengths {
      for b in lengths + Array(1..<leastLength) {
        for combine in [{ $0 &* $1 }, { $0 &+ $1 }, { $0 &- $1 }] as [(Int, Int) -> Int]
        where combine(one.standIn(for: a), one.standIn(for: b)) == first
          && combine(other.standIn(for: a), other.standIn(for: b)) == second
        {
          found.insert(combine(a, b))
        }
      }
    }
    return found.count == 1 ? found.first : nil
  }
}
