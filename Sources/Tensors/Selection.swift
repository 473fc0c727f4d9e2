import CKernels

/// A view that basic indices give, and where in it an array of positions is to be applied.
struct Selection {
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

/// The view that the basic ones of some indices give, built up index by index.
struct ViewPlan {
  /// A mask or an array of positions, the axes it covers still whole.
  struct Chooser {
    let index: Index
    /// The first axis it covers, of the view and of what is indexed, and which index it is.
    let axis: Int
    let sourceAxis: Int
    let place: Int
  }

  private let shape: Shape
  private let strides: [Int]
  private var start: Int
  /// The next axis of what is indexed.
  private var axis = 0
  private var dimensions: [Int] = []
  private var newStrides: [Int] = []
  private var arrays: [Chooser] = []
  /// Which of the indices are single positions.
  private var positions: [Int] = []

  init(of tensor: Tensor) {
    shape = tensor.shape
    strides = tensor.strides
    start = tensor.offset
  }

  mutating func add(_ index: Index, at place: Int) throws(TensorError) {
    switch index {
    case .at(let position):
      let counted = position < 0 ? position + shape[axis] : position
      guard counted >= 0 && counted < shape[axis] else {
        throw .indexOutOfRange(index: position, axis: axis, length: shape[axis])
      }
      start += counted * strides[axis]
      positions.append(place)
    case .slice(let from, let to, let step):
      let (first, count) = try Index.bounds(
        start: from, stop: to, step: step, length: shape[axis])
      if count > 0 { start += first * strides[axis] }
      dimensions.append(count)
      newStrides.append(count > 1 ? strides[axis] * step : strides[axis])
    case .mask, .gather:
      arrays.append(
        Chooser(index: index, axis: dimensions.count, sourceAxis: axis, place: place))
      dimensions += shape.dimensions[axis..<axis + index.axes]
      newStrides += strides[axis..<axis + index.axes]
    case .newAxis:
      dimensions.append(1)
      newStrides.append(0)
    case .ellipsis: break
    }
    axis += index.axes
  }

  /// The axes after the last index stay whole.
  mutating func keepRest() {
    dimensions += shape.dimensions[axis...]
    newStrides += strides[axis...]
  }

  /// The view, with what the masks and arrays choose in it.
  func selection(from tensor: Tensor) throws(TensorError) -> Selection {
    let view = Tensor(
      storage: tensor.storage, shape: Shape(unchecked: dimensions), strides: newStrides,
      offset: start, elementType: tensor.elementType)
    var selection = Selection(view: view)
    guard let first = arrays.first else { return selection }
    let places = (positions + arrays.map(\.place)).sorted()
    selection.comesFirst = places[places.count - 1] - places[0] != places.count - 1
    selection.axis = first.axis
    selection.covered = arrays.reduce(0) { $0 + $1.index.axes }
    for array in arrays {
      try selection.resolve(array.index, at: array.axis, of: (shape, array.sourceAxis))
    }
    if arrays.count > 1, selection.comesFirst {
      let covered = arrays.flatMap { $0.axis..<$0.axis + $0.index.axes }
      let others = dimensions.indices.filter { !covered.contains($0) }
      selection.view = try view.transposed(covered + others)
      selection.axis = 0
    }
    return selection
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
    switch index {
    case .mask(let mask): try choose(where: mask, at: axis, of: source)
    case .gather(let positions): try choose(positions, at: axis, of: source)
    default: break
    }
  }

  /// The places where a mask is not 0.
  private mutating func choose(
    where mask: Tensor, at axis: Int, of source: (shape: Shape, axis: Int)
  ) throws(TensorError) {
    let axes = axis..<axis + mask.rank
    let part = Shape(unchecked: Array(view.shape.dimensions[axes]))
    if mask.shape != part {
      throw .maskShape(mask: mask.shape, shape: source.shape, axis: source.axis)
    }
    let steps = Array(view.strides[axes])
    let rank = Int32(mask.rank)
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
  }

  /// The places that whole numbers name.
  private mutating func choose(
    _ positions: Tensor, at axis: Int, of source: (shape: Shape, axis: Int)
  ) throws(TensorError) {
    let plain = try positions.contiguous()
    let length = view.shape[axis]
    let count = plain.count
    let step = view.strides[axis]
    var wrong = -1
    try MemoryGuard.require(8 * count)
    offsets = [Int](unsafeUninitializedCapacity: count) { buffer, initialized in
      initialized = count
      guard let base = buffer.baseAddress else { return }
      // SAFETY: `plain` has `count` contiguous elements, and so has the buffer, of which all
      // are written where nothing is wrong.
      wrong = nnsh_index_offsets(
        plain.pointer, plain.elementType.code, count, length, step, base)
      if wrong != -1 { initialized = 0 }
    }
    if wrong == -2 { throw .interrupted }
    arrayShape = plain.shape
    if wrong >= 0 {
      let value = plain.doubles()[wrong]
      guard let index = Int(exactly: value) else { throw .indexNotWhole(value) }
      throw .indexOutOfRange(index: index, axis: source.axis, length: length)
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
