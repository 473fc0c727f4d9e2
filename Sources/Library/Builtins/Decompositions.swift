import Language
import Operations
import Tensors

/// Systems of equations and decompositions of matrices.
///
/// What is differentiated is computed by LAPACK first and then once more, from there on, by steps
/// whose value is that result and whose derivatives up to the third are those of the exact one.
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
    Value(try inverse(of: arguments.variable(0)))
  }

  /// From an inverse B, Newton's step 2B − B A B doubles the digits, and the orders of derivatives
  /// that are right.
  private static func inverse(of a: Variable) throws -> Variable {
    let known = Variable(try a.tensor.inverse())
    if a.isConstant { return known }
    var inverse = known
    for _ in 0..<2 {
      inverse = try .subtract(
        .multiply(inverse, Variable(2)), .matmul(.matmul(inverse, a), inverse))
    }
    return inverse
  }

  static let solve = Builtin(
    Declaration(
      "solve", group: .linearAlgebra, "the x with a @ x = b",
      parameters: [matrix, Parameter("b", .tensor, "N, or N×K")], result: "a tensor of b's shape",
      examples: [.init("solve([[2, 0], [0, 4]], [2, 2])", "2 tensor f32\n  1  0.5")],
      seeAlso: ["inv", "lstsq"]),
    differentiation: .differentiable
  ) { arguments, _ in
    let (a, b) = (try arguments.variable(0), try arguments.variable(1))
    if a.isConstant, b.isConstant { return Value(try a.tensor.solve(b.tensor)) }
    // For its errors.
    _ = try a.tensor.solve(b.tensor)
    return Value(try .matmul(inverse(of: a), b))
  }

  static let lstsq = Builtin(
    Declaration(
      "lstsq", group: .linearAlgebra, "the x for which |a @ x − b|² is least",
      details: "Of several, that of least norm. Its derivative needs independent columns.",
      parameters: [Parameter("a", .tensor, "N×M"), Parameter("b", .tensor, "N, or N×K")],
      result: "a tensor M, or M×K",
      examples: [.init("lstsq([[1, 0], [1, 1], [1, 2]], [1, 3, 5])", "2 tensor f32\n  1  2")],
      seeAlso: ["solve", "pinv", "qr"]),
    differentiation: .differentiable
  ) { arguments, _ in
    let (a, b) = (try arguments.variable(0), try arguments.variable(1))
    let solution = try a.tensor.leastSquares(b.tensor)
    if a.isConstant, b.isConstant { return Value(solution) }
    let transposed = try Variable.transpose(a)
    return Value(
      try .matmul(inverse(of: .matmul(transposed, a)), .matmul(transposed, b)))
  }

  static let pinv = Builtin(
    Declaration(
      "pinv", group: .linearAlgebra, "the pseudoinverse of a matrix",
      details: "By singular values. Its derivative needs independent columns or rows.",
      parameters: [Parameter("a", .tensor, "N×M")], result: "a tensor M×N",
      examples: [.init("pinv([[2, 0], [0, 4]])", "2×2 tensor f32\n  0.5     0\n    0  0.25")],
      seeAlso: ["inv", "lstsq", "svd"]),
    differentiation: .differentiable
  ) { arguments, _ in
    let a = try arguments.variable(0)
    guard a.rank == 2 else { throw arguments.mismatch(0, expected: "a matrix") }
    guard !a.isConstant else {
      let type = a.tensor.elementType.arithmetic
      return Value(try a.tensor.leastSquares(.identity(a.shape[0], type)))
    }
    let transposed = try Variable.transpose(a)
    return Value(
      a.shape[0] >= a.shape[1]
        ? try .matmul(inverse(of: .matmul(transposed, a)), transposed)
        : try .matmul(transposed, inverse(of: .matmul(a, transposed))))
  }

  static let det = Builtin(
    Declaration(
      "det", group: .linearAlgebra, "the determinant of a square matrix", parameters: [matrix],
      result: "a number", examples: [.init("det([[1, 2], [3, 4]])", "-2")],
      seeAlso: ["inv", "trace"]),
    differentiation: .differentiable
  ) { arguments, _ in
    let a = try arguments.variable(0)
    let known = try a.tensor.determinant()
    if a.isConstant { return .number(known) }
    // det A = d · det(B A), where B A = I + E with E = 0 here: 1 + t₁ + (t₁² − t₂)/2 + … of the
    // traces of E's powers.
    let size = a.shape[0]
    let inverse = Variable(try a.tensor.inverse())
    let one = Variable(try .identity(size, a.tensor.elementType.arithmetic))
    let e = try Variable.subtract(.matmul(inverse, a), one)
    let square = try Variable.matmul(e, e)
    let (t1, t2) = (try Variable.trace(e), try Variable.trace(square))
    let t3 = try Variable.trace(.matmul(square, e))
    let second = try (t1 * t1 - t2) * Variable(0.5)
    let third = try (t1 * t1 * t1 - Variable(3) * t1 * t2 + Variable(2) * t3) * Variable(1 / 6.0)
    return Value(try Variable(known) * (Variable(1) + t1 + second + third))
  }

  static let cholesky = Builtin(
    Declaration(
      "cholesky", group: .linearAlgebra, "the lower triangular l with l @ l' = a",
      parameters: [Parameter("a", .tensor, "symmetric and positive definite, N×N")],
      result: "a tensor N×N",
      examples: [.init("cholesky([[4, 2], [2, 5]])", "2×2 tensor f32\n  2  0\n  1  2")],
      seeAlso: ["qr", "solve"]),
    differentiation: .refused("its rule is not part of nnsh")
  ) { arguments, _ in
    Value(try arguments.tensor(0).cholesky())
  }

  static let eigh = Builtin(
    Declaration(
      "eigh", group: .linearAlgebra, "eigenvalues and eigenvectors of a symmetric matrix",
      details: "The values ascend; the vectors are the columns of the second.",
      parameters: [Parameter("a", .tensor, "symmetric, N×N; the lower half is read")],
      result: "a list of a vector and a matrix",
      examples: [.init("w, v = eigh([[2, 0], [0, 1]])\nw", "2 tensor f32\n  1  2")],
      seeAlso: ["svd", "qr"]),
    differentiation: .refused("its rule is not part of nnsh")
  ) { arguments, _ in
    let (values, vectors) = try arguments.tensor(0).symmetricEigen()
    return .items([Value.tensor(Box(values)), Value.tensor(Box(vectors))])
  }

  static let svd = Builtin(
    Declaration(
      "svd", group: .linearAlgebra, "the singular values of a matrix, with u and vᵀ",
      details: "Reduced: u is M×K and vᵀ is K×N, with K the smaller side. The values descend.",
      parameters: [Parameter("a", .tensor, "M×N")], result: "a list [u, s, vᵀ]",
      examples: [.init("u, s, vt = svd([[3, 0], [0, 4]])\ns", "2 tensor f32\n  4  3")],
      seeAlso: ["eigh", "pinv", "qr"]),
    differentiation: .refused("its rule is not part of nnsh")
  ) { arguments, _ in
    let (u, values, v) = try arguments.tensor(0).singularValues()
    return .items([u, values, v].map { .tensor(Box($0)) })
  }

  static let qr = Builtin(
    Declaration(
      "qr", group: .linearAlgebra, "a matrix with orthonormal columns times a triangular one",
      details: "Reduced: q is M×K and r is K×N, with K the smaller side.",
      parameters: [Parameter("a", .tensor, "M×N")], result: "a list [q, r]",
      examples: [.init("q, r = qr([[3, 1], [4, 2]])\nallclose(q @ r, [[3, 1], [4, 2]])", "true")],
      seeAlso: ["svd", "lstsq"]),
    differentiation: .refused("its rule is not part of nnsh")
  ) { arguments, _ in
    let (q, r) = try arguments.tensor(0).orthogonalTriangular()
    return .items([q, r].map { .tensor(Box($0)) })
  }
}
