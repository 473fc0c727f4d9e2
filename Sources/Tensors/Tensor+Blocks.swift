/// Elements read a block at a time: Ctrl-C is heeded before each, reading ends where enough is
/// known, and they are never all copied.
extension Tensor {
  /// How many numbers a block has, roughly: reading them takes less than a millisecond.
  @usableFromInline
  package static let blockLength = 65_536

  /// Calls `body` with blocks of whole rows, which are runs along the last axis, until it gives
  /// false.
  ///
  /// - Returns: whether it never did.
  /// - Throws: `interrupted` where Ctrl-C is met, and what `body` throws.
  @inlinable
  package func allBlocks(_ body: (_ numbers: [Double]) throws -> Bool) throws -> Bool {
    let columns = rank < 2 ? 1 : Swift.max(1, shape[rank - 1])
    let rows = count / columns
    guard rows > 0 else { return true }
    let table = rank == 2 ? self : try reshaped([rows, columns])
    let rowsAtOnce = Swift.max(1, Self.blockLength / columns)
    for start in stride(from: 0, to: rows, by: rowsAtOnce) {
      try Interrupt.check()
      let block = try table.rows(start..<Swift.min(rows, start + rowsAtOnce)).guardedDoubles()
      if try !body(block) { return false }
    }
    return true
  }

  /// Whether a condition holds for every element.
  ///
  /// - Throws: `interrupted` where Ctrl-C is met.
  @inlinable
  package func allElements(satisfy condition: (Double) -> Bool) throws -> Bool {
    try allBlocks { $0.allSatisfy(condition) }
  }

  /// How many elements a condition holds for.
  ///
  /// - Throws: `interrupted` where Ctrl-C is met.
  @inlinable
  package func countElements(where condition: (Double) -> Bool) throws -> Int {
    var found = 0
    _ = try allBlocks { block in
      found += block.count(where: condition)
      return true
    }
    return found
  }

  /// What a function gives for each element, the last axis fastest.
  ///
  /// - Throws: `interrupted` where Ctrl-C is met, `outOfMemory` where there is none for the list, and
  ///   what the function throws.
  @inlinable
  package func mapElements<Result>(_ transform: (Double) throws -> Result) throws -> [Result] {
    try MemoryGuard.require(2 * MemoryLayout<Result>.stride * count)
    var results: [Result] = []
    results.reserveCapacity(count)
    _ = try allBlocks { block in
      for (place, number) in block.enumerated() {
        // What is made of an element may take microseconds.
        if place & 0xFF == 0 { try Interrupt.check() }
        results.append(try transform(number))
      }
      return true
    }
    return results
  }

  /// The greatest magnitude of an element; NaN is passed over, and of no elements it is 0.
  ///
  /// - Throws: `interrupted` where Ctrl-C is met.
  package func greatestMagnitude() throws -> Double {
    var greatest = 0.0
    _ = try allBlocks { block in
      for number in block { greatest = Swift.max(greatest, number.magnitude) }
      return true
    }
    return greatest
  }

  /// Calls `body` with blocks of this tensor's elements and another's, which has as many, in the
  /// same order whatever the shapes, until it gives false.
  ///
  /// - Returns: whether it never did.
  /// - Throws: `interrupted` where Ctrl-C is met, and what `body` throws.
  package func allBlocks(
    beside other: Tensor, _ body: (_ mine: [Double], _ others: [Double]) throws -> Bool
  ) throws -> Bool {
    let (mine, others) = (try flattened(), try other.flattened())
    let count = Swift.min(count, other.count)
    for start in stride(from: 0, to: count, by: Self.blockLength) {
      try Interrupt.check()
      let block = start..<Swift.min(count, start + Self.blockLength)
      guard try body(mine.rows(block).doubles(), others.rows(block).doubles()) else { return false }
    }
    return true
  }

  /// Whether another tensor of as many elements has the same ones, in the same order, whatever the
  /// shapes; NaN differs from itself.
  ///
  /// - Throws: `interrupted` where Ctrl-C is met.
  package func hasSameElements(as other: Tensor) throws -> Bool {
    guard count == other.count else { return false }
    return try allBlocks(beside: other) { $0 == $1 }
  }
}
