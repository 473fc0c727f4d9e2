extension Tensor {
  /// The elements of a tensor of one axis that begin at `offset` and lie by `strides`, as a tensor
  /// of that shape; where they are all of its elements in order, they stay where they are.
  ///
  /// Throws `indexOutOfRange` where one would lie outside.
  ///
  /// - Parameter strides: in elements, an axis each, none negative.
  package func copied(
    offset start: Int, dimensions: [Int], strides: [Int]
  ) throws(TensorError) -> Tensor {
    let shape = try Shape(checking: dimensions)
    var last = start
    for (size, stride) in zip(dimensions, strides) where shape.count > 0 {
      let (reach, overflow) = (size - 1).multipliedReportingOverflow(by: stride)
      let (next, overflows) = last.addingReportingOverflow(reach)
      last = overflow || overflows || stride < 0 ? .max : next
    }
    guard rank == 1, isContiguous, strides.count == dimensions.count, start >= 0,
      shape.count == 0 || last < count
    else { throw .indexOutOfRange(index: last, axis: 0, length: count) }
    guard shape.count > 0 else { return try Tensor(uninitialized: shape, elementType) }
    if start == 0, shape.count == count, Self.areContiguous(strides, shape) {
      return try reshaped(dimensions)
    }
    // SAFETY: the last element was found to lie inside, and so do all before it.
    let part = Tensor(
      storage: storage, shape: shape, strides: strides, offset: offset + start,
      elementType: elementType)
    return try part.copied(as: elementType)
  }
}
