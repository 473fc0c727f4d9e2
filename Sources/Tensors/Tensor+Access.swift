import CKernels

extension Tensor {
  /// The same elements one after another; itself where they already are.
  package func contiguous() throws(TensorError) -> Tensor {
    isContiguous ? self : try copied(as: elementType)
  }

  /// The same elements as another type; itself where it is that type. To `bool`: 0 is false.
  package func cast(to type: ElementType) throws(TensorError) -> Tensor {
    if type == elementType { return self }
    if type == .bool { return try Tensor.apply(.notEqual, self, try Tensor.scalar(0)) }
    if type == .f32 && elementType == .bool {
      var result = self
      result.elementType = .f32
      return result
    }
    return try copied(as: type)
  }

  package func copied(as type: ElementType) throws(TensorError) -> Tensor {
    try Profile.measure("copy") { () throws(TensorError) in
      let result = try Tensor(uninitialized: shape, type)
      try result.copyElements(from: self, strides: strides, mode: nnsh_copy_new)
      return result
    }
  }

  /// Writes the elements of another tensor (broadcast by the given strides) over this one's, or
  /// adds them. Throws `interrupted` where the mode says that this one is new.
  func copyElements(
    from source: Tensor, strides sourceStrides: [Int], mode: Int
  ) throws(TensorError) {
    // SAFETY: both sides' strides stay within their storage for this shape.
    let status = nnsh_copy(
      source.pointer, source.elementType.code, sourceStrides, pointer, elementType.code, strides,
      Int32(rank), shape.dimensions, Int32(mode))
    withExtendedLifetime((self, source)) {}
    try checkStatus(status)
  }

  /// The element, where there is exactly one.
  package var item: Double? { count == 1 ? element(offset: 0) : nil }

  private func element(offset: Int) -> Double {
    // SAFETY: callers pass offsets of elements that exist.
    withExtendedLifetime(storage) {
      elementType == .f64
        ? pointer.load(fromByteOffset: offset * 8, as: Double.self)
        : Double(pointer.load(fromByteOffset: offset * 4, as: Float.self))
    }
  }

  /// The element at a position, one index an axis, negative ones counting from the end.
  package func element(at position: [Int]) throws(TensorError) -> Double {
    if position.count != rank { throw .tooManyIndices(count: position.count, shape: shape) }
    var offset = 0
    let strides = strides
    for axis in 0..<rank {
      let index = position[axis] < 0 ? position[axis] + shape[axis] : position[axis]
      guard index >= 0 && index < shape[axis] else {
        throw .indexOutOfRange(index: position[axis], axis: axis, length: shape[axis])
      }
      offset += index * strides[axis]
    }
    return element(offset: offset)
  }

  /// All elements, the last axis fastest, where there is memory for them and for two more lists made
  /// of them: Swift ends the process where there is not. For tensors that a person may make as
  /// large as they like; throws `interrupted` where Ctrl-C is met.
  package func guardedDoubles() throws(TensorError) -> [Double] {
    try MemoryGuard.require(3 * 8 * count)
    var status = Int32(nnsh_done)
    let values = doubles(mode: nnsh_copy_new, status: &status)
    try checkStatus(status)
    return values
  }

  /// All elements, the last axis fastest.
  package func doubles() -> [Double] {
    var status = Int32(nnsh_done)
    return doubles(mode: nnsh_copy_over, status: &status)
  }

  /// All elements, or none where `status` then says that the copy was not finished.
  private func doubles(mode: Int, status: inout Int32) -> [Double] {
    let strides = strides
    return [Double](unsafeUninitializedCapacity: count) { buffer, initialized in
      guard let base = buffer.baseAddress else { return }
      // SAFETY: the buffer has room for `count`, and the strides stay within the storage.
      status = nnsh_copy(
        pointer, elementType.code, strides, base, Int32(nnsh_f64), shape.contiguousStrides,
        Int32(rank), shape.dimensions, Int32(mode))
      withExtendedLifetime(storage) {}
      initialized = status == Int32(nnsh_done) ? count : 0
    }
  }

  /// Whether Float32 holds every element: see `Double.fitsFloat32`.
  package func fitsFloat32() throws(TensorError) -> Bool {
    guard elementType == .f64 else { return true }
    if let item { return item.fitsFloat32 }
    return try withDoubles { values throws(TensorError) in
      for start in stride(from: 0, to: values.count, by: 1 << 20) {
        try Interrupt.check()
        let part = values[start..<Swift.min(values.count, start + 1 << 20)]
        if !part.allSatisfy(\.fitsFloat32) { return false }
      }
      return true
    }
  }

  /// Reads the elements as Float32 in order, from a copy where they are not stored so.
  package func withFloats<Result>(
    _ body: (UnsafeBufferPointer<Float>) throws(TensorError) -> Result
  ) throws(TensorError) -> Result {
    let plain = try (elementType == .f64 ? cast(to: .f32) : self).contiguous()
    // SAFETY: `plain` holds `count` contiguous Float32 elements and lives until the call returns.
    defer { withExtendedLifetime(plain.storage) {} }
    return try body(
      UnsafeBufferPointer(
        start: plain.pointer.assumingMemoryBound(to: Float.self), count: plain.count))
  }

  /// Reads the elements as Float64 in order, from a copy where they are not stored so.
  package func withDoubles<Result>(
    _ body: (UnsafeBufferPointer<Double>) throws(TensorError) -> Result
  ) throws(TensorError) -> Result {
    let plain = try cast(to: .f64).contiguous()
    // SAFETY: `plain` holds `count` contiguous Float64 elements and lives until the call returns.
    defer { withExtendedLifetime(plain.storage) {} }
    return try body(
      UnsafeBufferPointer(
        start: plain.pointer.assumingMemoryBound(to: Double.self), count: plain.count))
  }

  /// Writes the elements in place; makes this tensor Float32 (or bool), unshared and contiguous.
  package mutating func withMutableFloats<Result>(
    _ body: (UnsafeMutableBufferPointer<Float>) throws(TensorError) -> Result
  ) throws(TensorError) -> Result {
    if elementType == .f64 { self = try cast(to: .f32) }
    try makeUniqueContiguous()
    // SAFETY: this tensor alone refers to its `count` contiguous elements.
    defer { withExtendedLifetime(storage) {} }
    return try body(
      UnsafeMutableBufferPointer(
        start: pointer.assumingMemoryBound(to: Float.self), count: count))
  }

  /// Writes the elements in place; makes this tensor Float64, unshared and contiguous.
  package mutating func withMutableDoubles<Result>(
    _ body: (UnsafeMutableBufferPointer<Double>) throws(TensorError) -> Result
  ) throws(TensorError) -> Result {
    self = try cast(to: .f64)
    try makeUniqueContiguous()
    // SAFETY: this tensor alone refers to its `count` contiguous elements.
    defer { withExtendedLifetime(storage) {} }
    return try body(
      UnsafeMutableBufferPointer(
        start: pointer.assumingMemoryBound(to: Double.self), count: count))
  }

  /// Writes the elements in place, as bytes of the element type; makes this tensor unshared and
  /// contiguous.
  package mutating func withMutableBytes<Result>(
    _ body: (UnsafeMutableRawBufferPointer) throws(TensorError) -> Result
  ) throws(TensorError) -> Result {
    try makeUniqueContiguous()
    // SAFETY: this tensor alone refers to its `count` contiguous elements.
    defer { withExtendedLifetime(storage) {} }
    return try body(
      UnsafeMutableRawBufferPointer(start: pointer, count: count * elementType.size))
  }

  /// Copies the elements where another tensor could see them change, or where they lie apart.
  mutating func makeUniqueContiguous() throws(TensorError) {
    if isContiguous && isKnownUniquelyReferenced(&storage) {
      storage.willChange()
      return
    }
    self = try copied(as: elementType)
  }
}
