import Tensors

extension DerivationRule {
  /// What writes to a part of a tensor.
  static let parts: [String: DerivationRule] = [
    "assign": DerivationRule(isPassing: true) { step in
      let indices = step.node.options.indices
      let text = step.node.options.indexText
      let (coefficient, factors) = step.derivative.split
      let body = Formula.multiply(.one, factors, step.derivative.axes).materialized
      guard step.position == 0 else {
        let axes = step.node.partAxes
        return Result(
          Formula.call(
            Formula.Call(
              name: "part[\(text)]", operands: [body], unicode: "&0[\(text)]",
              latex: "&0[\(SymbolText.escaped(text))]", nns: "&0[\(text)]",
              evaluate: { try $0[0].subscripted(indices) }), axes
          ).scaled(coefficient), "assignment to a part: what was written there")
      }
      return Result(
        Formula.call(
          Formula.Call(
            name: "without[\(text)]", operands: [body], unicode: "($0 with 0 at [\(text)])",
            latex: "\\left($0 \\text{ with 0 at } [\(SymbolText.escaped(text))]\\right)",
            nns: placed(at: indices, in: step.node, "&0[\(text)]").map { "(&0 - \($0))" } ?? "",
            evaluate: { inputs in
              var kept = inputs[0]
              try kept.assign(indices, .scalar(0, .f64))
              return kept
            }), step.node.axes
        ).scaled(coefficient), "assignment to a part: 0 where it was overwritten")
    }
  ]

  /// Code of zeros with something at some places of a tensor; nil where nns has none.
  static func placed(at indices: [Index], in tensor: Node, _ part: String) -> String? {
    let code = padding(indices, tensor)
    if code.isEmpty { return nil }
    return code.contains("&0")
      ? code.replacing("&0", with: "(\(part))") : code.replacing("$0", with: part)
  }
}

extension Node {
  /// The axes of the part that an assignment writes to.
  fileprivate var partAxes: [Dimension] {
    guard let part = try? tensor.subscripted(options.indices) else { return [] }
    return part.shape.dimensions.map { Dimension($0) }
  }
}
