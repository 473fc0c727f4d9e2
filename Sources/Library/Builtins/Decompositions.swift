import Language
import Operations
import Tensors

/// Systems of equations and decompositions of matrices.
extension Builtin {
  static let decompositionGroup: [Builtin] = [
    inv, solve, lstsq, det, svd, eigh, qr, cholesky, pinv,
  ]

  private static let matrix = Parameter("a", .tensor, "a square matrix N×N")

  static let inv = Builtin(
    Declaration(
      "inv", group: .linearAlgebra, "the inverse of a square matrix",
      details: "solve(a, b) is quicker and more precise than inv(a) @ b.", parameters: [matrix],
      result: "a tensor N×N",
      examples: [.init("inv([[2, 0], [0, 4]])", "2×2 tensor f32\n  0.5     0\n    0  0.25")],
      seeAlso: ["solve", "pinv", "det"]),
    differentiation: .differentiable
  ) { arguments, _ in
    Value(try .inverse(arguments.variable(0)))
  }

  static let solve = Builtin(
    Declaration(
      "solve", group: .linearAlgebra, "the x with a @ x = b",
      parameters: [matrix, Parameter("b", .tensor, "N, or N×K")], result: "a tensor of b's shape",
      examples: [.init("solve([[2, 0], [0, 4]], [2, 2])", "2 tensor f32\n  1  0.5")],
      seeAlso: ["inv", "lstsq"]),
    differentiation: .differentiable
  ) { arguments, _ in
    Value(try .solve(arguments.variable(0), arguments.variable(1)))
  }

  static let lstsq = Builtin(
    Declaration(
      "lstsq", group: .linearAlgebra, "the x for which |a @ x − b|² is least",
      details: "Of several, that of least norm. Its derivative holds as long as the rank stays.",
      parameters: [Parameter("a", .tensor, "N×M"), Parameter("b", .tensor, "N, or N×K")],
      result: "a tensor M, or M×K",
      examples: [.init("lstsq([[1, 0], [1, 1], [1, 2]], [1, 3, 5])", "2 tensor f32\n  1  2")],
      seeAlso: ["solve", "pinv", "qr"]),
    differentiation: .differentiable
  ) { arguments, _ in
    let (a, b) = (try arguments.variable(0), try arguments.variable(1))
    // Also for the errors, which speak of the two.
    let solution = try a.tensor.leastSquares(b.tensor)
    if a.isConstant, b.isConstant { return Value(solution) }
    return Value(try .matmul(.pseudoinverse(a), b))
  }

  static let pinv = Builtin(
    Declaration(
      "pinv", group: .linearAlgebra, "the pseudoinverse of a matrix",
      details: "By singular values. Its derivative holds as long as the rank stays.",
      parameters: [Parameter("a", .tensor, "N×M")], result: "a tensor M×N",
      examples: [.init("pinv([[2, 0], [0, 4]])", "2×2 tensor f32\n  0.5     0\n    0  0.25")],
      seeAlso: ["inv", "lstsq", "svd"]),
    differentiation: .differentiable
  ) { arguments, _ in
    let a = try arguments.variable(0)
    guard a.rank == 2 else { throw arguments.mismatch(0, expected: "a matrix") }
    return Value(try .pseudoinverse(a))
  }

  static let det = Builtin(
    Declaration(
      "det", group: .linearAlgebra, "the determinant of a square matrix", parameters: [matrix],
      result: "a number", examples: [.init("det([[1, 2], [3, 4]])", "-2")],
      seeAlso: ["inv", "trace"]),
    differentiation: .differentiable
  ) { arguments, _ in
    let a = try arguments.variable(0)
    return a.isConstant ? .number(try a.tensor.determinant()) : Value(try .determinant(a))
  }

  static let cholesky = Builtin(
    Declaration(
      "cholesky", group: .linearAlgebra, "the lower triangular l with l @ l' = a",
      parameters: [
        Parameter("a", .tensor, "symmetric and positive definite, N×N; of another, (a + a')/2")
      ],
      result: "a tensor N×N",
      examples: [.init("cholesky([[4, 2], [2, 5]])", "2×2 tensor f32\n  2  0\n  1  2")],
      seeAlso: ["qr", "solve"]),
    differentiation: .differentiable
  ) { arguments, _ in
    Value(try .cholesky(arguments.variable(0)))
  }

  static let eigh = Builtin(
    Declaration(
      "eigh", group: .linearAlgebra, "eigenvalues and eigenvectors of a symmetric matrix",
      details: "The values ascend; the vectors are the columns of the second.",
      parameters: [Parameter("a", .tensor, "symmetric, N×N; of another, (a + a')/2")],
      result: "a list of a vector and a matrix",
      examples: [.init("w, v = eigh([[2, 0], [0, 1]])\nw", "2 tensor f32\n  1  2")],
      seeAlso: ["svd", "qr"]),
    differentiation: .differentiable
  ) { arguments, _ in
    let (values, vectors) = try Variable.symmetricEigen(arguments.variable(0))
    return .items([Value(values), Value(vectors)])
  }

  static let svd = Builtin(
    Declaration(
      "svd", group: .linearAlgebra, "the singular values of a matrix, with u and vᵀ",
      details: "Reduced: u is M×K and vᵀ is K×N, with K the smaller side. The values descend.",
      parameters: [Parameter("a", .tensor, "M×N")], result: "a list [u, s, vᵀ]",
      examples: [.init("u, s, vt = svd([[3, 0], [0, 4]])\ns", "2 tensor f32\n  4  3")],
      seeAlso: ["eigh", "pinv", "qr"]),
    differentiation: .differentiable
  ) { arguments, _ in
    let (u, values, v) = try Variable.singularValues(arguments.variable(0))
    return .items([u, values, v].map { Value($0) })
  }

  static let qr = Builtin(
    Declaration(
      "qr", group: .linearAlgebra, "a matrix with orthonormal columns times a triangular one",
      details: "Reduced: q is M×K and r is K×N, with K the smaller side.",
      parameters: [Parameter("a", .tensor, "M×N")], result: "a list [q, r]",
      examples: [.init("q, r = qr([[3, 1], [4, 2]])\nallclose(q @ r, [[3, 1], [4, 2]])", "true")],
      seeAlso: ["svd", "lstsq"]),
    differentiation: .differentiable
  ) { arguments, _ in
    let (q, r) = try Variable.orthogonalTriangular(arguments.variable(0))
    return .items([q, r].map { Value($0) })
  }
}
