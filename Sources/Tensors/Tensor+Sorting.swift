import CKernels

extension Tensor {
  /// The elements in ascending or descending order along an axis (the last by default), NaN last
  /// either way.
  package func sorted(
    axis: Int = -1, isDescending: Bool = false
  ) throws(TensorError) -> Tensor {
    if isDescending {
      let opposite = try Tensor.apply(.negate, self).sorted(axis: axis)
      return try Tensor.apply(.negate, consuming: opposite).cast(to: elementType)
    }
    return try orderedRows(axis: axis) { (rows, length) throws(TensorError) in
      let result = try Tensor(uninitialized: rows.shape, rows.elementType)
      // SAFETY: both are contiguous matrices of one shape and type.
      try checkStatus(
        nnsh_sort(
          rows.elementType.code, rows.pointer, rows.shape[0], length, result.pointer))
      withExtendedLifetime((rows, result)) {}
      return result
    }
  }

  /// The positions that sort an axis (the last by default), NaN last; equal elements keep their
  /// order.
  package func argsorted(
    axis: Int = -1, isDescending: Bool = false
  ) throws(TensorError) -> Tensor {
    // The order of −x, not the reversed one, so that equal elements keep their order here too.
    if isDescending { return try Tensor.apply(.negate, self).argsorted(axis: axis) }
    return try orderedRows(axis: axis) { (rows, length) throws(TensorError) in
      let result = try Tensor(uninitialized: rows.shape, Tensor.indexType(for: length))
      // SAFETY: both are contiguous matrices of one shape.
      try checkStatus(
        nnsh_argsort(
          rows.elementType.code, rows.pointer, rows.shape[0], length, result.elementType.code,
          result.pointer))
      withExtendedLifetime((rows, result)) {}
      return result
    }
  }

  /// The different values in ascending order; all NaN count as one.
  package func unique() throws(TensorError) -> Tensor {
    let values = try flattened().sorted()
    var kept = 0
    // SAFETY: `values` was just made: contiguous, and nobody else's.
    try checkStatus(
      nnsh_drop_repeated(elementType.code, values.pointer, values.count, &kept))
    // A copy, so that few values do not hold the memory of many.
    return try values.rows(0..<kept).copied(as: elementType)
  }

  /// How often each whole number from 0 on occurs in a one-dimensional tensor.
  package func bincount(minimumLength: Int = 0) throws(TensorError) -> Tensor {
    if rank != 1 { throw .notOneDimensional(operation: "bincount", shape: shape) }
    if minimumLength < 0 { throw .negativeCount("the least length", minimumLength) }
    let values = try contiguous()
    let largest = try values.largestCount()
    let length = Swift.max(minimumLength, Int(largest) + 1)
    let counts = try Tensor.zeros(Shape(checking: [length]), .f64)
    // SAFETY: every element was found to be a whole number below the length.
    try checkStatus(
      nnsh_count_values(
        values.elementType.code, values.pointer, values.count,
        counts.pointer.assumingMemoryBound(to: Double.self)))
    withExtendedLifetime((values, counts)) {}
    return try counts.cast(to: Self.indexType(for: values.count))
  }

  /// The largest of a contiguous tensor's whole numbers from 0 on, -1 where there is none.
  ///
  /// Throws `notCounts` for anything else.
  private func largestCount() throws(TensorError) -> Double {
    let values = try contiguous()
    var largest = 0.0
    // SAFETY: `values` is contiguous.
    let status = nnsh_largest_count(
      values.elementType.code, values.pointer, values.count, &largest)
    withExtendedLifetime(values) {}
    if status == Int32(nnsh_malformed) { throw .notCounts(largest) }
    try checkStatus(status)
    return largest
  }

  /// Brings an axis last, hands all rows over as a contiguous matrix, and brings the axis back.
  private func orderedRows(
    axis: Int, _ body: (_ rows: Tensor, _ length: Int) throws(TensorError) -> Tensor
  ) throws(TensorError) -> Tensor {
    if rank == 0 { return try reshaped([1]).orderedRows(axis: 0, body).reshaped([]) }
    let position = try shape.normalized(axis: axis)
    var order = Array(0..<rank)
    order.swapAt(position, rank - 1)
    let moved = try transposed(order)
    let length = shape[position]
    let rows = try moved.reshaped([length == 0 ? 0 : count / length, length])
    let result = try body(rows, length).reshaped(moved.shape.dimensions)
    return position == rank - 1 ? result : try result.transposed(order).contiguous()
  }
}
