import Testing

@testable import Language
@testable import Library

/// What is sorted by a key is in its order, equal elements in theirs, whatever way is taken.
@Suite struct SortByKeyTests {
  static let keys: [[Double]] = [
    [], [3], [1, 1, 1], [3, 1, 2, 1, 3], [-2, 5, -2, 0, -0.0, 0, 5], [0.5, 0.25, 0.5],
    [1e300, -1e300, 1], [.infinity, 1, -.infinity, 1], [.infinity, .infinity],
    [.nan, 2, 1, .nan, 2],
    [9_007_199_254_740_996, 9_007_199_254_740_992, 9_007_199_254_740_994],
    (0..<500).map { Double($0 * 7919 % 13) }, (0..<500).map { Double($0 * 7919 % 501) - 250 },
    (0..<500).map { Double($0 * 7919 % 503) / 4 }, (0..<100).map { Double($0 * 1_000_003) },
  ]

  @Test(arguments: keys, [false, true]) func isStable(_ keys: [Double], _ descending: Bool) throws {
    let places = try Builtin.order(of: keys.map { .number($0) }, descending) { _ in .interrupted }
    #expect(places.sorted() == Array(keys.indices))
    for (a, b) in zip(places, places.dropFirst()) {
      let (left, right) = (keys[a], keys[b])
      // What is no number comes last.
      if left.isNaN || left == right { #expect(right.isNaN || left == right) }
      if left == right || left.isNaN && right.isNaN { #expect(a < b) }
      if left < right { #expect(!descending) }
      if left > right { #expect(descending) }
    }
  }
}
