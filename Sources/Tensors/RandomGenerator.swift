import CKernels

/// Random numbers by counting: each block of the sequence is a function of the seed, the stream and
/// a counter (Philox 4×32-10; Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as
/// 1, 2, 3", 2011), so the values are the same at any number of threads.
package struct RandomGenerator: Sendable, Hashable {
  /// Which sequence family this is.
  package let seed: UInt64
  /// Which of its independent sequences.
  package let stream: UInt64
  /// How many blocks of 128 bits have been used.
  package private(set) var counter: UInt64

  package init(seed: UInt64, stream: UInt64 = 0, counter: UInt64 = 0) {
    self.seed = seed
    self.stream = stream
    self.counter = counter
  }

  /// Numbers evenly spread over [low, high).
  package mutating func uniform(
    _ shape: Shape, low: Double = 0, high: Double = 1, _ elementType: ElementType = .f32
  ) throws(TensorError) -> Tensor {
    let result = try Tensor(uninitialized: shape, elementType)
    // SAFETY: the result is contiguous with `count` elements of the type.
    let status = nnsh_random_uniform(
      seed, stream, counter, elementType.code, result.pointer, shape.count, low, high)
    withExtendedLifetime(result) {}
    try checkStatus(status)
    advance(past: shape.count, elementType)
    return result
  }

  /// Normally distributed numbers, by Box and Muller's transformation.
  package mutating func normal(
    _ shape: Shape, mean: Double = 0, deviation: Double = 1, _ elementType: ElementType = .f32
  ) throws(TensorError) -> Tensor {
    let result = try Tensor(uninitialized: shape, elementType)
    // SAFETY: the result is contiguous with `count` elements of the type.
    let status = nnsh_random_normal(
      seed, stream, counter, elementType.code, result.pointer, shape.count, mean, deviation)
    withExtendedLifetime(result) {}
    try checkStatus(status)
    advance(past: shape.count, elementType)
    return result
  }

  /// Whole numbers in `0..<bound`.
  package mutating func integers(below bound: Int, _ shape: Shape) throws(TensorError) -> Tensor {
    if bound < 1 { throw .negativeCount("the bound less one", bound - 1) }
    // The tensor first: it refuses a size that memory does not have.
    let result = try Tensor(uninitialized: shape, Tensor.indexType(for: bound))
    let count = shape.count
    // SAFETY: freshly allocated for `count` elements of the element type.
    if result.elementType == .f64 {
      let base = result.pointer.bindMemory(to: Double.self, capacity: count)
      for index in 0..<count { base[index] = Double(next(below: bound)) }
    } else {
      let base = result.pointer.bindMemory(to: Float.self, capacity: count)
      for index in 0..<count { base[index] = Float(next(below: bound)) }
    }
    return result
  }

  /// One number in [0, 1).
  package mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// 64 random bits; a block each.
  package mutating func next() -> UInt64 {
    var block: (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)
    withUnsafeMutableBytes(of: &block) { bytes in
      // SAFETY: the tuple is the four words that the kernel writes.
      guard let base = bytes.baseAddress?.assumingMemoryBound(to: UInt32.self) else { return }
      nnsh_philox_block(seed, stream, counter, base)
    }
    counter &+= 1
    return UInt64(block.0) << 32 | UInt64(block.1)
  }

  /// A whole number in `0..<bound`, by the high half of a 128-bit product; the inequality between
  /// outcomes is below bound / 2⁶⁴.
  package mutating func next(below bound: Int) -> Int {
    Int(next().multipliedFullWidth(by: UInt64(max(1, bound))).high)
  }

  /// The numbers in `0..<count` in random order (Fisher and Yates).
  package mutating func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<max(0, count))
    for index in stride(from: order.count - 1, to: 0, by: -1) {
      order.swapAt(index, next(below: index + 1))
    }
    return order
  }

  /// An independent generator; this one moves on.
  package mutating func split() -> RandomGenerator {
    // Its stream's highest bit keeps it apart from streams that are numbered from 0.
    RandomGenerator(seed: next(), stream: next() | 1 << 63)
  }

  private mutating func advance(past count: Int, _ elementType: ElementType) {
    let each = elementType == .f64 ? 2 : 4
    counter &+= UInt64((count + each - 1) / each)
  }
}
