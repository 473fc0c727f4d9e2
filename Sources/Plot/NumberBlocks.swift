import Language
import Tensors

/// Many numbers read a block at a time, checking for Ctrl-C before each: never all of them copied.
package struct NumberBlocks {
  package let count: Int
  private let block: (Range<Int>) throws -> [Double]

  /// How many numbers a block has: reading them takes less than a millisecond.
  private static let size = 65_536

  private init(count: Int, block: @escaping (Range<Int>) throws -> [Double]) {
    self.count = count
    self.block = block
  }

  package init(_ numbers: [Double]) {
    self.init(count: numbers.count) { Array(numbers[$0]) }
  }

  /// All elements, the last axis fastest.
  package init(_ tensor: Tensor) throws {
    let flat = tensor.rank == 1 ? tensor : try tensor.flattened()
    count = flat.count
    block = { try flat.rows($0).doubles() }
  }

  /// The numbers of a list, a tensor of one dimension, a range, or a single number; nil for what is
  /// none of these.
  package init?(_ value: Value) throws {
    switch value {
    case .tensor(let box) where box.content.rank == 1: try self.init(box.content)
    case .range(let box):
      let range = box.content
      try MemoryGuard.check(elements: Double(range.count), bytesEach: 8)
      self.init(count: range.count) { $0.map { range[$0] } }
    default:
      guard let numbers = try value.asNumbers() else { return nil }
      self.init(numbers)
    }
  }

  /// Calls `body` with each block and the place of its first number.
  package func forEach(_ body: (_ start: Int, _ numbers: [Double]) throws -> Void) throws {
    for start in stride(from: 0, to: count, by: Self.size) {
      try Interrupt.check()
      try body(start, block(start..<min(count, start + Self.size)))
    }
  }

  /// All of them.
  package func all() throws -> [Double] {
    var numbers: [Double] = []
    numbers.reserveCapacity(count)
    try forEach { numbers += $1 }
    return numbers
  }
}
