/// The length of an axis, shared by all axes that the operations of a loss hold equal.
///
/// A union-find structure: `unify` makes two dimensions one. A dimension is named by its role, N
/// for rows, F for features, H for hidden units, K for classes; where none fits, by its number.
package final class Dimension {
  let size: Int
  private var parent: Dimension?
  private var givenName: String?

  init(_ size: Int) { self.size = size }

  /// What stands for all dimensions that were made one with this.
  var root: Dimension {
    var current = self
    while let next = current.parent { current = next }
    return current
  }

  /// `N`, or the number.
  var text: String { name ?? "\(size)" }

  /// The name, where it has one.
  package var name: String? {
    get { size == 1 ? nil : root.givenName }
    set { root.givenName = newValue }
  }

  /// Makes two dimensions of one length one.
  func unify(_ other: Dimension) {
    let (left, right) = (root, other.root)
    guard left !== right, left.size == right.size, size > 1 else { return }
    right.parent = left
    if left.givenName == nil { left.givenName = right.givenName }
  }

  /// Whether the two are known to be one.
  func isSame(as other: Dimension) -> Bool { root === other.root || (size == 1 && other.size == 1) }
}

extension [Dimension] {
  /// `N×K`; `number` without axes.
  package var text: String { isEmpty ? "number" : map(\.text).joined(separator: "×") }

  /// The lengths.
  var sizes: [Int] { map(\.size) }

  /// The axes of elementwise operations: aligned at the last, an axis of length 1 stretched.
  static func broadcast(_ left: [Dimension], _ right: [Dimension]) -> [Dimension] {
    let rank = Swift.max(left.count, right.count)
    return (0..<rank).map { axis in
      let a = axis - (rank - left.count)
      let b = axis - (rank - right.count)
      if a < 0 { return right[b] }
      if b < 0 { return left[a] }
      return left[a].size == 1 ? right[b] : left[a]
    }
  }

  /// The same, making the axes that the operation holds equal one.
  static func unified(_ left: [Dimension], _ right: [Dimension]) -> [Dimension] {
    for (a, b) in zip(left.reversed(), right.reversed()) where a.size == b.size { a.unify(b) }
    return broadcast(left, right)
  }
}
