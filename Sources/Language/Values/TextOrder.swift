/// Strings in order, by their code points.
package enum TextOrder {
  /// What most comparisons are decided by: the first eight bytes as a number.
  private struct Key {
    let start: UInt64
    let place: Int
  }

  /// The places of strings in ascending or descending order; equal ones keep theirs.
  package static func places(of texts: [TextBox], descending: Bool) -> [Int] {
    let keys = texts.enumerated().map { Key(start: $1.content.firstBytes, place: $0) }
    return keys.sorted { left, right in
      if left.start != right.start { return (left.start < right.start) != descending }
      let (a, b) = (texts[left.place], texts[right.place])
      if a === b || a == b { return left.place < right.place }
      return (a < b) != descending
    }.map(\.place)
  }
}

extension String {
  /// The first eight bytes as a number, the first of them first; zeros where there are fewer.
  fileprivate var firstBytes: UInt64 {
    utf8.prefix(8).enumerated().reduce(0) {
      $0 | UInt64($1.element) << (56 - 8 * UInt64($1.offset))
    }
  }
}
