import Tensors

/// Visits a value and all that it holds, in lists and records nested however deeply.
///
/// A list or record that stands in several places is visited once, so the work grows with the
/// memory that the values take up: `s = [s, s]` sixty times is a hundred lists, not 2⁶⁰.
package struct ValueWalk: Sequence, IteratorProtocol {
  private struct Level {
    let values: [Value]
    var next = 0
  }

  private var levels: [Level] = []
  private var first: Value?
  private var visits = VisitedContainers()

  package init(_ value: Value) { first = value }

  package mutating func next() -> Value? {
    if let value = first {
      first = nil
      enter(value)
      return value
    }
    while let level = levels.last {
      guard level.next < level.values.count else {
        levels.removeLast()
        continue
      }
      let value = level.values[level.next]
      levels[levels.count - 1].next += 1
      if visits.isNew(value) {
        enter(value)
        return value
      }
    }
    return nil
  }

  private mutating func enter(_ value: Value) {
    switch value {
    case .list(let box): levels.append(Level(values: box.content))
    case .record(let box): levels.append(Level(values: box.content.values))
    case .table(let box): levels.append(Level(values: box.content.columns.values))
    default: break
    }
  }
}

/// The lists and records that a walk has come through. The first few are not remembered: most
/// values are small, and remembering costs more than visiting twice.
struct VisitedContainers {
  private var visited: Set<ObjectIdentifier> = []
  private var count = 0

  private static let unremembered = 1000

  /// Whether a walk has not come through the value, as far as it is remembered.
  mutating func isNew(_ value: Value) -> Bool {
    guard let identity = value.containerIdentity else { return true }
    count += 1
    return count <= Self.unremembered || visited.insert(identity).inserted
  }
}

extension Value {
  /// What tells a list, record or table from all others; nil for other values.
  var containerIdentity: ObjectIdentifier? {
    switch self {
    case .list(let box): ObjectIdentifier(box)
    case .record(let box): ObjectIdentifier(box)
    case .table(let box): ObjectIdentifier(box)
    default: nil
    }
  }

  /// Whether one of the values that this holds, or it itself, has a property. Stops early where a
  /// stop is asked for: whoever asks throws at its next look.
  package func contains(_ hasProperty: (Value) -> Bool) -> Bool {
    // Most values hold nothing.
    guard containerIdentity != nil else { return hasProperty(self) }
    var count = 0
    for value in ValueWalk(self) {
      if hasProperty(value) { return true }
      count += 1
      if count & 0xFFFF == 0, Interrupt.mustStop { return false }
    }
    return false
  }
}
