import Tensors

// Inverses and decompositions of matrices. Their values come from LAPACK; their pullbacks are those
// of M. Giles, "Collected matrix derivative results for forward and reverse mode algorithmic
// differentiation" (2008), and of Golub and Pereyra (1973) for the pseudoinverse.

extension OperationKind {
  static let inverse = OperationKind("inv", axes: .transposition)
  static let solve = OperationKind("solve", axes: .fresh)
  static let pseudoinverse = OperationKind("pinv", axes: .transposition)
  static let determinant = OperationKind("det", axes: .fresh)
  static let cholesky = OperationKind("cholesky")
  static let symmetricEigen = OperationKind("eigh", axes: .fresh)
  static let singularValues = OperationKind("svd", axes: .fresh)
  static let orthogonalTriangular = OperationKind("qr", axes: .fresh)
  static let decompositions = [
    inverse, solve, pseudoinverse, determinant, cholesky, symmetricEigen, singularValues,
    orthogonalTriangular,
  ]
}

extension Operation {
  /// B = A⁻¹: dA = −Bᵀ G Bᵀ.
  fileprivate static let inverse = Operation(
    .inverse, saves: .output, forward: { try $0[0].inverse() },
    pullback: { p in
      [
        try p.part(0) {
          let transposed = try Variable.matrixTranspose(p.output)
          return try .negate(.matmul(.matmul(transposed, p.cotangent), transposed))
        }
      ]
    })

  /// X with A X = B: dB = A⁻ᵀ G, dA = −dB Xᵀ.
  fileprivate static let solve: Operation = .init(
    .solve, forward: { try $0[0].solve($0[1]) },
    pullback: { p in
      let right = try Variable.solve(.matrixTranspose(p.inputs[0]), p.cotangent)
      return [
        try p.part(0) {
          try .negate(
            p.output.rank == 1
              ? .outer(right, p.output) : .matmul(right, .matrixTranspose(p.output)))
        },
        try p.part(1) { right },
      ]
    })

  /// P = A⁺, at a rank that stays:
  /// dA = −Pᵀ G Pᵀ + (I − A P) Gᵀ P Pᵀ + Pᵀ P Gᵀ (I − P A).
  fileprivate static let pseudoinverse = Operation(
    .pseudoinverse,
    forward: { try $0[0].leastSquares(.identity($0[0].shape[0], $0[0].elementType.arithmetic)) },
    pullback: { p in
      [
        try p.part(0) {
          let (a, inverse) = (p.inputs[0], p.output)
          let transposed = try Variable.matrixTranspose(inverse)
          let g = try Variable.matrixTranspose(p.cotangent)
          let direct = try Variable.matmul(.matmul(transposed, p.cotangent), transposed)
          let left = try Variable.matmul(
            .complement(.matmul(a, inverse)),
            .matmul(g, .matmul(inverse, transposed)))
          let right = try Variable.matmul(
            .matmul(.matmul(transposed, inverse), g),
            .complement(.matmul(inverse, a)))
          return try left + right - direct
        }
      ]
    })

  /// dA = g det(A) A⁻ᵀ; of a singular matrix g times its cofactors.
  fileprivate static let determinant = Operation(
    .determinant,
    forward: { try .scalar($0[0].determinant(), $0[0].elementType.arithmetic) },
    pullback: { p in
      [
        try p.part(0) {
          let a = p.inputs[0]
          guard p.output.tensor.item != 0 else {
            return try p.cotangent * .cofactors(of: a)
          }
          return try p.cotangent * p.output * .matrixTranspose(.inverse(a))
        }
      ]
    })

  /// L with L Lᵀ = A, whose symmetric part is taken: dA is the symmetric part of
  /// L⁻ᵀ Φ(Lᵀ G) L⁻¹, where Φ keeps the lower half and half of the diagonal.
  fileprivate static let cholesky = Operation(
    .cholesky, saves: .output, forward: { try $0[0].symmetricPart().cholesky() },
    pullback: { p in
      [
        try p.part(0) {
          let transposed = try Variable.matrixTranspose(p.output)
          let inner = try Variable.matmul(transposed, p.cotangent).weighted { row, column in
            row > column ? 1 : row == column ? 0.5 : 0
          }
          let left = try Variable.solve(transposed, inner)
          return try Variable.matrixTranspose(
            .solve(transposed, .matrixTranspose(left))
          ).symmetricPart()
        }
      ]
    })
}

// MARK: Decompositions of several parts, each an operation of its own

extension Operation {
  /// dA = V diag(g) Vᵀ.
  fileprivate static let eigenvalues: Operation = .init(
    .symmetricEigen, saves: .inputs, forward: { try $0[0].symmetricPart().symmetricEigen().values },
    pullback: { p in
      [
        try p.part(0) {
          let vectors = try Operation.eigenvectors(p.inputs[0])
          return try .matmul(vectors * p.cotangent, .matrixTranspose(vectors))
        }
      ]
    })

  /// dA is the symmetric part of V (F ⊙ Vᵀ G) Vᵀ with Fᵢⱼ = 1 / (λⱼ − λᵢ); 0 between equal values,
  /// whose vectors may be any.
  fileprivate static let eigenvectors: Operation = .init(
    .symmetricEigen, forward: { try $0[0].symmetricPart().symmetricEigen().vectors },
    pullback: { p in
      [
        try p.part(0) {
          let values = try Operation.eigenvalues(p.inputs[0])
          let vectors = p.output
          let transposed = try Variable.matrixTranspose(vectors)
          let inner = try Variable.matmul(transposed, p.cotangent) * .reciprocalGaps(values)
          return try Variable.matmul(.matmul(vectors, inner), transposed).symmetricPart()
        }
      ]
    })

  /// dA = U diag(g) Vᵀ.
  fileprivate static let singularValues: Operation = .init(
    .singularValues, saves: .inputs, forward: { try $0[0].singularValues().values },
    pullback: { p in
      [
        try p.part(0) {
          let a = p.inputs[0]
          return try .matmul(
            Operation.leftVectors(a) * p.cotangent, Operation.rightVectors(a))
        }
      ]
    })

  /// dA = U (J + Jᵀ) S Vᵀ + (I − U Uᵀ) G S⁻¹ Vᵀ with J = F ⊙ Uᵀ G and Fᵢⱼ = 1 / (sⱼ² − sᵢ²).
  fileprivate static let leftVectors: Operation = .init(
    .singularValues, forward: { try $0[0].singularValues().u },
    pullback: { p in
      [
        try p.part(0) {
          let (values, right) = (
            try Operation.singularValues(p.inputs[0]), try Operation.rightVectors(p.inputs[0])
          )
          return try .matmul(.leftFactor(p.output, values, p.cotangent), right)
        }
      ]
    })

  /// Those of the left vectors of Aᵀ, transposed.
  fileprivate static let rightVectors: Operation = .init(
    .singularValues, forward: { try $0[0].singularValues().v },
    pullback: { p in
      [
        try p.part(0) {
          let (values, left) = (
            try Operation.singularValues(p.inputs[0]), try Operation.leftVectors(p.inputs[0])
          )
          let factor = try Variable.leftFactor(
            .matrixTranspose(p.output), values, .matrixTranspose(p.cotangent))
          return try .matmul(left, .matrixTranspose(factor))
        }
      ]
    })

  /// Of M×N with M ≥ N: dA = (G + Q copyltu(−Gᵀ Q)) R⁻ᵀ, where copyltu mirrors the lower half.
  fileprivate static let orthogonal: Operation = .init(
    .orthogonalTriangular, forward: { try $0[0].orthogonalTriangular().q },
    pullback: { p in
      [
        try p.part(0) {
          let triangular = try Operation.triangular(p.inputs[0])
          let inner = try Variable.negate(
            .matmul(.matrixTranspose(p.cotangent), p.output))
          let sum = try p.cotangent + .matmul(p.output, inner.mirrored())
          return try .divided(sum, byTransposed: triangular)
        }
      ]
    })

  /// Of M×N with M ≥ N: dA = Q copyltu(R Gᵀ) R⁻ᵀ.
  fileprivate static let triangular: Operation = .init(
    .orthogonalTriangular, forward: { try $0[0].orthogonalTriangular().r },
    pullback: { p in
      [
        try p.part(0) {
          let inner = try Variable.matmul(p.output, .matrixTranspose(p.cotangent))
          let product = try Variable.matmul(
            Operation.orthogonal(p.inputs[0]), inner.mirrored())
          return try .divided(product, byTransposed: p.output)
        }
      ]
    })
}

// MARK: Parts of the rules

extension Variable {
  /// I − x of a square matrix.
  fileprivate static func complement(_ x: Variable) throws -> Variable {
    try Variable(.identity(x.shape[0], x.elementType.arithmetic)) - x
  }

  /// (x + xᵀ)/2.
  fileprivate func symmetricPart() throws -> Variable {
    try (self + .matrixTranspose(self)) * 0.5
  }

  /// The elements of a square matrix times a weight by row and column.
  fileprivate func weighted(_ weight: (Int, Int) -> Double) throws -> Variable {
    let size = shape[0]
    let weights = (0..<size * size).map { weight($0 / size, $0 % size) }
    return try self * Variable(Tensor(doubles: weights, shape, elementType: elementType.arithmetic))
  }

  /// The lower half mirrored at the diagonal.
  fileprivate func mirrored() throws -> Variable {
    let below = try weighted { $0 > $1 ? 1 : 0 }
    return try weighted { $0 >= $1 ? 1 : 0 } + .matrixTranspose(below)
  }

  /// x R⁻ᵀ.
  fileprivate static func divided(_ x: Variable, byTransposed r: Variable) throws -> Variable {
    try .matrixTranspose(.solve(r, .matrixTranspose(x)))
  }

  /// 1 / (vⱼ − vᵢ) of row i and column j, 0 where they are equal.
  fileprivate static func reciprocalGaps(_ values: Variable) throws -> Variable {
    let gaps = try values - .expandDimensions(values, axis: 1)
    let safe = try Variable.choose(.equal, gaps, 0, then: Variable(1), otherwise: gaps)
    return try .keep(.divide(Variable(1), safe), where: .notEqual, gaps, 0)
  }

  /// What singular vectors U, with the values s, pass to A = U S Vᵀ, but for Vᵀ.
  fileprivate static func leftFactor(
    _ u: Variable, _ s: Variable, _ cotangent: Variable
  ) throws -> Variable {
    let transposed = try Variable.matrixTranspose(u)
    let inner = try Variable.matmul(transposed, cotangent)
    let j = try inner * .reciprocalGaps(s * s)
    let rotation = try Variable.matmul(u, (j + .matrixTranspose(j)) * s)
    guard u.shape[0] > u.shape[1] else { return rotation }
    let outside = try cotangent - .matmul(u, inner)
    let safe = try Variable.choose(.equal, s, 0, then: Variable(1), otherwise: s)
    return try rotation + .keep(outside / safe, where: .notEqual, s, 0)
  }

  /// The derivatives of a determinant by its elements, right for a singular matrix too:
  /// det(U) det(Vᵀ) U diag(Πⱼ≠ᵢ sⱼ) Vᵀ.
  fileprivate static func cofactors(of a: Variable) throws -> Variable {
    let (u, s, v) = try Variable.singularValues(a)
    let others = try Variable.productOfOthers(s, extent: Extent(s.shape, axes: nil))
    let sign = try Operation.determinant(u) * Operation.determinant(v)
    return try sign * .matmul(u * others, v)
  }
}

extension Tensor {
  /// (x + xᵀ)/2; what is no square matrix as it is.
  fileprivate func symmetricPart() throws -> Tensor {
    guard rank == 2, shape[0] == shape[1] else { return self }
    return try .apply(.multiply, .apply(.add, self, transposed()), 0.5)
  }
}

// MARK: What builtins call

extension Variable {
  /// A⁻¹ of a square matrix.
  ///
  /// - Throws: where it is singular, with its condition number; where it is no square matrix.
  package static func inverse(_ a: Variable) throws -> Variable { try Operation.inverse(a) }

  /// The X with A X = B, of B's shape.
  ///
  /// - Throws: where A is singular, with its condition number; where the shapes do not fit.
  package static func solve(_ a: Variable, _ b: Variable) throws -> Variable {
    try Operation.solve(a, b)
  }

  /// The pseudoinverse (M×N) of a matrix (N×M).
  package static func pseudoinverse(_ a: Variable) throws -> Variable {
    try Operation.pseudoinverse(a)
  }

  /// The determinant of a square matrix.
  package static func determinant(_ a: Variable) throws -> Variable { try Operation.determinant(a) }

  /// The lower triangular L with L Lᵀ = A, of whose symmetric part it is made.
  package static func cholesky(_ a: Variable) throws -> Variable { try Operation.cholesky(a) }

  /// The eigenvalues of a matrix's symmetric part, ascending, and the vectors in columns.
  package static func symmetricEigen(
    _ a: Variable
  ) throws -> (values: Variable, vectors: Variable) {
    if a.isConstant {
      let (values, vectors) = try a.tensor.symmetricPart().symmetricEigen()
      return (Variable(values), Variable(vectors))
    }
    return (try Operation.eigenvalues(a), try Operation.eigenvectors(a))
  }

  /// U (M×K), the singular values descending, and Vᵀ (K×N), with K the smaller side.
  package static func singularValues(
    _ a: Variable
  ) throws -> (u: Variable, values: Variable, v: Variable) {
    if a.isConstant {
      let (u, values, v) = try a.tensor.singularValues()
      return (Variable(u), Variable(values), Variable(v))
    }
    return (
      try Operation.leftVectors(a), try Operation.singularValues(a), try Operation.rightVectors(a)
    )
  }

  /// Q (M×K) with orthonormal columns and the upper triangular R (K×N), with Q R = A.
  package static func orthogonalTriangular(
    _ a: Variable
  ) throws -> (q: Variable, r: Variable) {
    if a.isConstant || a.rank != 2 {
      let (q, r) = try a.tensor.orthogonalTriangular()
      return (Variable(q), Variable(r))
    }
    let (rows, columns) = (a.shape[0], a.shape[1])
    guard rows < columns else { return (try Operation.orthogonal(a), try Operation.triangular(a)) }
    // The columns beyond the square part follow from it: R = Qᵀ A.
    let square = try Variable.subscripted(a, [.all, .slice(start: nil, stop: rows, step: 1)])
    let rest = try Variable.subscripted(a, [.all, .slice(start: rows, stop: nil, step: 1)])
    let q = try Operation.orthogonal(square)
    let r = try Operation.triangular(square)
    return (q, try .concatenate([r, .matmul(.matrixTranspose(q), rest)], axis: 1))
  }
}
