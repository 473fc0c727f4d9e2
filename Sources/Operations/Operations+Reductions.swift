import Tensors

// Reductions over some axes (all of them when `axes` is nil). `Extent` puts the reduced axes back.

/// The shape arithmetic a reduction's pullback needs.
struct Extent {
  let input: Shape
  let axes: [Int]

  init(_ input: Shape, axes: [Int]?) {
    self.input = input
    self.axes = (axes ?? Array(0..<input.rank)).map { $0 < 0 ? $0 + input.rank : $0 }
  }

  /// The number of elements that fall together into one.
  var count: Int { axes.reduce(1) { $0 * input.dimensions[$1] } }

  /// `reduced` with the reduced axes back at length 1.
  func restored(_ reduced: Variable) throws -> Variable {
    var dimensions = input.dimensions
    for axis in axes { dimensions[axis] = 1 }
    return try .reshape(reduced, to: Shape(checking: dimensions))
  }

  /// `reduced` repeated to the shape of the input.
  func spread(_ reduced: Variable) throws -> Variable {
    try .broadcast(restored(reduced), to: input)
  }
}

extension OperationKind {
  static let sum = reduction("sum")
  static let mean = reduction("mean")
  static let max = reduction("max")
  static let min = reduction("min")
  static let variance = reduction("var", aliases: ["std"])
  static let product = reduction("prod")
  static let norm = reduction("norm")
  static let cumulativeSum = OperationKind("cumsum", axes: .leading)
  static let reductions = [sum, mean, max, min, variance, product, norm, cumulativeSum]

  private static func reduction(_ name: String, aliases: [String] = []) -> OperationKind {
    OperationKind(name, aliases: aliases, [.reduction], axes: .reduction)
  }
}

extension Primitive {
  /// A reduction without a form of its own.
  static func whole(_ axes: [Int]?, _ keepsDimensions: Bool, _ more: Int = 0) -> Primitive {
    .whole([keepsDimensions ? 1 : 0, more] + (axes.map { [$0.count] + $0 } ?? []))
  }
}

extension Operation {
  static func sum(axes: [Int]?, keepDimensions: Bool) -> Operation {
    Operation(
      .sum, saves: .shapes,
      primitive: .reduce(.sum, axes: axes, keepsDimensions: keepDimensions),
      forward: { try $0[0].reduce(.sum, axes: axes, keepDimensions: keepDimensions) },
      pullback: { p in
        [try p.part(0) { try Extent(p.inputs[0].shape, axes: axes).spread(p.cotangent) }]
      })
  }

  static func mean(axes: [Int]?, keepDimensions: Bool) -> Operation {
    Operation(
      .mean, saves: .shapes,
      primitive: .reduce(.mean, axes: axes, keepsDimensions: keepDimensions),
      forward: { try $0[0].reduce(.mean, axes: axes, keepDimensions: keepDimensions) },
      pullback: { p in
        let extent = Extent(p.inputs[0].shape, axes: axes)
        return [
          try p.part(0) { try extent.spread(p.cotangent / Double(extent.count)) }
        ]
      })
  }

  /// Elements equal to the extremum share the derivative in equal parts, as PyTorch's `amax`.
  static func extremum(_ reduction: Reduction, axes: [Int]?, keepDimensions: Bool) -> Operation {
    Operation(
      reduction == .max ? .max : .min, primitive: .whole(axes, keepDimensions),
      forward: { try $0[0].reduce(reduction, axes: axes, keepDimensions: keepDimensions) },
      pullback: { p in
        let extent = Extent(p.inputs[0].shape, axes: axes)
        return [
          try p.part(0) {
            let x = p.inputs[0]
            let hit = try Variable.compare(.equal, x, extent.restored(p.output)).tensor
              .cast(to: x.elementType.arithmetic)
            let ties = try hit.reduce(.sum, axes: extent.axes, keepDimensions: true)
            return try extent.restored(p.cotangent) / Variable(ties) * Variable(hit)
          }
        ]
      })
  }

  /// Variance: d = 2(x − mean)/(n − ddof).
  static func variance(axes: [Int]?, keepDimensions: Bool, ddof: Int) -> Operation {
    Operation(
      .variance, saves: .inputs, primitive: .whole(axes, keepDimensions, ddof),
      forward: { try $0[0].variance(axes: axes, ddof: ddof, keepDimensions: keepDimensions) },
      pullback: { p in
        let extent = Extent(p.inputs[0].shape, axes: axes)
        return [
          try p.part(0) {
            let x = p.inputs[0]
            let deviation = try x - .mean(x, axes: extent.axes, keepDimensions: true)
            let scale = 2 / Double(extent.count - ddof)
            return try extent.restored(p.cotangent) * deviation * scale
          }
        ]
      })
  }

  /// d = Π of the others: output / x, unless an element is 0; then from the products before and
  /// after each element.
  static func product(axes: [Int]?, keepDimensions: Bool) -> Operation {
    Operation(
      .product, primitive: .whole(axes, keepDimensions),
      forward: { try $0[0].reduce(.prod, axes: axes, keepDimensions: keepDimensions) },
      pullback: { p in
        let extent = Extent(p.inputs[0].shape, axes: axes)
        return [
          try p.part(0) {
            let x = p.inputs[0]
            let g = try extent.restored(p.cotangent)
            if try x.tensor.guardedDoubles().contains(0) {
              return try g * .productOfOthers(x, extent: extent)
            }
            return try g * extent.restored(p.output) / x
          }
        ]
      })
  }

  /// The Euclidean norm: d = x / ‖x‖, and 0 where the norm is 0.
  static func norm(axes: [Int]?, keepDimensions: Bool) -> Operation {
    Operation(
      .norm, primitive: .whole(axes, keepDimensions),
      forward: { try $0[0].reduce(.norm, axes: axes, keepDimensions: keepDimensions) },
      pullback: { p in
        let extent = Extent(p.inputs[0].shape, axes: axes)
        return [
          try p.part(0) {
            let norm = try extent.restored(p.output)
            let safe = try Variable.choose(.equal, norm, 0, then: Variable(1), otherwise: norm)
            return try extent.restored(p.cotangent) * p.inputs[0] / safe
          }
        ]
      })
  }

  /// Running sums along `axis`, or over the flattened elements; the pullback sums from the end.
  static func cumulativeSum(axis: Int?) -> Operation {
    Operation(
      .cumulativeSum, saves: .shapes, primitive: .whole(axis.map { [$0] } ?? []),
      forward: { try $0[0].cumulativeSum(axis: axis) },
      pullback: { p in
        [
          try p.part(0) {
            let running = axis ?? 0
            let reversed = try Variable.reverse(p.cotangent, axis: running)
            let sums = try Variable.reverse(
              .cumulativeSum(reversed, axis: running), axis: running)
            return try .reshape(sums, to: p.inputs[0].shape)
          }
        ]
      })
  }
}

extension Variable {
  /// The sum over `axes` (all when nil).
  package static func sum(_ x: Variable, axes: [Int]? = nil, keepDimensions: Bool = false) throws
    -> Variable
  {
    try Operation.sum(axes: axes, keepDimensions: keepDimensions)(x)
  }
  /// The mean over `axes` (all when nil).
  package static func mean(_ x: Variable, axes: [Int]? = nil, keepDimensions: Bool = false) throws
    -> Variable
  {
    try Operation.mean(axes: axes, keepDimensions: keepDimensions)(x)
  }
  /// The largest element over `axes` (all when nil).
  package static func max(_ x: Variable, axes: [Int]? = nil, keepDimensions: Bool = false) throws
    -> Variable
  {
    try Operation.extremum(.max, axes: axes, keepDimensions: keepDimensions)(x)
  }
  /// The smallest element over `axes` (all when nil).
  package static func min(_ x: Variable, axes: [Int]? = nil, keepDimensions: Bool = false) throws
    -> Variable
  {
    try Operation.extremum(.min, axes: axes, keepDimensions: keepDimensions)(x)
  }
  /// The variance over `axes`, divided by n − `ddof` (0 as NumPy's default).
  package static func variance(
    _ x: Variable, axes: [Int]? = nil, keepDimensions: Bool = false, ddof: Int = 0
  ) throws -> Variable {
    try Operation.variance(axes: axes, keepDimensions: keepDimensions, ddof: ddof)(x)
  }
  /// The standard deviation: the square root of the variance. Where all elements are equal its
  /// derivative is 0.
  package static func standardDeviation(
    _ x: Variable, axes: [Int]? = nil, keepDimensions: Bool = false, ddof: Int = 0
  ) throws -> Variable {
    let variance = try Variable.variance(
      x, axes: axes, keepDimensions: keepDimensions, ddof: ddof)
    let isFlat = try Tensor.apply(.equal, variance.tensor, 0)
    guard try isFlat.reduce(.any).item == 1 else { return try .sqrt(variance) }
    // The root's slope at 0 is infinite, so it is taken elsewhere.
    let positive = try Variable.choose(.equal, variance, 0, then: Variable(1), otherwise: variance)
    return try .keep(.sqrt(positive), where: .notEqual, variance, 0)
  }
  /// The product over `axes` (all when nil).
  package static func product(_ x: Variable, axes: [Int]? = nil, keepDimensions: Bool = false)
    throws -> Variable
  {
    try Operation.product(axes: axes, keepDimensions: keepDimensions)(x)
  }
  /// The Euclidean norm over `axes` (all when nil).
  package static func norm(_ x: Variable, axes: [Int]? = nil, keepDimensions: Bool = false) throws
    -> Variable
  {
    try Operation.norm(axes: axes, keepDimensions: keepDimensions)(x)
  }
  /// Running sums along `axis`, over the flattened elements when nil.
  package static func cumulativeSum(_ x: Variable, axis: Int? = nil) throws -> Variable {
    try Operation.cumulativeSum(axis: axis)(x)
  }

  /// The elements in reverse order along one axis.
  static func reverse(_ x: Variable, axis: Int) throws -> Variable {
    guard x.rank > 0 else { return x }
    let position = axis < 0 ? axis + x.rank : axis
    var indices = [Index](repeating: .all, count: position)
    indices.append(.slice(start: nil, stop: nil, step: -1))
    return try .subscripted(x, indices)
  }

  /// At each element, the product of the others it is reduced with.
  static func productOfOthers(_ x: Variable, extent: Extent) throws -> Variable {
    let kept = (0..<x.rank).filter { !extent.axes.contains($0) }
    let order = extent.axes + kept
    let size = extent.count
    let rows = try Variable.reshape(
      .transpose(x, axes: order),
      to: Shape(checking: [size, size == 0 ? 0 : x.count / size]))
    guard size > 0 else { return x }
    let row = try (0..<size).map { try Variable.subscripted(rows, [.at($0)]) }
    var before = [Variable(try row[0].tensor.filled(with: 1))]
    for index in 1..<Swift.max(size, 1) { before.append(try before[index - 1] * row[index - 1]) }
    var after = before[0]
    var others = before
    for index in stride(from: size - 1, through: 0, by: -1) {
      others[index] = try before[index] * after
      after = try after * row[index]
    }
    let stacked = try Variable.reshape(
      .stack(others, axis: 0), to: Shape(checking: order.map { x.shape.dimensions[$0] }))
    return try .transpose(stacked, axes: order.indices.map { order.firstIndex(of: $0) ?? $0 })
  }
}
