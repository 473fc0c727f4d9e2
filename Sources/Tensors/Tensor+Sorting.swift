import CKernels

extension Tensor {
  /// The elements in ascending order along an axis (the last by default), NaN last.
  package func sorted(axis: Int = -1) throws(TensorError) -> Tensor {
    try orderedRows(axis: axis) { (rows: Tensor, order: [Int]) throws(TensorError) -> Tensor in
      try rows.picked(order)
    }
  }

  /// The positions that sort an axis (the last by default); equal elements keep their order.
  package func argsorted(axis: Int = -1) throws(TensorError) -> Tensor {
    try orderedRows(axis: axis) { (rows: Tensor, order: [Int]) throws(TensorError) -> Tensor in
      try Tensor(
        doubles: order.map(Double.init), rows.shape,
        elementType: Tensor.indexType(for: rows.shape[1]))
    }
  }

  /// The different values in ascending order; all NaN count as one.
  package func unique() throws(TensorError) -> Tensor {
    let values = try flattened().sorted().doubles()
    var kept: [Double] = []
    for value in values {
      if let last = kept.last, value == last || (value.isNaN && last.isNaN) { continue }
      kept.append(value)
    }
    return try Tensor(doubles: kept, elementType: elementType)
  }

  /// How often each whole number from 0 on occurs in a one-dimensional tensor.
  package func bincount(minimumLength: Int = 0) throws(TensorError) -> Tensor {
    if rank != 1 { throw .notOneDimensional(operation: "bincount", shape: shape) }
    if minimumLength < 0 { throw .negativeCount("the least length", minimumLength) }
    let values = doubles()
    var largest = minimumLength - 1
    for value in values {
      guard let number = Int(exactly: value), number >= 0, number < 1 << 31 else {
        throw .notCounts(value)
      }
      largest = Swift.max(largest, number)
    }
    var result = try Tensor.zeros(
      Shape(checking: [largest + 1]), Self.indexType(for: values.count))
    if result.elementType == .f64 {
      try result.withMutableDoubles { counts in for value in values { counts[Int(value)] += 1 } }
    } else {
      try result.withMutableFloats { counts in for value in values { counts[Int(value)] += 1 } }
    }
    return result
  }

  /// Brings an axis last, sorts each row, and brings the axis back.
  private func orderedRows(
    axis: Int, _ body: (Tensor, [Int]) throws(TensorError) -> Tensor
  ) throws(TensorError) -> Tensor {
    if rank == 0 { return try reshaped([1]).orderedRows(axis: 0, body).reshaped([]) }
    let position = try shape.normalized(axis: axis)
    var order = Array(0..<rank)
    order.swapAt(position, rank - 1)
    let moved = try transposed(order)
    let length = shape[position]
    let number = length == 0 ? 0 : count / length
    let rows = try moved.reshaped([number, length])
    var status = Int32(nnsh_done)
    let places = [Int](unsafeUninitializedCapacity: count) { buffer, initialized in
      initialized = count
      guard let base = buffer.baseAddress, initialized > 0 else { return }
      base.initialize(repeating: 0, count: initialized)
      // SAFETY: `rows` is contiguous with as many elements as the buffer.
      status = nnsh_argsort(rows.elementType.code, rows.pointer, number, length, base)
      withExtendedLifetime(rows) {}
    }
    try checkStatus(status)
    return try body(rows, places).reshaped(moved.shape.dimensions).transposed(order).contiguous()
  }

  /// Elements of each row in a given order; `self` is a contiguous matrix.
  private func picked(_ order: [Int]) throws(TensorError) -> Tensor {
    let result = try Tensor(uninitialized: shape, elementType)
    let length = shape[1]
    // SAFETY: `order` holds for each row positions below its length; both are contiguous.
    if elementType == .f64 {
      let from = pointer.assumingMemoryBound(to: Double.self)
      let to = result.pointer.assumingMemoryBound(to: Double.self)
      for index in 0..<count { to[index] = from[index / length * length + order[index]] }
    } else {
      let from = pointer.assumingMemoryBound(to: Float.self)
      let to = result.pointer.assumingMemoryBound(to: Float.self)
      for index in 0..<count { to[index] = from[index / length * length + order[index]] }
    }
    withExtendedLifetime((self, result)) {}
    return result
  }
}
