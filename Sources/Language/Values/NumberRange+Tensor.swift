import Tensors

extension NumberRange {
  /// How many numbers it runs through, where they are all to be held in memory.
  ///
  /// - Throws: where it has no end, or more numbers than memory holds.
  package func countInMemory(bytesEach: Double) throws -> Int {
    guard exactCount.isFinite else {
      throw RuntimeError.other(
        "\(text) has no end, so its numbers cannot all be held",
        hint: "a loop over it can be left by break")
    }
    try MemoryGuard.check(elements: exactCount, bytesEach: bytesEach)
    return count
  }

  /// Its numbers as a tensor of one dimension.
  ///
  /// - Parameter elementType: nil for Float32 where that holds them, otherwise Float64.
  func tensor(_ elementType: ElementType? = nil) throws -> Tensor {
    let count = try countInMemory(bytesEach: 8)
    return try Tensor.sequence(
      from: lower, step: step, count: count, try elementType ?? heldType(count: count))
  }

  /// The type that holds all its numbers.
  package func heldType(count: Int) throws -> ElementType {
    guard count > 0 else { return .working }
    let last = self[count - 1]
    // Whole numbers up to 2²⁴ and fractions in between need no look at each.
    if max(abs(lower), abs(last)) <= 0x1p24, lower.fitsFloat32, step.fitsFloat32 { return .working }
    for place in 0..<count {
      if place & 0xF_FFFF == 0xF_FFFF { try Interrupt.check() }
      if !self[place].fitsFloat32 { return .f64 }
    }
    return .working
  }
}
