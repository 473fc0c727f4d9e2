import Tensors

extension DerivationRule {
  /// Functions of each element.
  static let elementwise: [String: DerivationRule] = [
    "exp": chain("exponential: (eˣ)′ = eˣ") { $0.result },
    "log": DerivationRule { Result($0.derivative / $0.operand(0), "logarithm: (log x)′ = 1/x") },
    "log1p": DerivationRule {
      Result($0.derivative / (.number(1) + $0.operand(0)), "log(1 + x): 1/(1 + x)")
    },
    "sqrt": DerivationRule {
      Result(
        $0.derivative.scaled(Coefficient(0.5)) / $0.result, "square root: 1/(2√x)")
    },
    "abs": chain("|x|: its sign") { .function("sign", $0.operand(0), .sign) },
    "sin": chain("sine: cosine") { .function("cos", $0.operand(0), .cos) },
    "cos": chain("cosine: −sine") { Formula.function("sin", $0.operand(0), .sin).negated },
    "tanh": chain("tanh′ = 1 − tanh²") { .number(1) - $0.result.power(2) },
    "sigmoid": DerivationRule { step in
      let slope = step.derivative * step.result * (.number(1) - step.result)
      // Below a line stands what may cancel, as in the cross-entropy of two classes.
      let mayCancel = step.derivative.hasDenominator
      return Result(mayCancel ? slope.expanded : slope, "sigmoid: σ′ = σ (1 − σ)")
    },
    "softplus": chain("softplus: σ(x)") {
      .function(
        "sigmoid", $0.operand(0), unicode: "σ($0)", latex: "\\sigma\\left($0\\right)", .sigmoid)
    },
    "relu": chain("ReLU: mask [z > 0]") {
      .indicator($0.operand(0), .greater, .number(0))
    },
    "gelu": chain("GELU: Φ(z) + z φ(z)") { step in
      .call(
        Formula.Call(
          name: "gelu′", operands: [step.operand(0)],
          unicode: "(Φ($0) + &0 φ($0))",
          latex: "\\left(\\Phi($0) + &0\\,\\varphi($0)\\right)", nns: "",
          evaluate: { try Tensor.apply(.geluGradient, $0[0]) }), step.operand(0).axes)
    },
    "clip": DerivationRule { step in
      var result = step.derivative
      if let low = step.node.options["min"]?.asNumber() {
        result = result * .indicator(step.operand(0), .greaterOrEqual, .number(low))
      }
      if let high = step.node.options["max"]?.asNumber() {
        result = result * .indicator(step.operand(0), .lessOrEqual, .number(high))
      }
      return Result(result, "clip: passes within the limits")
    },
    "sign": vanishing, "floor": vanishing, "ceil": vanishing, "round": vanishing,
    "gradRelu": vanishing,
  ]

  /// The chain rule: the derivative times a slope.
  private static func chain(
    _ label: String, _ slope: @escaping @Sendable (Application) -> Formula
  ) -> DerivationRule {
    DerivationRule { Result($0.derivative * slope($0), label) }
  }

  /// Of what is constant in pieces.
  private static let vanishing = DerivationRule {
    Result(.constant(Coefficient(0), $0.input.axes), "constant in pieces: 0")
  }
}
