import CKernels

/// Float32 numbers, by address.
package typealias Floats = UnsafeMutablePointer<Float>

/// Rows of numbers in memory that somebody else keeps alive: what the trainer's plans work on,
/// without counting references or checking bounds. Kernels are for Float32, which rows hold unless
/// they say otherwise.
// SAFETY: it is no more than an address; whoever shares the memory between threads gives each a
// part of its own.
package struct FloatRows: @unchecked Sendable {
  /// The first number; rows follow each other without gaps.
  package let pointer: Floats
  package let rows: Int
  package let columns: Int
  /// `.f32` or `.f64`.
  package let type: ElementType

  package init(_ pointer: Floats, rows: Int, columns: Int, type: ElementType = .f32) {
    self.pointer = pointer
    self.rows = rows
    self.columns = columns
    self.type = type
  }

  package var count: Int { rows * columns }

  /// How many floats' room a number takes.
  var width: Int { type == .f64 ? 2 : 1 }

  /// The first number of rows of Float64.
  // SAFETY: the memory is only ever reached as doubles where it is used so.
  package var doubles: UnsafeMutablePointer<Double> {
    UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: Double.self)
  }

  /// The number at that place.
  package func number(at index: Int) -> Double {
    type == .f64 ? doubles[index] : Double(pointer[index])
  }

  /// Whether all numbers are 0.
  package var isZero: Bool {
    if type == .f64 { return (0..<count).allSatisfy { doubles[$0] == 0 } }
    for index in 0..<count where pointer[index] != 0 { return false }
    return true
  }

  /// `count` of the rows, from `first` on.
  package func rows(from first: Int, count: Int) -> FloatRows {
    FloatRows(pointer + first * columns * width, rows: count, columns: columns, type: type)
  }

  /// `count` numbers in a row, from number `first` on.
  package func numbers(from first: Int, count: Int) -> FloatRows {
    FloatRows(pointer + first * width, rows: 1, columns: count, type: type)
  }

  /// The same numbers in rows of another length.
  package func inRows(of columns: Int) -> FloatRows {
    FloatRows(pointer, rows: columns == 0 ? 0 : count / columns, columns: columns, type: type)
  }

  /// Takes over the numbers of `other`, of as many elements and the same type.
  package func copy(from other: FloatRows) {
    Self.copy(pointer, from: other.pointer, bytes: count * width * 4)
  }

  /// Copies memory, on several threads where it is much.
  // SAFETY: the callers vouch for both sides' lengths; each piece is nobody else's.
  private static func copy(
    _ target: UnsafeMutableRawPointer, from source: UnsafeRawPointer, bytes: Int
  ) {
    let piece = 1 << 18
    nonisolated(unsafe) let (target, source) = (target, source)
    Threads.run((bytes + piece - 1) / piece, work: bytes / 4) { index in
      let start = index * piece
      (target + start).copyMemory(
        from: source + start, byteCount: Swift.min(piece, bytes - start))
    }
  }

  /// Sets every number of rows of Float32.
  package func fill(_ number: Float) { pointer.update(repeating: number, count: count) }

  /// Takes over the elements of a tensor of as many, in the rows' type.
  package func copy(from tensor: Tensor) throws(TensorError) {
    if type == .f64 {
      try tensor.withDoubles { numbers throws(TensorError) in
        // SAFETY: no more than either has.
        if let base = numbers.baseAddress {
          Self.copy(doubles, from: base, bytes: min(numbers.count, count) * 8)
        }
      }
      return
    }
    try tensor.cast(to: .f32).withFloats { floats throws(TensorError) in
      // SAFETY: no more than either has.
      if let base = floats.baseAddress {
        Self.copy(pointer, from: base, bytes: min(floats.count, count) * 4)
      }
    }
  }

  /// Adds the elements of a tensor of as many to `retained` times what is here, which means nothing
  /// where that was interrupted.
  package func add(_ tensor: Tensor, retaining retained: Double) throws(TensorError) {
    guard count > 0, tensor.count == count else { return }
    // What is not to be retained may be no number at all.
    if retained == 0 { return try copy(from: tensor) }
    let addend = try tensor.cast(to: type).contiguous()
    let program = ElementwiseProgram(
      [.load(0), .load(2), .binary(.multiply), .load(1), .binary(.add)])
    let elements = ElementwiseProgram.Fixed.Operand.elements(type, strides: [1])
    var sum = ElementwiseProgram.Fixed(
      program, [elements, elements, .number(retained)], shape: Shape(unchecked: [count]),
      type)
    sum.set(0, to: pointer)
    sum.set(1, to: addend.address)
    try sum.run(into: pointer)
    withExtendedLifetime(addend) {}
  }

  /// Adds the numbers of `other`, of as many elements and the same type.
  package func add(_ other: FloatRows) {
    forEachPiece { range, _ in
      if type == .f64 {
        let (sums, more) = (doubles, other.doubles)
        for index in range { sums[index] += more[index] }
      } else {
        let (sums, more) = (pointer, other.pointer)
        for index in range { sums[index] += more[index] }
      }
    }
  }

  /// Multiplies every number.
  package func multiply(by factor: Double) {
    forEachPiece { range, _ in
      if type == .f64 {
        for index in range { doubles[index] *= factor }
      } else {
        let factor = Float(factor)
        for index in range { pointer[index] *= factor }
      }
    }
  }

  /// The sum of the squares of all numbers in Float64, with the same bits for any threads: each
  /// piece has a sum of its own, and these are added in their order.
  package func sumOfSquares() -> Double {
    var sums = [Double](repeating: 0, count: pieces)
    sums.withUnsafeMutableBufferPointer { sums in
      // SAFETY: each piece has a place of its own.
      nonisolated(unsafe) let sums = sums
      forEachPiece { range, piece in
        // Eight sums side by side, so that none waits for the one before.
        var lanes = SIMD8<Double>()
        for start in stride(from: range.lowerBound, to: range.upperBound, by: 8) {
          for lane in 0..<min(8, range.upperBound - start) {
            let number = type == .f64 ? doubles[start + lane] : Double(pointer[start + lane])
            lanes[lane] += number * number
          }
        }
        sums[piece] = lanes.sum()
      }
    }
    return sums.reduce(0, +)
  }

  private static let pieceLength = 1 << 14
  private var pieces: Int { (count + Self.pieceLength - 1) / Self.pieceLength }

  /// Pieces of a fixed length, divided among the threads.
  private func forEachPiece(_ body: @Sendable (Range<Int>, _ piece: Int) -> Void) {
    Threads.run(pieces, work: count) { piece in
      body(piece * Self.pieceLength..<min(count, (piece + 1) * Self.pieceLength), piece)
    }
  }

  /// Multiplies every number of each row by the row's factor.
  package func multiplyRows(by factors: [Double]) {
    for (row, factor) in zip(0..<rows, factors) where factor != 1 {
      rows(from: row, count: 1).multiply(by: factor)
    }
  }

  /// Rounds numbers to Float32, where they are more than that.
  package func roundToFloat32() {
    guard type == .f64 else { return }
    for index in 0..<count { doubles[index] = Double(Float(doubles[index])) }
  }

  /// A copy as a tensor of this shape, which has as many elements. It is never cut short: what an
  /// interruption reached can be saved by it.
  package func tensor(_ shape: Shape) throws(TensorError) -> Tensor {
    var result = try Tensor(uninitialized: shape, type)
    if type == .f64 {
      try result.withMutableDoubles { numbers throws(TensorError) in
        // SAFETY: no more than either has.
        if let base = numbers.baseAddress {
          Self.copy(base, from: doubles, bytes: min(numbers.count, count) * 8)
        }
      }
      return result
    }
    try result.withMutableFloats { floats throws(TensorError) in
      // SAFETY: no more than either has.
      if let base = floats.baseAddress {
        Self.copy(base, from: pointer, bytes: min(floats.count, count) * 4)
      }
    }
    return result
  }
}

/// A piece of memory for numbers, 64-byte aligned and zeroed.
package final class FloatBuffer {
  package let pointer: Floats
  /// How many numbers.
  package let count: Int
  /// `.f32` or `.f64`.
  package let type: ElementType

  private var bytes: Int { max(1, count) * type.size }

  /// Throws `outOfMemory` where there is no room.
  package init(count: Int, type: ElementType = .f32) throws(TensorError) {
    let bytes = max(1, count) * type.size
    if nnsh_pool_has(bytes) == 0 { try MemoryGuard.require(bytes) }
    guard let memory = nnsh_allocate(bytes) else {
      throw .outOfMemory(bytes: bytes, available: Int(clamping: nnsh_available_memory()))
    }
    // SAFETY: the memory is `bytes` long, aligned, and nobody else's.
    let floats = bytes / MemoryLayout<Float>.stride
    pointer = memory.bindMemory(to: Float.self, capacity: floats)
    pointer.initialize(repeating: 0, count: floats)
    self.count = count
    self.type = type
  }

  deinit { nnsh_release(pointer, bytes) }

  /// All of it as one row.
  package var row: FloatRows { FloatRows(pointer, rows: 1, columns: count, type: type) }

  /// Copies as many numbers as both hold, which are of one type.
  package func copy(from other: FloatBuffer) {
    // SAFETY: no more than either holds.
    pointer.update(from: other.pointer, count: min(bytes, other.bytes) / 4)
  }
}

/// Rows of bfloat16 numbers by address, as products read them.
// SAFETY: as `FloatRows`.
package struct HalfRows: @unchecked Sendable {
  package let pointer: UnsafeMutablePointer<UInt16>

  /// The memory of floats, for twice as many numbers of half the size.
  package init(inPlaceOf floats: Floats) {
    // SAFETY: the memory is only ever reached as halves where it is used so.
    pointer = UnsafeMutableRawPointer(floats).assumingMemoryBound(to: UInt16.self)
  }

  /// The same from the number `offset` on.
  package func advanced(by offset: Int) -> HalfRows { HalfRows(pointer + offset) }

  private init(_ pointer: UnsafeMutablePointer<UInt16>) { self.pointer = pointer }
}
