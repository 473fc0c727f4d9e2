import Tensors

/// Compares two values throughout, however deeply they are nested. A pair of lists or records that
/// is met again is not compared again, so the work grows with the memory that the two take up.
struct EqualityWalk {
  private struct Level {
    let left: [Value]
    let right: [Value]
    var next = 0
  }

  private struct Pair: Hashable {
    let left: ObjectIdentifier
    let right: ObjectIdentifier
  }

  private var levels: [Level] = []
  private var compared: Set<Pair> = []
  private var steps = 0

  /// The first pairs are not remembered: most values are small.
  private static let unremembered = 1000

  /// - Throws: `interrupted` where a stop is asked for.
  mutating func areEqual(_ left: Value, _ right: Value) throws -> Bool {
    guard try compare(left, right) else { return false }
    while let level = levels.last {
      guard level.next < level.left.count else {
        levels.removeLast()
        continue
      }
      levels[levels.count - 1].next += 1
      guard try compare(level.left[level.next], level.right[level.next]) else { return false }
    }
    return true
  }

  /// Compares what holds no other values at once; of two containers, the parts come next.
  private mutating func compare(_ left: Value, _ right: Value) throws -> Bool {
    steps += 1
    if steps & 0xFFFF == 0 { try Interrupt.check() }
    switch (left, right) {
    case (.list(let a), .list(let b)):
      guard a.content.count == b.content.count else { return false }
      if isNew(a, b) { levels.append(Level(left: a.content, right: b.content)) }
      return true
    case (.record(let a), .record(let b)):
      guard a.content.count == b.content.count else { return false }
      guard isNew(a, b) else { return true }
      var others: [Value] = []
      others.reserveCapacity(b.content.count)
      for name in a.content.keys {
        guard let other = b[name] else { return false }
        others.append(other)
      }
      levels.append(Level(left: a.content.values, right: others))
      return true
    case (.table(let a), .table(let b)):
      guard a.content.count == b.content.count else { return false }
      return try compare(
        .record(RecordBox(a.content.columns)), .record(RecordBox(b.content.columns)))
    default: return try Value.areEqualParts(left, right)
    }
  }

  private mutating func isNew(_ left: AnyObject, _ right: AnyObject) -> Bool {
    if left === right { return false }
    guard steps > Self.unremembered else { return true }
    return compared.insert(Pair(left: ObjectIdentifier(left), right: ObjectIdentifier(right)))
      .inserted
  }
}
