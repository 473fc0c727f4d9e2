import Tensors

// Order along an axis.

extension OperationKind {
  static let sorted = OperationKind("sort")
}

extension Operation {
  /// Each element's derivative goes back to where it came from; of equal ones, in their order.
  static func sorted(axis: Int, isDescending: Bool) -> Operation {
    Operation(
      .sorted, saves: .inputs,
      forward: { try $0[0].sorted(axis: axis, isDescending: isDescending) },
      pullback: { p in
        [
          try p.part(0) {
            let x = p.inputs[0].tensor
            let sources = try x.sortedSources(axis: axis, isDescending: isDescending).flattened()
            let flat = try Variable.scattered(
              .flatten(p.cotangent), at: [.gather(sources)], into: Shape(checking: [x.count]))
            return try .reshape(flat, to: x.shape)
          }
        ]
      })
  }
}

extension Variable {
  /// The elements in order along an axis, NaN last.
  package static func sorted(_ x: Variable, axis: Int = -1, isDescending: Bool = false) throws
    -> Variable
  {
    try Operation.sorted(axis: axis, isDescending: isDescending)(x)
  }
}

extension Tensor {
  /// For each place in the sorted tensor, which of this one's elements, counted row by row, stands
  /// there.
  fileprivate func sortedSources(axis: Int, isDescending: Bool) throws -> Tensor {
    guard rank > 0, count > 0 else { return try .sequence(from: 0, step: 1, count: count, .f64) }
    let axis = try shape.normalized(axis: axis)
    let order = try argsorted(axis: axis, isDescending: isDescending).cast(to: .f64)
    let places = try Tensor.sequence(from: 0, step: 1, count: count, .f64)
      .reshaped(shape.dimensions)
    // Of each line along the axis, the place of its first element.
    let lines = try places.subscripted(
      [Index](repeating: .all, count: axis) + [.slice(start: 0, stop: 1, step: 1)])
    let step = Double(shape.contiguousStrides[axis])
    return try Tensor.apply(.add, lines, Tensor.apply(.multiply, order, step))
  }
}
