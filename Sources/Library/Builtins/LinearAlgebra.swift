import Language
import Networks
import Operations
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
      parameters: [
        Parameter("x", .tensor, "a matrix or a vector"),
        Parameter(
          "k", .integer, default: .number(0),
          "which one: above the main diagonal from 1, below from −1"),
      ],
      result: "a tensor",
      examples: [
        .init("diag([[1, 2], [3, 4]])", "2 tensor f32\n  1  4"),
        .init("diag([1, 2])", "2×2 tensor f32\n  1  0\n  0  2"),
      ],
      seeAlso: ["eye", "trace"]),
    differentiation: .differentiable
  ) { arguments, _ in
    let x = try arguments.variable(0)
    let offset = try arguments.integer(1)
    guard x.rank == 1 else { return Value(try diagonal(of: x, offset)) }
    let size = Double(x.count) + Double(offset.magnitude)
    try MemoryGuard.check(elements: size * size)
    let square = try Variable.diagonal(x)
    guard offset != 0 else { return Value(square) }
    let empty = try Tensor.zeros(
      Shape(checking: [x.count + Int(offset.magnitude), x.count + Int(offset.magnitude)]),
      x.elementType.arithmetic)
    let (ahead, behind) = (
      Index.slice(start: 0, stop: x.count, step: 1),
      Index.slice(start: Int(offset.magnitude), stop: nil, step: 1)
    )
    return Value(
      try .assigned(
        Variable(empty), at: offset > 0 ? [ahead, behind] : [behind, ahead], square))
  }

  /// The diagonal of a matrix so many places above the main one; below it where negative.
  private static func diagonal(of x: Variable, _ offset: Int) throws -> Variable {
    guard x.rank == 2, offset != 0 else { return try .diagonal(x) }
    let after = Index.slice(
      start: Swift.min(Int(offset.magnitude), Swift.max(x.shape[0], x.shape[1])), stop: nil, step: 1
    )
    return try .diagonal(.subscripted(x, offset > 0 ? [.all, after] : [after]))
  }
}
