import Tensors

// Reading and writing through indices. Reading and scattering are each other's pullback.

extension OperationKind {
  static let subscripted = OperationKind("index", [.movement], axes: .leading)
  static let scattered = OperationKind("scatter", axes: .fresh)
  static let assigned = OperationKind("assign")
  static let parts = [subscripted, scattered, assigned, sorted]
}

extension Operation {
  static func subscripted(_ indices: [Index]) -> Operation {
    Operation(
      .subscripted, saves: .shapes, indices: indices,
      primitive: BasicIndices(indices).map { .part($0) },
      forward: { try $0[0].subscripted(indices) },
      pullback: { p in
        [try p.part(0) { try .scattered(p.cotangent, at: indices, into: p.inputs[0].shape) }]
      })
  }

  /// Zeros of `shape` with the input added at `indices`; positions named twice add up.
  static func scattered(_ indices: [Index], into shape: Shape) -> Operation {
    Operation(
      .scattered, saves: .shapes, indices: indices,
      primitive: BasicIndices(indices).map { .whole(shape.dimensions + $0.numbers) },
      forward: { inputs in
        try Tensor.zeros(shape, inputs[0].elementType.arithmetic)
          .accumulated(at: indices, adding: inputs[0])
      },
      pullback: { p in [try p.part(0) { try .subscripted(p.cotangent, indices) }] })
  }

  /// A copy of the first input whose region at `indices` is the second. Of values for one place
  /// the last stays, and it alone has a derivative.
  static func assigned(_ indices: [Index]) -> Operation {
    Operation(
      .assigned, saves: .shapes, indices: indices,
      primitive: BasicIndices(indices).map { .whole($0.numbers) },
      forward: { inputs in
        var copy = inputs[0]
        try copy.assign(indices, inputs[1])
        return copy
      },
      pullback: { p in
        [
          try p.part(0) { try .assigned(p.cotangent, at: indices, Variable(0)) },
          try p.part(1) {
            let written = try Variable.subscripted(p.cotangent, indices)
            guard let stays = try Index.lastWritten(at: indices, in: p.output.shape) else {
              return written
            }
            return try .where(stays, written, Variable(0))
          },
        ]
      })
  }
}

extension Index {
  /// Which of the values written to `indices` stay, as a mask of the values' shape; nil where no
  /// place is named twice.
  fileprivate static func lastWritten(at indices: [Index], in shape: Shape) throws -> Tensor? {
    let namesSeveral = indices.contains {
      if case .gather(let places) = $0 { places.count > 1 } else { false }
    }
    guard namesSeveral else { return nil }
    var places = try Tensor.zeros(shape, .f64)
    let target = try places.subscripted(indices).shape
    let order = try Tensor.sequence(from: 0, step: 1, count: target.count, .f64)
      .reshaped(target.dimensions)
    try places.assign(indices, order)
    let stays = try Tensor.apply(.equal, places.subscripted(indices), order)
    return try stays.reduce(.all).item == 1 ? nil : stays
  }
}

extension Variable {
  /// x[indices]: positions, slices, masks and lists of positions as in NumPy.
  package static func subscripted(_ x: Variable, _ indices: [Index]) throws -> Variable {
    try Operation.subscripted(indices)(x)
  }

  /// Zeros of `shape` with `x` added at `indices`.
  package static func scattered(_ x: Variable, at indices: [Index], into shape: Shape) throws
    -> Variable
  {
    try Operation.scattered(indices, into: shape)(x)
  }

  /// `target` after `target[indices] = value`, as a new value.
  package static func assigned(_ target: Variable, at indices: [Index], _ value: Variable) throws
    -> Variable
  {
    try Operation.assigned(indices)(target, value)
  }
}
