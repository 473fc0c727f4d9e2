import Tensors

// Products of matrices and vectors, the trace and diagonals.

extension OperationKind {
  static let matmul = OperationKind("matmul", aliases: ["@", "dot"], axes: .product)
  static let outer = OperationKind("outer", axes: .outerProduct)
  static let trace = OperationKind("trace", axes: .leading)
  static let diagonal = OperationKind("diag", axes: .leading)
  static let products = [matmul, outer, trace, diagonal]
}

extension Operation {
  /// A·B: dA = G·Bᵀ, dB = Aᵀ·G, each summed over the axes along which a batch was broadcast.
  /// A one-dimensional left operand is a row, a right one a column, as in NumPy.
  static let matmul = Operation(
    .matmul, saves: .inputs, primitive: .product, forward: { try Tensor.matmul($0[0], $0[1]) },
    pullback: { p in
      let (a, b) = (p.inputs[0], p.inputs[1])
      let left = a.rank == 1 ? try Variable.expandDimensions(a, axis: 0) : a
      let right = b.rank == 1 ? try Variable.expandDimensions(b, axis: 1) : b
      var g = p.cotangent
      if b.rank == 1 { g = try .expandDimensions(g, axis: g.rank) }
      if a.rank == 1 { g = try .expandDimensions(g, axis: g.rank - 1) }
      let cotangent = g
      return [
        try p.matrixPart(0, as: left.shape) { try .matmul(cotangent, .matrixTranspose(right)) },
        try p.matrixPart(1, as: right.shape) { try .matmul(.matrixTranspose(left), cotangent) },
      ]
    })
}

extension Pullback {
  /// The part of a matrix operand: summed to `matrix`, then shaped as the operand is.
  fileprivate func matrixPart(
    _ position: Int, as matrix: Shape, _ compute: () throws -> Variable
  ) throws -> Variable? {
    guard isNeeded[position] else { return nil }
    return try .reshape(compute().summed(to: matrix), to: inputs[position].shape)
  }
}

extension Operation {
  /// The sum of the diagonal of a matrix.
  static let trace = Operation(
    .trace, saves: .shapes, forward: { try $0[0].trace() },
    pullback: { p in
      [
        try p.part(0) {
          let shape = p.inputs[0].shape
          let ones = try Tensor.diagonalOnes(shape, like: p.cotangent.tensor)
          return try p.cotangent * Variable(ones)
        }
      ]
    })

  /// The diagonal of a matrix, or the matrix with a vector on its diagonal.
  static let diagonal = Operation(
    .diagonal, saves: .shapes, forward: { try $0[0].diagonal() },
    pullback: { p in
      [
        try p.part(0) {
          let input = p.inputs[0].shape
          if input.rank == 1 { return try .diagonal(p.cotangent) }
          let flat = try Variable.scattered(
            p.cotangent, at: [.gather(.diagonalPositions(input))],
            into: Shape(checking: [input.count]))
          return try .reshape(flat, to: input)
        }
      ]
    })
}

extension Tensor {
  /// Ones on the main diagonal of a matrix, zeros elsewhere.
  static func diagonalOnes(_ shape: Shape, like other: Tensor) throws -> Tensor {
    try Tensor.zeros(Shape(checking: [shape.count]), other.elementType.arithmetic)
      .accumulated(at: [.gather(.diagonalPositions(shape))], adding: .scalar(1))
      .reshaped(shape.dimensions)
  }

  /// Where the diagonal of a matrix lies among its elements in order.
  static func diagonalPositions(_ shape: Shape) throws -> Tensor {
    try .sequence(
      from: 0, step: Double(shape[1] + 1), count: Swift.min(shape[0], shape[1]), .f64)
  }
}

extension Variable {
  /// The matrix product, batched over leading axes, with one-dimensional operands as in NumPy.
  package static func matmul(_ a: Variable, _ b: Variable) throws -> Variable {
    if a.isConstant, b.isConstant { return Variable(try Tensor.matmul(a.tensor, b.tensor)) }
    return try Operation.matmul(a, b)
  }

  /// The inner product of two vectors; the product with a number or a matrix where there is one.
  package static func dot(_ a: Variable, _ b: Variable) throws -> Variable {
    a.rank == 0 || b.rank == 0 ? try .multiply(a, b) : try .matmul(a, b)
  }

  /// Every product of an element of `a` with one of `b`: a matrix.
  package static func outer(_ a: Variable, _ b: Variable) throws -> Variable {
    try .multiply(
      .reshape(a, to: Shape(checking: [a.count, 1])),
      .reshape(b, to: Shape(checking: [1, b.count])))
  }

  /// The sum of the diagonal of a matrix.
  package static func trace(_ x: Variable) throws -> Variable { try Operation.trace(x) }

  /// The diagonal of a matrix, or the matrix with a vector on its diagonal.
  package static func diagonal(_ x: Variable) throws -> Variable { try Operation.diagonal(x) }
}
