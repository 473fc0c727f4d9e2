import Networks
import Operations
import Tensors

extension DerivationRule {
  /// Layers that are no plain formula (convolution, pooling, normalization): their rule is stated,
  /// and evaluated by the layer's own pullback.
  static let layers: [String: DerivationRule] = [
    "layer": DerivationRule { step in
      guard let layer = step.node.options.layer else {
        return Result(.constant(Coefficient(0), step.input.axes))
      }
      let stated = statement(layer, step.position)
      let inputs = step.node.inputs.map(\.tensor)
      let position = step.position
      let formula = Formula.call(
        Formula.Call(
          name: "pullback\(step.node.identifier).\(position)",
          operands: [step.derivative.materialized, .node(step.node.inputs[stated.operand])],
          unicode: stated.unicode, latex: stated.latex, nns: "",
          evaluate: { try pullback(layer, inputs, position, $0[0]) }), step.input.axes)
      return Result(formula, stated.label)
    }
  ]

  private static let pooling = [
    "max_pool": "max_pool: to the largest element of each window",
    "avg_pool": "avg_pool: spread evenly over each window",
  ]

  private static func statement(
    _ layer: any Layer, _ position: Int
  ) -> (label: String, unicode: String, latex: String, operand: Int) {
    let name = layer.description.prefix { $0 != "(" }
    guard name == "conv2d" else {
      return (
        pooling[String(name)] ?? "\(name): its pullback", "\(name)*($0; &1)",
        "\\mathrm{\(SymbolText.escaped(String(name)))}^*\\left($0;\\, $1\\right)", 0
      )
    }
    switch position {
    case 0:
      return (
        "convolution: with the kernel rotated by 180°", "&0 ∗ rot180(&1)",
        "&0 * \\mathrm{rot}_{180}\\left($1\\right)", 1
      )
    case 1:
      return (
        "convolution: correlation of its input with the derivative", "&1 ⋆ &0", "&1 \\star &0", 0
      )
    default:
      return ("bias: summed over rows and positions", "Σ &0", "\\sum &0", 0)
    }
  }

  /// The layer's derivative with respect to one of its operands, for a derivative of its output.
  private static func pullback(
    _ layer: any Layer, _ inputs: [Tensor], _ position: Int, _ derivative: Tensor
  ) throws -> Tensor {
    let tape = Tape()
    let watched = inputs.map { tape.watch($0) }
    let output = try layer.apply(watched[0], parameters: watched.dropFirst())
    return try tape.sweep(from: output, seed: Variable(derivative), to: [watched[position]])[0]
      .tensor
  }
}
