import Tensors

// Operations that rearrange elements without computing with them.

extension OperationKind {
  static let reshape = OperationKind(
    "reshape", aliases: ["flatten", "squeeze", "expand_dims"], [.view, .movement], axes: .leading)
  static let transpose = OperationKind("transpose", [.view, .movement], axes: .transposition)
  static let broadcast = OperationKind("broadcast", [.view, .movement])
  static let concatenate = OperationKind("concat", axes: .fresh)
  static let stack = OperationKind("stack", aliases: ["bracket"], axes: .fresh)
  static let repeated = OperationKind("repeat", [.movement], axes: .leading)
  static let shapes = [reshape, transpose, broadcast, concatenate, stack, repeated]
}

extension Operation {
  static func reshape(to shape: Shape) -> Operation {
    Operation(
      .reshape, saves: .shapes, primitive: .reshape(shape),
      forward: { try $0[0].reshaped(shape.dimensions) },
      pullback: { p in [try p.part(0) { try .reshape(p.cotangent, to: p.inputs[0].shape) }] })
  }

  static func transpose(axes: [Int]) -> Operation {
    Operation(
      .transpose, saves: .shapes, primitive: .transpose(axes: axes),
      forward: { try $0[0].transposed(axes) },
      pullback: { p in
        let back = axes.indices.map { axes.firstIndex(of: $0) ?? $0 }
        return [try p.part(0) { try .transpose(p.cotangent, axes: back) }]
      })
  }

  static func broadcast(to shape: Shape) -> Operation {
    Operation(
      .broadcast, saves: .shapes, primitive: .broadcast(shape),
      forward: { try $0[0].broadcast(to: shape) },
      pullback: { p in [try p.part(0) { p.cotangent }] })
  }

  /// The axis may count from the end.
  static func concatenate(axis: Int) -> Operation {
    Operation(
      .concatenate, saves: .shapes, primitive: .whole([axis]),
      forward: { try Tensor.concatenate($0, axis: axis) },
      pullback: { p in
        let axis = try p.output.shape.normalized(axis: axis)
        var start = 0
        return try p.inputs.indices.map { position in
          let extent = p.inputs[position].shape.dimensions[axis]
          defer { start += extent }
          return try p.part(position) {
            let part = Index.slice(start: start, stop: start + extent, step: 1)
            return try .subscripted(
              p.cotangent, [Index](repeating: .all, count: axis) + [part])
          }
        }
      })
  }

  /// The axis may count from the end.
  static func stack(axis: Int) -> Operation {
    Operation(
      .stack, saves: .shapes, primitive: .whole([axis]),
      forward: { try Tensor.stack($0, axis: axis) },
      pullback: { p in
        let axis = try p.output.shape.normalized(axis: axis)
        return try p.inputs.indices.map { position in
          try p.part(position) {
            try .subscripted(
              p.cotangent, [Index](repeating: .all, count: axis) + [.at(position)])
          }
        }
      })
  }

  /// Each element `count` times in a row along `axis` (not nil here: the caller flattens), which
  /// may count from the end.
  static func repeated(_ count: Int, axis: Int) -> Operation {
    Operation(
      .repeated, saves: .shapes, forward: { try $0[0].repeated(count, axis: axis) },
      pullback: { p in
        [
          try p.part(0) {
            let axis = try p.inputs[0].shape.normalized(axis: axis)
            var dimensions = p.inputs[0].shape.dimensions
            dimensions.insert(count, at: axis + 1)
            let runs = try Variable.reshape(p.cotangent, to: Shape(checking: dimensions))
            return try .sum(runs, axes: [axis + 1])
          }
        ]
      })
  }
}

extension Variable {
  /// The same elements in another shape.
  package static func reshape(_ x: Variable, to shape: Shape) throws -> Variable {
    x.shape == shape ? x : try Operation.reshape(to: shape)(x)
  }

  /// The axes in another order; reversed when `axes` is nil.
  package static func transpose(_ x: Variable, axes: [Int]? = nil) throws -> Variable {
    let order = try x.shape.order(axes)
    return try Operation.transpose(axes: order)(x)
  }

  /// The last two axes exchanged.
  static func matrixTranspose(_ x: Variable) throws -> Variable {
    guard x.rank >= 2 else { return x }
    return try .transpose(x, axes: Array(0..<x.rank - 2) + [x.rank - 1, x.rank - 2])
  }

  /// x stretched to `shape` by NumPy's rules.
  package static func broadcast(_ x: Variable, to shape: Shape) throws -> Variable {
    x.shape == shape ? x : try Operation.broadcast(to: shape)(x)
  }

  /// The parts joined along an existing axis.
  package static func concatenate(_ parts: [Variable], axis: Int = 0) throws -> Variable {
    try Operation.concatenate(axis: axis)(parts)
  }

  /// The parts, all of one shape, joined along a new axis.
  package static func stack(_ parts: [Variable], axis: Int = 0) throws -> Variable {
    try Operation.stack(axis: axis)(parts)
  }

  /// Without its axes of length 1, or without `axis` alone.
  package static func squeeze(_ x: Variable, axis: Int? = nil) throws -> Variable {
    try .reshape(x, to: x.placeholder.squeezed(axis: axis).shape)
  }

  /// With a new axis of length 1 at `axis`.
  package static func expandDimensions(_ x: Variable, axis: Int) throws -> Variable {
    try .reshape(x, to: x.placeholder.expandedDimensions(axis: axis).shape)
  }

  /// In one dimension.
  package static func flatten(_ x: Variable) throws -> Variable {
    try .reshape(x, to: Shape(checking: [x.count]))
  }

  /// Each element `count` times in a row along `axis`, or of the flattened elements.
  package static func repeated(_ x: Variable, _ count: Int, axis: Int? = nil) throws -> Variable {
    guard let axis else { return try Operation.repeated(count, axis: 0)(.flatten(x)) }
    return try Operation.repeated(count, axis: axis)(x)
  }
}
