import Tensors

/// What an operation computes, as data: it can be compared with another, its result's shape is
/// known before its operands are, and a plan can be made for it.
package enum Primitive: Hashable, Sendable {
  /// The program's inputs are the operands.
  case elementwise(ElementwiseProgram)
  /// The matrix product by NumPy's rules.
  case product
  case transpose(axes: [Int])
  case reshape(Shape)
  case broadcast(Shape)
  /// A sum or a mean; over all axes where they are nil.
  case reduce(Reduction, axes: [Int]?, keepsDimensions: Bool)
  /// Along the last axis.
  case softmax(logarithm: Bool)
  case cast(ElementType)
  /// A view of some elements.
  case part(BasicIndices)
  /// What has no form of its own and is computed as it is without a plan: what it computes follows
  /// from its operands, the operation's name, and these numbers.
  case whole([Int])

  /// The shape and element type of the result; nil where the operands do not fit, and where the
  /// rule is left to the computation itself.
  ///
  /// - Parameter working: the type of what is not Float64 (see `ElementType.working`).
  func result(_ operands: [Variable], working: ElementType) -> (Shape, ElementType)? {
    guard let operand = operands.first else { return nil }
    if case .elementwise = self { return Self.broadcast(operands, working) }
    let first = (shape: operand.shape, type: operand.elementType)
    switch self {
    case .elementwise: return nil
    case .product:
      guard operands.count == 2 else { return nil }
      return Self.product(first, (operands[1].shape, operands[1].elementType))
    case .transpose(let axes):
      guard axes.count == first.shape.rank else { return nil }
      return shaped(axes.map { first.shape.dimensions[$0] }, first.type)
    case .reshape(let shape): return shape.count == first.shape.count ? (shape, first.type) : nil
    case .broadcast(let shape):
      return (try? first.shape.broadcast(shape)) == shape ? (shape, first.type) : nil
    case .reduce(_, let axes, let keepsDimensions):
      guard first.type != .bool, let axes = try? first.shape.normalized(axes: axes) else {
        return nil
      }
      return (
        first.shape.reduced(axes: axes, keepDimensions: keepsDimensions), first.type.arithmetic
      )
    case .softmax: return first.shape.rank > 0 ? (first.shape, first.type.arithmetic) : nil
    case .cast(let type): return (first.shape, type)
    case .part(let indices):
      return (try? first.shape.part(indices, strides: first.shape.contiguousStrides))
        .map { ($0.shape, first.type) }
    case .whole: return nil
    }
  }

  private func shaped(_ dimensions: [Int], _ type: ElementType) -> (Shape, ElementType)? {
    (try? Shape(checking: dimensions)).map { ($0, type) }
  }

  private static func broadcast(
    _ operands: [Variable], _ working: ElementType
  ) -> (Shape, ElementType)? {
    var shape = operands[0].shape
    var rule = ComputeTypeRule()
    for operand in operands {
      let own = operand.shape
      rule.add(rank: own.rank, operand.elementType)
      if own.rank == 0 || own == shape { continue }
      guard let both = try? shape.broadcast(own) else { return nil }
      shape = both
    }
    return (shape, rule.type(working: working))
  }

  private static func product(
    _ a: (shape: Shape, type: ElementType), _ b: (shape: Shape, type: ElementType)
  ) -> (Shape, ElementType)? {
    let (left, right) = (a.shape.dimensions, b.shape.dimensions)
    guard !left.isEmpty, !right.isEmpty else { return nil }
    let inner = right.count == 1 ? right[0] : right[right.count - 2]
    guard left[left.count - 1] == inner else { return nil }
    let type: ElementType = a.type == .f64 || b.type == .f64 ? .f64 : .working
    guard
      let leftBatch = try? Shape(checking: Array(left.dropLast(2))),
      let rightBatch = try? Shape(checking: Array(right.dropLast(2))),
      let batch = try? leftBatch.broadcast(rightBatch)
    else { return nil }
    var dimensions = batch.dimensions
    if left.count > 1 { dimensions.append(left[left.count - 2]) }
    if right.count > 1 { dimensions.append(right[right.count - 1]) }
    return (try? Shape(checking: dimensions)).map { ($0, type) }
  }
}
