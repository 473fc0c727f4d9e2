import CKernels

/// Float32 numbers, by address.
package typealias Floats = UnsafeMutablePointer<Float>

/// Rows of Float32 numbers in memory that somebody else keeps alive: what the trainer's plans work
/// on, without counting references or checking bounds.
// SAFETY: it is no more than an address; whoever shares the memory between threads gives each a
// part of its own.
package struct FloatRows: @unchecked Sendable {
  /// The first number; rows follow each other without gaps.
  package let pointer: Floats
  package let rows: Int
  package let columns: Int

  package init(_ pointer: Floats, rows: Int, columns: Int) {
    self.pointer = pointer
    self.rows = rows
    self.columns = columns
  }

  package var count: Int { rows * columns }

  /// `count` of the rows, from `first` on.
  package func rows(from first: Int, count: Int) -> FloatRows {
    FloatRows(pointer + first * columns, rows: count, columns: columns)
  }

  /// The same numbers in rows of another length.
  package func inRows(of columns: Int) -> FloatRows {
    FloatRows(pointer, rows: columns == 0 ? 0 : count / columns, columns: columns)
  }

  /// Takes over the numbers of `other`, of as many elements.
  package func copy(from other: FloatRows) { pointer.update(from: other.pointer, count: count) }

  package func fill(_ number: Float) { pointer.update(repeating: number, count: count) }

  /// Takes over the elements of a tensor of as many, as Float32.
  package func copy(from tensor: Tensor) throws(TensorError) {
    try tensor.cast(to: .f32).withFloats { floats throws(TensorError) in
      // SAFETY: no more than either has.
      if let base = floats.baseAddress {
        pointer.update(from: base, count: min(floats.count, count))
      }
    }
  }

  /// Adds the elements of a tensor of as many to `retained` times what is here.
  package func add(_ tensor: Tensor, retaining retained: Float) throws(TensorError) {
    try tensor.cast(to: .f32).withFloats { floats throws(TensorError) in
      for index in 0..<min(floats.count, count) {
        pointer[index] = (retained == 0 ? 0 : retained * pointer[index]) + floats[index]
      }
    }
  }

  /// A copy as a tensor of this shape, which has as many elements. It is never cut short: what an
  /// interruption reached can be saved by it.
  package func tensor(_ shape: Shape) throws(TensorError) -> Tensor {
    var result = try Tensor(uninitialized: shape, .f32)
    try result.withMutableFloats { floats throws(TensorError) in
      // SAFETY: no more than either has.
      if let base = floats.baseAddress {
        base.update(from: pointer, count: min(floats.count, count))
      }
    }
    return result
  }
}

/// A piece of memory for floats, 64-byte aligned and zeroed.
package final class FloatBuffer {
  package let pointer: Floats
  package let count: Int

  /// Throws `outOfMemory` where there is no room.
  package init(count: Int) throws(TensorError) {
    let bytes = max(1, count) * MemoryLayout<Float>.stride
    if nnsh_pool_has(bytes) == 0 { try MemoryGuard.require(bytes) }
    guard let memory = nnsh_allocate(bytes) else {
      throw .outOfMemory(bytes: bytes, available: Int(clamping: nnsh_available_memory()))
    }
    // SAFETY: the memory is `bytes` long, aligned, and nobody else's.
    pointer = memory.bindMemory(to: Float.self, capacity: max(1, count))
    pointer.initialize(repeating: 0, count: max(1, count))
    self.count = count
  }

  deinit {
    nnsh_release(pointer, max(1, count) * MemoryLayout<Float>.stride)
  }

  /// All of it as one row.
  package var row: FloatRows { FloatRows(pointer, rows: 1, columns: count) }

  /// Copies as many floats as both hold.
  package func copy(from other: FloatBuffer) {
    // SAFETY: no more than either holds.
    pointer.update(from: other.pointer, count: min(count, other.count))
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
