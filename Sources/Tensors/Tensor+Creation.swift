import CKernels

extension Tensor {
  /// A Float32 tensor of these elements, the last axis fastest; one axis where no shape is given.
  package init(_ elements: [Float], _ shape: Shape? = nil) throws(TensorError) {
    let shape = try Self.shape(of: elements.count, shape)
    try self.init(uninitialized: shape, .f32)
    elements.withUnsafeBytes { bytes in
      // SAFETY: the storage was just allocated for as many elements.
      if let base = bytes.baseAddress { pointer.copyMemory(from: base, byteCount: bytes.count) }
    }
  }

  /// A Float64 tensor of these elements, the last axis fastest; one axis where no shape is given.
  package init(_ elements: [Double], _ shape: Shape? = nil) throws(TensorError) {
    try self.init(doubles: elements, shape, elementType: .f64)
  }

  /// A tensor of these elements, rounded to the element type (for `bool`: 0 stays 0, else 1).
  package init(
    doubles elements: [Double], _ shape: Shape? = nil, elementType: ElementType
  ) throws(TensorError) {
    let shape = try Self.shape(of: elements.count, shape)
    try self.init(uninitialized: shape, elementType)
    let target = pointer
    elements.withUnsafeBufferPointer { source in
      // SAFETY: the storage was just allocated for as many elements of this type.
      switch elementType {
      case .f64:
        let base = target.bindMemory(to: Double.self, capacity: source.count)
        for index in 0..<source.count { base[index] = source[index] }
      case .f32:
        let base = target.bindMemory(to: Float.self, capacity: source.count)
        for index in 0..<source.count { base[index] = Float(source[index]) }
      case .bool:
        let base = target.bindMemory(to: Float.self, capacity: source.count)
        for index in 0..<source.count { base[index] = source[index] == 0 ? 0 : 1 }
      }
    }
  }

  private static func shape(of count: Int, _ shape: Shape?) throws(TensorError) -> Shape {
    guard let shape else { return try Shape(checking: [count]) }
    if shape.count != count { throw .elementCount(given: count, shape: shape) }
    return shape
  }

  /// All zeros.
  package static func zeros(
    _ shape: Shape, _ elementType: ElementType = .working
  ) throws(TensorError) -> Tensor {
    try full(shape, 0, elementType)
  }

  /// All of one value.
  package static func full(
    _ shape: Shape, _ value: Double, _ elementType: ElementType = .working
  ) throws(TensorError) -> Tensor {
    let result = try Tensor(uninitialized: shape, elementType)
    try result.fill(elementType == .bool ? (value == 0 ? 0 : 1) : value)
    return result
  }

  /// Writes one value everywhere; only for a tensor that nobody else can see yet.
  func fill(_ value: Double) throws(TensorError) {
    let strides = strides
    let zeros = [Int](repeating: 0, count: rank)
    // SAFETY: the source is one number with strides of 0; the target's bounds are its shape's.
    let status = withUnsafePointer(to: value) { source in
      nnsh_copy(
        source, Int32(nnsh_f64), zeros, pointer, elementType.code, strides, Int32(rank),
        shape.dimensions, Int32(nnsh_copy_new))
    }
    withExtendedLifetime(storage) {}
    try checkStatus(status)
  }

  /// A tensor without axes.
  package static func scalar(
    _ value: Double, _ elementType: ElementType = .working
  ) throws(TensorError) -> Tensor {
    try Tensor(doubles: [value], .scalar, elementType: elementType)
  }

  /// `count` numbers from `start` on in steps of `step`.
  package static func sequence(
    from start: Double, step: Double, count: Int, _ elementType: ElementType = .working
  ) throws(TensorError) -> Tensor {
    let shape = try Shape(checking: [count])
    let result = try Tensor(uninitialized: shape, elementType)
    let chunk = 1 << 20
    for first in stride(from: 0, to: count, by: chunk) {
      if first > 0 { try Interrupt.check() }
      let part = first..<Swift.min(count, first + chunk)
      // SAFETY: freshly allocated for `count` elements of the element type.
      if elementType == .f64 {
        let base = result.pointer.assumingMemoryBound(to: Double.self)
        for index in part { base[index] = start + Double(index) * step }
      } else {
        let base = result.pointer.assumingMemoryBound(to: Float.self)
        for index in part { base[index] = Float(start + Double(index) * step) }
      }
    }
    return result
  }

  /// `count` evenly spaced numbers from `start` to `stop`, both included.
  package static func linearSpace(
    from start: Double, to stop: Double, count: Int, _ elementType: ElementType = .f32
  ) throws(TensorError) -> Tensor {
    let step = count > 1 ? (stop - start) / Double(count - 1) : 0
    var numbers = try Tensor.sequence(from: start, step: step, count: count, elementType)
    if count > 1 { try numbers.assign([.at(count - 1)], .scalar(stop, .f64)) }
    return numbers
  }

  /// A matrix with ones on one diagonal: above the main one where its number is positive, below
  /// where it is negative. Square unless the columns are given.
  package static func identity(
    _ rows: Int, columns: Int? = nil, diagonal: Int = 0, _ elementType: ElementType = .working
  ) throws(TensorError) -> Tensor {
    let columns = columns ?? rows
    let result = try zeros(try Shape(checking: [rows, columns]), elementType)
    guard diagonal < columns, diagonal > -rows else { return result }
    let (above, below) = (max(0, diagonal), max(0, -diagonal))
    let ones = Tensor(
      storage: result.storage, shape: Shape(unchecked: [min(rows - below, columns - above)]),
      strides: [columns + 1], offset: below * columns + above, elementType: elementType)
    try ones.fill(1)
    return result
  }
}
