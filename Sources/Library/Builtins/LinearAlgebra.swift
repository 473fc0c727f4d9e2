import Language
import Networks
import Tensors

/// Products of vectors and matrices.
extension Builtin {
  static let linearAlgebraGroup: [Builtin] = [matmul, dot, outer, trace, diag]

  static let matmul = Builtin(
    Declaration(
      "matmul", group: .linearAlgebra, "the matrix product, a @ b",
      details: """
        (…×N×M) (…×M×K) = (…×N×K); leading axes broadcast. A vector on the left is a row, on the \
        right a column, and loses that axis in the result.
        """,
      parameters: [
        Parameter("a", .tensor, "N×M, or M"), Parameter("b", .tensor, "M×K, or M"),
      ],
      result: "a tensor N×K",
      examples: [.init("matmul([[1, 2]], [[3], [4]])", "1×1 tensor f32\n  11")],
      seeAlso: ["dot", "outer", "compute"]),
    differentiation: .differentiable
  ) { arguments, _ in
    Value(try .matmul(arguments.variable(0), arguments.variable(1)))
  }

  static let dot = Builtin(
    Declaration(
      "dot", group: .linearAlgebra, "the inner product Σ aᵢ bᵢ of two vectors",
      details: "Of matrices it is the matrix product, with a number the plain product.",
      parameters: [Parameter("a", .tensor, "M"), Parameter("b", .tensor, "M")],
      result: "a number for vectors", examples: [.init("dot([1, 2], [3, 4])", "11")],
      seeAlso: ["matmul", "outer", "norm"]),
    differentiation: .differentiable
  ) { arguments, _ in
    Value(try .dot(arguments.variable(0), arguments.variable(1)))
  }

  static let outer = Builtin(
    Declaration(
      "outer", group: .linearAlgebra, "every product of an element of a with one of b",
      parameters: [Parameter("a", .tensor, "N"), Parameter("b", .tensor, "M")],
      result: "a tensor N×M",
      examples: [.init("outer([1, 2], [3, 4])", "2×2 tensor f32\n  3  4\n  6  8")],
      seeAlso: ["dot", "matmul"]),
    differentiation: .differentiable
  ) { arguments, _ in
    Value(try .outer(arguments.variable(0), arguments.variable(1)))
  }

  static let trace = Builtin(
    Declaration(
      "trace", group: .linearAlgebra, "the sum of the diagonal",
      parameters: [Parameter("x", .tensor, "a matrix")], result: "a number",
      examples: [.init("trace([[1, 2], [3, 4]])", "5")], seeAlso: ["diag", "sum"]),
    differentiation: .differentiable
  ) { arguments, _ in
    Value(try .trace(arguments.variable(0)))
  }

  static let diag = Builtin(
    Declaration(
      "diag", group: .linearAlgebra,
      "the diagonal of a matrix, or the matrix with a vector on its diagonal",
      parameters: [Parameter("x", .tensor, "a matrix or a vector")], result: "a tensor",
      examples: [
        .init("diag([[1, 2], [3, 4]])", "2 tensor f32\n  1  4"),
        .init("diag([1, 2])", "2×2 tensor f32\n  1  0\n  0  2"),
      ],
      seeAlso: ["eye", "trace"]),
    differentiation: .differentiable
  ) { arguments, _ in
    let x = try arguments.variable(0)
    if x.rank == 1 { try MemoryGuard.check(elements: Double(x.count) * Double(x.count)) }
    return Value(try .diagonal(x))
  }
}
