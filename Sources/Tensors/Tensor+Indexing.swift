import CKernels

extension Tensor {
  /// `x[indices]` by NumPy's rules: a view for positions and slices, a copy with a mask or array.
  package func subscripted(_ indices: [Index]) throws(TensorError) -> Tensor {
    if let part = part(at: indices) { return part }
    let selection = try select(indices)
    if selection.covered == 0 { return selection.view }
    let parts = selection.parts
    let shape = try Shape(checking: selection.arrayShape.dimensions + parts.rest.dimensions)
    let result = try Tensor(uninitialized: shape, elementType)
    try selection.copy(Int32(nnsh_gather), list: result)
    if selection.comesFirst || selection.axis == 0 { return result }
    return try result.contiguousMovingFirst(selection.arrayShape.rank, to: selection.axis)
  }

  /// `x[indices] = value`, broadcast; in place where nobody shares this tensor's memory.
  package mutating func assign(
    _ indices: [Index], _ value: Tensor
  ) throws(TensorError) {
    try write(indices, value, adding: false)
  }

  /// This tensor with a value added at indices; positions named several times add up.
  package func accumulated(at indices: [Index], adding value: Tensor) throws(TensorError) -> Tensor
  {
    var result = self
    try result.write(indices, value, adding: true)
    return result
  }

  /// The rows (parts along the first axis) in a range, as a view.
  package func rows(_ range: Range<Int>) throws(TensorError) -> Tensor {
    if rank == 0 { throw .tooManyIndices(count: 1, shape: shape) }
    guard range.lowerBound >= 0 else {
      throw .indexOutOfRange(index: range.lowerBound, axis: 0, length: shape[0])
    }
    guard range.upperBound <= shape[0] else {
      throw .indexOutOfRange(index: range.upperBound, axis: 0, length: shape[0])
    }
    var dimensions = shape.dimensions
    dimensions[0] = range.count
    let own = strides
    return Tensor(
      storage: storage, shape: Shape(unchecked: dimensions), strides: own,
      offset: offset + range.lowerBound * own[0], elementType: elementType)
  }

  private mutating func write(
    _ indices: [Index], _ value: Tensor, adding: Bool
  ) throws(TensorError) {
    // Checked before the copy, so that a failing assignment changes and costs nothing. The plan
    // refers to the storage, so it must be gone before uniqueness is asked for.
    let target = try select(indices).resultShape
    guard let common = try? target.broadcast(value.shape), common == target else {
      throw .assignment(value: value.shape, target: target)
    }
    var value = value
    if elementType == .f32, ElementType.working == .f64 { self = try cast(to: .f64) }
    // A written f64 value does not widen an f32 tensor: assignment keeps the target's type.
    value = try value.cast(to: elementType)
    if isWritableInPlace() { storage.willChange() } else { try makeUniqueContiguous() }
    if value.storage === storage { value = try value.copied(as: elementType) }
    let selection = try select(indices)
    if selection.offsets.count * selection.parts.rest.count >= Self.longScatter {
      self = try scattered(selection, value, adding: adding)
      return
    }
    if selection.covered == 0 {
      try selection.view.copyElements(
        from: value, strides: try value.strides(broadcastTo: target),
        mode: adding ? nnsh_copy_add : nnsh_copy_over)
      return
    }
    let list = try selection.list(of: value)
    try selection.copy(Int32(adding ? nnsh_scatter_add : nnsh_scatter), list: list)
  }

  /// From so many elements on, writing them one by one takes longer than a person waits.
  private static let longScatter = 4_000_000

  /// As `write` does it to chosen places, in a copy: it may be interrupted, and then this is whole.
  private func scattered(
    _ planned: Selection, _ value: Tensor, adding: Bool
  ) throws(TensorError) -> Tensor {
    let list = try planned.list(of: value)
    let copy = try copied(as: elementType)
    var selection = planned
    let offset = selection.view.offset - self.offset
    selection.view = Tensor(
      storage: copy.storage, shape: planned.view.shape, strides: planned.view.strides,
      offset: offset, elementType: elementType)
    // In parts, in order: of repeated places the last wins.
    let part = Swift.max(1, Self.longScatter / 4 / Swift.max(1, selection.parts.rest.count))
    for start in stride(from: 0, to: planned.offsets.count, by: part) {
      try Interrupt.check()
      let end = Swift.min(planned.offsets.count, start + part)
      try selection.copy(
        Int32(adding ? nnsh_scatter_add : nnsh_scatter), list: list, places: start..<end)
    }
    return copy
  }

  /// Whether elements may be written where they are: nobody else refers to them, and no two
  /// positions are one element (as in a broadcast view).
  private mutating func isWritableInPlace() -> Bool {
    isContiguous && isKnownUniquelyReferenced(&storage)
  }

  /// The same indices with `...` written out as whole axes.
  private func expanded(_ indices: [Index]) throws(TensorError) -> [Index] {
    let used = indices.reduce(0) { $0 + $1.axes }
    if used > rank { throw .tooManyIndices(count: used, shape: shape) }
    var result: [Index] = []
    var isExpanded = false
    for index in indices {
      guard case .ellipsis = index else {
        result.append(index)
        continue
      }
      if isExpanded { throw .severalEllipses }
      isExpanded = true
      // Also where it stands for no axis, it parts the indices around it, as in NumPy.
      result += used == rank ? [.ellipsis] : [Index](repeating: .all, count: rank - used)
    }
    return result
  }

  func select(_ given: [Index]) throws(TensorError) -> Selection {
    let indices = try expanded(given)
    var plan = ViewPlan(of: self)
    for (place, index) in indices.enumerated() { try plan.add(index, at: place) }
    plan.keepRest()
    return try plan.selection(from: self)
  }

  /// The same elements with the first `count` axes moved after `position` others, contiguous.
  private func contiguousMovingFirst(_ count: Int, to position: Int) throws(TensorError) -> Tensor {
    var order = Array(count..<count + position)
    order += 0..<count
    order += count + position..<rank
    return try transposed(order).contiguous()
  }
}
