import CKernels

extension Tensor {
  /// The same elements in another shape; one length may be −1 and is worked out.
  /// A view where the elements are contiguous.
  package func reshaped(_ dimensions: [Int]) throws(TensorError) -> Tensor {
    var dimensions = dimensions
    if let unknown = dimensions.firstIndex(of: -1) {
      dimensions[unknown] = 1
      if dimensions.contains(where: { $0 < 0 }) {
        dimensions[unknown] = -1
        throw .reshape(from: shape, to: dimensions)
      }
      let known = try Shape(checking: dimensions).count
      if known == 0 || count % known != 0 {
        dimensions[unknown] = -1
        throw .reshape(from: shape, to: dimensions)
      }
      dimensions[unknown] = count / known
    }
    let target = try Shape(checking: dimensions)
    if target.count != count { throw .reshape(from: shape, to: dimensions) }
    var result = try contiguous()
    result.shape = target
    return result
  }

  /// The axes in another order (reversed where none is given), as a view.
  package func transposed(_ axes: [Int]? = nil) throws(TensorError) -> Tensor {
    let order = try shape.order(axes)
    let own = strides
    return Tensor(
      storage: storage, shape: Shape(unchecked: order.map { shape[$0] }),
      strides: order.map { own[$0] }, offset: offset, elementType: elementType)
  }

  /// Without the given axis, or without all axes, of length 1; a view.
  package func squeezed(axis: Int? = nil) throws(TensorError) -> Tensor {
    var kept = (0..<rank).filter { shape[$0] != 1 }
    if let axis {
      let normal = try shape.normalized(axis: axis)
      if shape[normal] != 1 { throw .squeeze(axis: axis, length: shape[normal]) }
      kept = (0..<rank).filter { $0 != normal }
    }
    let own = strides
    return Tensor(
      storage: storage, shape: Shape(unchecked: kept.map { shape[$0] }),
      strides: kept.map { own[$0] }, offset: offset, elementType: elementType)
  }

  /// With an axis of length 1 before the given one (`rank`, or −1, for after the last); a view.
  package func expandedDimensions(axis: Int) throws(TensorError) -> Tensor {
    guard axis >= -rank - 1 && axis <= rank else {
      throw .axisOutOfRange(axis: axis, rank: rank + 1)
    }
    let position = axis < 0 ? axis + rank + 1 : axis
    var dimensions = shape.dimensions
    dimensions.insert(1, at: position)
    var newStrides = strides
    newStrides.insert(1, at: position)
    return Tensor(
      storage: storage, shape: try Shape(checking: dimensions), strides: newStrides,
      offset: offset, elementType: elementType)
  }

  /// All elements along one axis.
  package func flattened() throws(TensorError) -> Tensor { try reshaped([count]) }

  /// A view of a larger shape in which elements repeat, by NumPy's broadcasting.
  package func broadcast(to target: Shape) throws(TensorError) -> Tensor {
    Tensor(
      storage: storage, shape: target, strides: try strides(broadcastTo: target), offset: offset,
      elementType: elementType)
  }

  /// Each element `times` times in a row, along an axis or, without one, of the flat tensor.
  package func repeated(_ times: Int, axis: Int? = nil) throws(TensorError) -> Tensor {
    if times < 0 { throw .negativeCount("the number of repetitions", times) }
    guard let axis else { return try flattened().repeated(times, axis: 0) }
    let position = try shape.normalized(axis: axis)
    let expanded = try expandedDimensions(axis: position + 1)
    var dimensions = expanded.shape.dimensions
    dimensions[position + 1] = times
    let repeated = try expanded.broadcast(to: try Shape(checking: dimensions))
    dimensions = shape.dimensions
    dimensions[position] *= times
    return try repeated.reshaped(dimensions)
  }

  /// Tensors joined along an existing axis; all other lengths must agree.
  package static func concatenate(_ parts: [Tensor], axis: Int = 0) throws(TensorError) -> Tensor {
    guard let first = parts.first else { throw .nothingToJoin }
    if first.rank == 0 { throw .axisOutOfRange(axis: axis, rank: 0) }
    let position = try first.shape.normalized(axis: axis)
    var dimensions = first.shape.dimensions
    var length = 0
    for part in parts {
      var others = part.shape.dimensions
      if part.rank == first.rank { others[position] = dimensions[position] }
      if others != dimensions { throw .concatenate(first.shape, part.shape, axis: axis) }
      let (sum, overflow) = length.addingReportingOverflow(part.shape[position])
      if overflow { throw .shapeTooLarge(part.shape.dimensions) }
      length = sum
    }
    dimensions[position] = length
    let result = try Tensor(
      uninitialized: try Shape(checking: dimensions), commonType(of: parts))
    let own = result.strides
    var start = 0
    for part in parts {
      let place = Tensor(
        storage: result.storage, shape: part.shape, strides: own,
        offset: start * own[position], elementType: result.elementType)
      try place.copyElements(from: part, strides: part.strides, mode: nnsh_copy_new)
      start += part.shape[position]
    }
    return result
  }

  /// Tensors of one shape joined along a new axis.
  package static func stack(_ parts: [Tensor], axis: Int = 0) throws(TensorError) -> Tensor {
    guard let first = parts.first else { throw .nothingToJoin }
    var expanded: [Tensor] = []
    expanded.reserveCapacity(parts.count)
    for part in parts {
      if part.shape != first.shape { throw .stackShapes(first.shape, part.shape) }
      expanded.append(try part.expandedDimensions(axis: axis))
    }
    // In the expanded parts an axis counted from the end is the same one.
    return try concatenate(expanded, axis: axis)
  }

  /// Views of equal parts along an axis.
  package func split(_ parts: Int, axis: Int = 0) throws(TensorError) -> [Tensor] {
    let position = try shape.normalized(axis: axis)
    let length = shape[position]
    guard parts > 0, length % parts == 0 else { throw .split(parts: parts, length: length) }
    var result: [Tensor] = []
    var dimensions = shape.dimensions
    dimensions[position] = length / parts
    let part = Shape(unchecked: dimensions)
    let own = strides
    for index in 0..<parts {
      result.append(
        Tensor(
          storage: storage, shape: part, strides: own,
          offset: offset + index * (length / parts) * own[position], elementType: elementType))
    }
    return result
  }

  /// f64 where any is; bool where all are; otherwise the working type.
  static func commonType(of tensors: [Tensor]) -> ElementType {
    if tensors.contains(where: { $0.elementType == .f64 }) { return .f64 }
    return tensors.allSatisfy { $0.elementType == .bool } ? .bool : .working
  }
}
