/// An array that grows a block at a time: growing copies nothing, and never asks for twice the
/// memory at once, so that a tape of millions of entries ends in an error and not in a crash.
struct BlockArray<Element>: RandomAccessCollection {
  private var blocks: [[Element]] = []
  private(set) var count = 0

  private static var blockSize: Int { 4096 }

  mutating func append(_ element: Element) {
    if count % Self.blockSize == 0 {
      blocks.append([])
      // The first block grows as it needs: most tapes are short.
      if count > 0 { blocks[blocks.count - 1].reserveCapacity(Self.blockSize) }
    }
    blocks[blocks.count - 1].append(element)
    count += 1
  }

  mutating func popLast() -> Element? {
    guard count > 0 else { return nil }
    let element = blocks[blocks.count - 1].removeLast()
    count -= 1
    if count % Self.blockSize == 0 { blocks.removeLast() }
    return element
  }

  /// Keeps the first elements and drops all others.
  mutating func keepFirst(_ kept: Int) {
    while count > kept { _ = popLast() }
  }

  var startIndex: Int { 0 }
  var endIndex: Int { count }

  subscript(position: Int) -> Element {
    blocks[position / Self.blockSize][position % Self.blockSize]
  }
}
