import Tensors

/// What a function gives for 0 ..< count, checking for Ctrl-C and the memory left every 4,096
/// times: an element may take a microsecond.
package func interruptibleList<Element>(
  count: Int, _ element: (Int) throws -> Element
) throws -> [Element] {
  try makeInterruptibly(count: count, element)
}

/// The same for values: a function for any element is slow where another module calls it.
package func interruptibleList(count: Int, _ element: (Int) throws -> Value) throws -> [Value] {
  try makeInterruptibly(count: count, element)
}

@inline(__always)
private func makeInterruptibly<Element>(
  count: Int, _ element: (Int) throws -> Element
) throws -> [Element] {
  var list: [Element] = []
  try MemoryGuard.check(
    elements: Double(count), bytesEach: Double(MemoryLayout<Element>.stride))
  list.reserveCapacity(count)
  do {
    for place in 0..<count {
      if place & 0xFFF == 0 { try Interrupt.check() }
      list.append(try element(place))
    }
  } catch {
    BackgroundRelease.take(&list)
    throw error
  }
  return list
}

/// The list that `body` fills. One that a stop leaves half done is released in the background.
@inline(__always)
func filled(_ body: (inout [Value]) throws -> Void) throws -> [Value] {
  var list: [Value] = []
  do {
    try body(&list)
  } catch {
    BackgroundRelease.take(&list)
    throw error
  }
  return list
}

/// Two lists as one, checking for Ctrl-C in between.
func interruptibleJoin<Element>(_ left: [Element], _ right: [Element]) throws -> [Element] {
  var list: [Element] = []
  try MemoryGuard.check(
    elements: Double(left.count) + Double(right.count),
    bytesEach: Double(MemoryLayout<Element>.stride))
  list.reserveCapacity(left.count + right.count)
  try list.appendInterruptibly(left)
  try list.appendInterruptibly(right)
  return list
}

extension Array {
  /// Appends many elements, checking for Ctrl-C and the memory left in between; where one of them
  /// stops it, the array is as it was.
  mutating func appendInterruptibly(_ more: [Element]) throws {
    try requireGrowth(by: more.count)
    guard more.count > 0x1000 else {
      try Interrupt.check()
      return append(contentsOf: more)
    }
    let count = count
    do {
      for start in stride(from: 0, to: more.count, by: 0x10000) {
        try Interrupt.check()
        self += more[start..<Swift.min(more.count, start + 0x10000)]
      }
    } catch {
      removeLast(self.count - count)
      throw error
    }
  }
}

extension String {
  /// Appends, and throws where the text would have to grow to more than memory holds.
  mutating func appendGuarded(_ more: String) throws {
    let (old, added) = (utf8.count, more.utf8.count)
    // Memory for a text doubles as it grows; in between, appending takes none.
    let doubles = (old + added).leadingZeroBitCount != old.leadingZeroBitCount
    if added >= 1 << 20 || (doubles && old + added >= 1 << 20) {
      try MemoryGuard.require(2 * (old + added))
    }
    append(more)
  }
}
