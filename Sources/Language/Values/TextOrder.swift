/// Strings in order, by their code points.
package enum TextOrder {
  /// What most comparisons are decided by: the first eight bytes as a number.
  private struct Key {
    let start: UInt64
    let place: Int
  }

  /// The places of strings in ascending or descending order; equal ones keep theirs.
  package static func places(of texts: [TextBox], descending: Bool) -> [Int] {
    var keys: [Key] = []
    keys.reserveCapacity(texts.count)
    for (place, text) in texts.enumerated() {
      keys.append(Key(start: text.withBytes(\.firstEight), place: place))
    }
    return keys.sorted { left, right in
      if left.start != right.start { return (left.start < right.start) != descending }
      let (a, b) = (texts[left.place], texts[right.place])
      if a === b || a == b { return left.place < right.place }
      return (a < b) != descending
    }.map(\.place)
  }
}

extension UnsafeBufferPointer<UInt8> {
  /// The first eight bytes as a number, the first of them first; zeros where there are fewer.
  fileprivate var firstEight: UInt64 {
    if count >= 8 {
      // SAFETY: there are eight bytes.
      return UInt64(bigEndian: UnsafeRawBufferPointer(self).loadUnaligned(as: UInt64.self))
    }
    return reduce(0) { $0 << 8 | UInt64($1) } << (8 * UInt64(8 - count))
  }
}
