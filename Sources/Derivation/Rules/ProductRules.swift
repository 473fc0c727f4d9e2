import Tensors

extension DerivationRule {
  /// Products of matrices and vectors.
  static let products: [String: DerivationRule] = [
    "@": DerivationRule(operands: 2) { step in
      let (a, b) = (step.node.inputs[0], step.node.inputs[1])
      guard a.rank <= 2, b.rank <= 2 else {
        throw Unsupported(
          "a product of stacks of matrices", span: step.node.span, source: step.node.source)
      }
      let label = "product of matrices: \(step.position == 0 ? "left" : "right") factor"
      return Result(
        step.position == 0
          ? left(step.derivative, a, b) : right(step.derivative, a, b), label)
    },
    "outer": DerivationRule(operands: 2) { step in
      // Its operands count as vectors, whatever their shapes.
      let other = step.operand(1 - step.position)
      let vector = other.reshaped(to: [Dimension(step.other.shape.count)])
      let matrix = step.position == 0 ? step.derivative : step.derivative.transposed
      return Result(.matmul(matrix, vector).reshaped(to: step.input.axes), "outer product")
    },
    "trace": DerivationRule { step in
      let sizes = step.input.axes.sizes
      guard sizes.count == 2, sizes[0] == sizes[1] else {
        throw Unsupported(
          "the trace of this shape", span: step.node.span, source: step.node.source)
      }
      let identity = Formula.call(
        Formula.Call(
          name: "eye", operands: [], suffix: "\(sizes[0])",
          unicode: "I", latex: "I",
          evaluate: { _ in try Tensor.identity(sizes[0], .f64) }), step.input.axes)
      return Result(step.derivative * identity, "trace: the identity")
    },
  ]

  /// With respect to the left factor: G Bᵀ.
  private static func left(_ derivative: Formula, _ a: Node, _ b: Node) -> Formula {
    let factor = Formula.node(b)
    if a.rank == 1, b.rank == 1 { return derivative * factor }
    if b.rank == 1 { return outer(derivative, factor) }
    return .matmul(derivative, factor.transposed)
  }

  /// With respect to the right factor: Aᵀ G.
  private static func right(_ derivative: Formula, _ a: Node, _ b: Node) -> Formula {
    let factor = Formula.node(a)
    if a.rank == 1, b.rank == 1 { return derivative * factor }
    if a.rank == 1 { return outer(factor, derivative) }
    return .matmul(factor.transposed, derivative)
  }

  /// u vᵀ of two vectors.
  static func outer(_ u: Formula, _ v: Formula) -> Formula {
    let (first, second) = (u.materialized.split, v.materialized.split)
    let left = Formula.multiply(.one, first.factors, u.axes)
    let right = Formula.multiply(.one, second.factors, v.axes)
    return Formula.call(
      Formula.Call(
        name: "outer", operands: [left, right], unicode: "&0 &1ᵀ", latex: "&0 \\, &1^\\top",
        evaluate: { try Tensor.outer($0[0], $0[1]) }), u.axes + v.axes
    ).scaled(first.coefficient * second.coefficient)
  }
}
