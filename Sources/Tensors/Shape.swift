import CKernels
import Platform

/// The lengths of a tensor's axes, outermost first; no axes at all is a single number.
///
/// The number of elements is known to fit an address: `init(checking:)` refuses any other.
package struct Shape: Hashable, Sendable, ExpressibleByArrayLiteral, CustomStringConvertible {
  /// The length of each axis.
  package let dimensions: [Int]
  /// How many elements a tensor of this shape has.
  package let count: Int

  /// The most axes that a tensor may have.
  package static let rankLimit = Int(nnsh_max_rank)

  /// Throws for negative lengths, more than `rankLimit` axes, and counts that overflow.
  package init(checking dimensions: [Int]) throws(TensorError) {
    if dimensions.count > Self.rankLimit {
      throw .rankTooHigh(dimensions.count, limit: Self.rankLimit)
    }
    var count = 1
    var overflows = false
    for size in dimensions {
      if size < 0 { throw .negativeDimension(size) }
      // The product of all sizes but zeros is bounded too, so that strides cannot overflow.
      let (product, overflow) = count.multipliedReportingOverflow(by: max(1, size))
      overflows = overflows || overflow
      count = product
    }
    if overflows || count > Int.max / 16 { throw .shapeTooLarge(dimensions) }
    self.dimensions = dimensions
    self.count = dimensions.contains(0) ? 0 : count
  }

  /// A shape written in the program itself.
  ///
  /// Sizes that come from a user go through `init(checking:)`; a literal beyond the limits becomes
  /// the empty shape `0`.
  package init(arrayLiteral elements: Int...) {
    self.init(unchecked: elements)
  }

  /// A shape whose sizes are known to be those of an existing tensor, or parts of them.
  init(unchecked dimensions: [Int]) {
    if let shape = try? Shape(checking: dimensions) {
      self = shape
    } else {
      self.dimensions = [0]
      self.count = 0
    }
  }

  /// How many brackets a nested list of this shape opens below the first, rows without an element
  /// among them: of an empty tensor there may be far more than memory holds.
  package var nestedListCount: Int {
    let filled = dimensions.prefix { $0 > 0 }
    let inner = filled.count == rank ? filled.dropLast() : filled
    return inner.reduce(1) { $0.multipliedSaturating($1) }
  }

  /// The shape of a single number.
  package static let scalar: Shape = []

  /// How many axes there are.
  package var rank: Int { dimensions.count }

  /// The length of an axis in `0..<rank`.
  package subscript(axis: Int) -> Int { dimensions[axis] }

  /// `2×3`; `3` for one axis; `number` for none.
  package var description: String {
    dimensions.isEmpty ? "number" : dimensions.map(String.init).joined(separator: "×")
  }

  /// The strides of contiguous elements of this shape, last axis fastest.
  package var contiguousStrides: [Int] {
    var strides = [Int](repeating: 1, count: rank)
    var step = 1
    for axis in (0..<rank).reversed() {
      strides[axis] = step
      step *= max(1, dimensions[axis])
    }
    return strides
  }

  /// The common shape by NumPy's rule: aligned at the last axis, equal or 1.
  package func broadcast(_ other: Shape) throws(TensorError) -> Shape {
    if self == other || other.rank == 0 { return self }
    if rank == 0 { return other }
    let rank = max(self.rank, other.rank)
    var result = [Int](repeating: 1, count: rank)
    for axis in 0..<rank {
      let left = axis < rank - self.rank ? 1 : dimensions[axis - (rank - self.rank)]
      let right = axis < rank - other.rank ? 1 : other.dimensions[axis - (rank - other.rank)]
      if left != right && left != 1 && right != 1 { throw .broadcast(self, other) }
      result[axis] = left == 1 ? right : left
    }
    return try Shape(checking: result)
  }

  /// The strides with which elements that lie by `own` in this shape repeat to fill `target`.
  package func strides(_ own: [Int], broadcastTo target: Shape) throws(TensorError) -> [Int] {
    if target == self { return own }
    let extra = target.rank - rank
    if extra < 0 { throw .broadcast(self, target) }
    var result = [Int](repeating: 0, count: target.rank)
    for axis in 0..<rank {
      if self[axis] == target[axis + extra] {
        result[axis + extra] = own[axis]
      } else if self[axis] != 1 {
        throw .broadcast(self, target)
      }
    }
    return result
  }

  /// The axis counted from the first, of one that may count from the end as −1.
  package func normalized(axis: Int) throws(TensorError) -> Int {
    guard axis >= -rank && axis < rank else {
      throw .axisOutOfRange(axis: axis, rank: rank)
    }
    return axis < 0 ? axis + rank : axis
  }

  /// All axes where none are given; otherwise those, counted from the first, in ascending order.
  package func normalized(axes: [Int]?) throws(TensorError) -> [Int] {
    guard let axes else { return Array(0..<rank) }
    var result: [Int] = []
    for axis in axes {
      let normal = try normalized(axis: axis)
      if result.contains(normal) { throw .repeatedAxis(axis) }
      result.append(normal)
    }
    return result.sorted()
  }

  /// An order of all axes, each counted from the first; reversed where none is given.
  package func order(_ axes: [Int]?) throws(TensorError) -> [Int] {
    guard let axes else { return Array((0..<rank).reversed()) }
    var order: [Int] = []
    for axis in axes { order.append(try normalized(axis: axis)) }
    if order.count != rank || Set(order).count != rank { throw .permutation(axes, rank: rank) }
    return order
  }

  /// The shape that is left when axes are reduced.
  package func reduced(axes: [Int], keepDimensions: Bool) -> Shape {
    var result: [Int] = []
    for (axis, size) in dimensions.enumerated() {
      if !axes.contains(axis) { result.append(size) } else if keepDimensions { result.append(1) }
    }
    return Shape(unchecked: result)
  }
}
