import Tensors

extension DerivationRule {
  /// Inverses of matrices, and what is made of them.
  static let decompositions: [String: DerivationRule] = [
    "inv": DerivationRule { step in
      let transposed = step.result.transposed
      return Result(
        Formula.matmul(.matmul(transposed, step.derivative), transposed).negated,
        "inverse: −(A⁻¹)ᵀ G (A⁻¹)ᵀ")
    },
    "det": DerivationRule { step in
      let inverse = inverse(ofTransposed: step.operand(0))
      return Result(
        step.derivative * step.result * inverse, "determinant: det(A) (A⁻¹)ᵀ")
    },
    "solve": DerivationRule(operands: 2) { step in
      let right = Formula.matmul(
        inverse(ofTransposed: step.operand(0)), step.derivative)
      if step.position == 1 { return Result(right, "system of equations: A⁻ᵀ G") }
      let left =
        step.node.rank == 1
        ? outer(right, step.result) : .matmul(right, step.result.transposed)
      return Result(left.negated, "system of equations: −A⁻ᵀ G Xᵀ")
    },
  ]

  private static func inverse(ofTransposed matrix: Formula) -> Formula {
    Formula.call(
      Formula.Call(
        name: "inv", operands: [matrix.transposed], unicode: "(&0)⁻¹",
        latex: "\\left(&0\\right)^{-1}", evaluate: { try $0[0].inverse() }),
      matrix.axes)
  }
}
