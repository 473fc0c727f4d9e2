import CKernels

/// A view that basic indices give, and where in it an array of positions is to be applied.
private struct Selection {
  /// The view with the array's axes still whole.
  var view: Tensor
  /// The first axis of the view that the array covers.
  var axis = 0
  /// How many axes of the view it covers; 0 where there is no array.
  var covered = 0
  /// The array's own shape, which replaces those axes.
  var arrayShape: Shape = .scalar
  /// The offsets that it chooses, relative to the view's first element.
  var offsets: [Int] = []
  /// Whether an array has been resolved.
  var hasArray = false
  /// Whether the array's axes come first, as NumPy has it where a slice parts it from a position.
  var comesFirst = false
}

extension Tensor {
  /// `x[indices]` by NumPy's rules: a view for positions and slices, a copy with a mask or array.
  package func subscripted(_ indices: [Index]) throws(TensorError) -> Tensor {
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

  private func select(_ given: [Index]) throws(TensorError) -> Selection {
    let indices = try expanded(given)
    var dimensions: [Int] = []
    var newStrides: [Int] = []
    var start = offset
    var axis = 0
    var arrays: [(index: Index, axis: Int, sourceAxis: Int, place: Int)] = []
    var single: [Int] = []
    let own = strides
    for (place, index) in indices.enumerated() {
      switch index {
      case .at(let position):
        let counted = position < 0 ? position + shape[axis] : position
        guard counted >= 0 && counted < shape[axis] else {
          throw .indexOutOfRange(index: position, axis: axis, length: shape[axis])
        }
        start += counted * own[axis]
        single.append(place)
      case .slice(let from, let to, let step):
        let (first, count) = try Index.bounds(
          start: from, stop: to, step: step, length: shape[axis])
        if count > 0 { start += first * own[axis] }
        dimensions.append(count)
        newStrides.append(count > 1 ? own[axis] * step : own[axis])
      case .mask, .gather:
        arrays.append((index, dimensions.count, axis, place))
        dimensions += shape.dimensions[axis..<axis + index.axes]
        newStrides += own[axis..<axis + index.axes]
      case .newAxis:
        dimensions.append(1)
        newStrides.append(0)
      case .ellipsis: break
      }
      axis += index.axes
    }
    dimensions += shape.dimensions[axis...]
    newStrides += own[axis...]
    let view = Tensor(
      storage: storage, shape: Shape(unchecked: dimensions), strides: newStrides, offset: start,
      elementType: elementType)
    var selection = Selection(view: view)
    guard let first = arrays.first else { return selection }
    let places = (single + arrays.map(\.place)).sorted()
    selection.comesFirst = places[places.count - 1] - places[0] != places.count - 1
    selection.axis = first.axis
    selection.covered = arrays.reduce(0) { $0 + $1.index.axes }
    for array in arrays {
      try selection.resolve(array.index, at: array.axis, of: (shape, array.sourceAxis))
    }
    if arrays.count > 1, selection.comesFirst {
      let covered = arrays.flatMap { Array($0.axis..<$0.axis + $0.index.axes) }
      let others = dimensions.indices.filter { !covered.contains($0) }
      selection.view = try view.transposed(covered + others)
      selection.axis = 0
    }
    return selection
  }

  /// The same elements with the first `count` axes moved after `position` others, contiguous.
  private func contiguousMovingFirst(_ count: Int, to position: Int) throws(TensorError) -> Tensor {
    var order = Array(count..<count + position)
    order += 0..<count
    order += count + position..<rank
    return try transposed(order).contiguous()
  }
}

extension Selection {
  /// Works out the offsets that a mask or an array of positions chooses on axes of the view, and
  /// adds them to those of the arrays before it, which pick pairs with it.
  ///
  /// - Parameter source: the shape of what is indexed, and which of its axes this is, for errors.
  mutating func resolve(
    _ index: Index, at axis: Int, of source: (shape: Shape, axis: Int)
  ) throws(TensorError) {
    let (before, beforeShape) = (offsets, arrayShape)
    let isFirst = !hasArray
    hasArray = true
    try choose(index, at: axis, of: source)
    if isFirst { return }
    let (own, ownShape) = (offsets, arrayShape)
    arrayShape = try beforeShape.broadcast(ownShape)
    let (left, right) = (
      try Self.spread(before, beforeShape, over: arrayShape),
      try Self.spread(own, ownShape, over: arrayShape)
    )
    offsets = zip(left, right).map { $0 + $1 }
  }

  /// Offsets broadcast to a larger shape.
  private static func spread(
    _ offsets: [Int], _ shape: Shape, over target: Shape
  ) throws(TensorError) -> [Int] {
    if shape == target { return offsets }
    // Float64 counts exactly as far as memory goes.
    let list = try Tensor(doubles: offsets.map(Double.init), shape, elementType: .f64)
    let whole = Tensor(
      storage: list.storage, shape: target, strides: try list.strides(broadcastTo: target),
      offset: list.offset, elementType: .f64)
    return try whole.guardedDoubles().map { Int($0) }
  }

  private mutating func choose(
    _ index: Index, at axis: Int, of source: (shape: Shape, axis: Int)
  ) throws(TensorError) {
    let strides = view.strides
    let covered = index.axes
    switch index {
    case .mask(let mask):
      let part = Shape(unchecked: Array(view.shape.dimensions[axis..<axis + covered]))
      if mask.shape != part {
        throw .maskShape(mask: mask.shape, shape: source.shape, axis: source.axis)
      }
      let steps = Array(strides[axis..<axis + covered])
      let rank = Int32(covered)
      var isWhole = true
      try MemoryGuard.require(8 * mask.count)
      offsets = try mask.withFloats { values in
        var unused: Float = 0
        return withUnsafePointer(to: &unused) { nothing in
          // SAFETY: the mask is contiguous of shape `part`; the second pass writes as many
          // offsets as the first one counted.
          let base = values.baseAddress ?? nothing
          let count = nnsh_mask_offsets(base, rank, part.dimensions, steps, nil)
          guard count >= 0 else {
            isWhole = false
            return []
          }
          return [Int](unsafeUninitializedCapacity: count) { buffer, initialized in
            let written = nnsh_mask_offsets(
              base, rank, part.dimensions, steps, buffer.baseAddress)
            isWhole = written == count
            initialized = isWhole ? count : 0
          }
        }
      }
      if !isWhole { throw .interrupted }
      arrayShape = Shape(unchecked: [offsets.count])
    case .gather(let positions):
      let plain = try positions.contiguous()
      let length = view.shape[axis]
      let count = plain.count
      var wrong = -1
      try MemoryGuard.require(8 * count)
      offsets = [Int](unsafeUninitializedCapacity: count) { buffer, initialized in
        initialized = count
        guard let base = buffer.baseAddress else { return }
        // SAFETY: `plain` has `count` contiguous elements, and so has the buffer, of which all
        // are written where nothing is wrong.
        wrong = nnsh_index_offsets(
          plain.pointer, plain.elementType.code, count, length, strides[axis], base)
        if wrong != -1 { initialized = 0 }
      }
      if wrong == -2 { throw .interrupted }
      arrayShape = plain.shape
      if wrong >= 0 {
        let value = plain.doubles()[wrong]
        guard let index = Int(exactly: value) else { throw .indexNotWhole(value) }
        throw .indexOutOfRange(index: index, axis: source.axis, length: length)
      }
    default: break
    }
  }

  /// The view's other axes: their lengths, and how they step in the view.
  var parts: (rest: Shape, strides: [Int]) {
    var dimensions = view.shape.dimensions
    var strides = view.strides
    dimensions.removeSubrange(axis..<axis + covered)
    strides.removeSubrange(axis..<axis + covered)
    return (Shape(unchecked: dimensions), strides)
  }

  /// The shape of `x[indices]`.
  var resultShape: Shape {
    get throws(TensorError) {
      if covered == 0 { return view.shape }
      var dimensions = parts.rest.dimensions
      dimensions.insert(contentsOf: arrayShape.dimensions, at: comesFirst ? 0 : axis)
      return try Shape(checking: dimensions)
    }
  }

  /// A value broadcast to the selection, as a contiguous list with the array's axes first.
  func list(of value: Tensor) throws(TensorError) -> Tensor {
    let shape = try resultShape
    let broadcast = Tensor(
      storage: value.storage, shape: shape, strides: try value.strides(broadcastTo: shape),
      offset: value.offset, elementType: value.elementType)
    if comesFirst || axis == 0 { return try broadcast.contiguous() }
    let count = arrayShape.rank
    var order = Array(axis..<axis + count)
    order += 0..<axis
    order += axis + count..<shape.rank
    return try broadcast.transposed(order).contiguous()
  }

  /// Copies between the chosen places and a contiguous list; into a list, interruptibly.
  ///
  /// - Parameter places: which of the chosen places; all where left out.
  func copy(
    _ mode: Int32, list: Tensor, places: Range<Int>? = nil
  ) throws(TensorError) {
    let (rest, strides) = parts
    let places = places ?? offsets.indices
    let skipped = places.lowerBound * rest.count * list.elementType.size
    // SAFETY: every offset was checked against the axis; the list has a part for each.
    let status = offsets.withUnsafeBufferPointer { offsets in
      guard let base = offsets.baseAddress else { return Int32(nnsh_done) }
      return nnsh_indexed_copy(
        mode, view.elementType.code, view.pointer, base + places.lowerBound, places.count,
        list.pointer + skipped, rest.count, Int32(rest.rank), rest.dimensions, strides,
        rest.contiguousStrides)
    }
    withExtendedLifetime((view, list)) {}
    try checkStatus(status)
  }
}
