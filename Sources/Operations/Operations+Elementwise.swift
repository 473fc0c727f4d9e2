import Glibc
import Tensors

// Elementwise functions of one operand.

extension Operation {
  /// f with its derivative f′, given as a function of the input x and the output y.
  private static func unary(
    _ name: String, _ operation: UnaryOperation, saves: Saves,
    slope: @escaping @Sendable (_ x: Variable, _ y: Variable) throws -> Variable
  ) -> Operation {
    Operation(
      name, saves: saves, forward: { try Tensor.apply(operation, $0[0]) },
      pullback: { p in [try p.part(0) { try p.cotangent * slope(p.inputs[0], p.output) }] })
  }

  /// A function that is constant between its jumps: the derivative passes nothing back.
  private static func stepwise(_ name: String, _ operation: UnaryOperation) -> Operation {
    Operation(
      name, saves: .shapes, cut: "it is constant between its jumps",
      forward: { try Tensor.apply(operation, $0[0]) }, pullback: { _ in [nil] })
  }

  static let negate = Operation(
    "negate", saves: .shapes, forward: { try Tensor.apply(.negate, $0[0]) },
    pullback: { p in [try p.part(0) { try .negate(p.cotangent) }] })

  static let exp = unary("exp", .exp, saves: .output) { _, y in y }
  static let log = Operation(
    "log", saves: .inputs, forward: { try $0[0].logarithm() },
    pullback: { p in [try p.part(0) { try p.cotangent / p.inputs[0] }] })
  static let log1p = Operation(
    "log1p", saves: .inputs, forward: { try Tensor.apply(.log1p, $0[0]) },
    pullback: { p in [try p.part(0) { try p.cotangent / (p.inputs[0] + 1) }] })
  static let sqrt = Operation(
    "sqrt", saves: .output, forward: { try Tensor.apply(.sqrt, $0[0]) },
    pullback: { p in [try p.part(0) { try p.cotangent / (p.output * 2) }] })
  static let abs = unary("abs", .abs, saves: .inputs) { x, _ in
    // A constant: the slope's own derivative is 0, which is no cut.
    Variable(try Tensor.apply(.sign, x.tensor))
  }
  static let sign = stepwise("sign", .sign)
  static let floor = stepwise("floor", .floor)
  static let ceil = stepwise("ceil", .ceil)
  static let round = stepwise("round", .round)
  static let sin = unary("sin", .sin, saves: .inputs) { x, _ in try .cos(x) }
  static let cos = unary("cos", .cos, saves: .inputs) { x, _ in try .negate(.sin(x)) }
  static let tanh = unary("tanh", .tanh, saves: .output) { _, y in try 1 - y * y }
  /// The input is kept for a logarithm that may follow.
  static let sigmoid = unary("sigmoid", .sigmoid, saves: .both) { _, y in try y * (1 - y) }
  static let softplus = unary("softplus", .softplus, saves: .inputs) { x, _ in try .sigmoid(x) }

  /// The derivative at 0 is 0, as `gradRelu`; where the output is NaN it passes.
  static let relu = Operation(
    "relu", saves: .output, forward: { try Tensor.apply(.relu, $0[0]) },
    pullback: { p in [try p.part(0) { try .keep(p.cotangent, where: .notEqual, p.output, 0) }] })
  static let gradRelu = stepwise("gradRelu", .heaviside)

  /// x·Φ(x), so the derivative is Φ(x) + x·φ(x).
  static let gelu = unary("gelu", .gelu, saves: .inputs) { x, _ in
    try .normalCumulative(x) + x * .normalDensity(x)
  }

  /// Φ, the distribution function of the standard normal.
  static let normalCumulative = Operation(
    "normalCumulative", saves: .inputs,
    forward: { inputs in
      let x = inputs[0]
      return try Tensor(
        doubles: x.doubles().map { 0.5 * erfc(-$0 / 2.0.squareRoot()) }, x.shape,
        elementType: x.elementType.arithmetic)
    },
    pullback: { p in [try p.part(0) { try p.cotangent * .normalDensity(p.inputs[0]) }] })

  static func clip(_ lower: Double?, _ upper: Double?) -> Operation {
    Operation(
      "clip", saves: .inputs, forward: { try $0[0].clip(lower, upper) },
      pullback: { p in
        [
          try p.part(0) {
            let x = p.inputs[0]
            var kept = p.cotangent
            if let lower { kept = try .keep(kept, where: .greaterOrEqual, x, lower) }
            if let upper { kept = try .keep(kept, where: .lessOrEqual, x, upper) }
            return kept
          }
        ]
      })
  }

  /// The same with limits that are differentiated too: an element that is limited passes its
  /// derivative to the limit.
  static let clipBetween = Operation(
    "clip", saves: .inputs,
    forward: {
      try Tensor.apply(.minimum, Tensor.apply(.maximum, $0[0], $0[1]), $0[2])
    },
    pullback: { p in
      let (x, lower, upper) = (p.inputs[0], p.inputs[1], p.inputs[2])
      let raised = Variable(try Tensor.apply(.maximum, x.tensor, lower.tensor))
      return [
        try p.part(0) {
          let kept = try Variable.keep(p.cotangent, where: .greaterOrEqual, x, lower)
          return try .keep(kept, where: .lessOrEqual, x, upper)
        },
        try p.part(1) {
          let below = try Variable.keep(p.cotangent, where: .less, x, lower)
          return try .keep(below, where: .lessOrEqual, lower, upper)
        },
        try p.part(2) { try .keep(p.cotangent, where: .greater, raised, upper) },
      ]
    })

  static func cast(to type: ElementType) -> Operation {
    Operation(
      type == .f64 ? "f64" : "f32", saves: .shapes, forward: { try $0[0].cast(to: type) },
      pullback: { p in [try p.part(0) { try .cast(p.cotangent, to: p.inputs[0].elementType) }] })
  }
}

extension Variable {
  /// −x.
  package static func negate(_ x: Variable) throws -> Variable { try Operation.negate(x) }
  /// eˣ.
  package static func exp(_ x: Variable) throws -> Variable { try Operation.exp(x) }
  /// The natural logarithm; of what `softmax` or `sigmoid` gave, from what that was given.
  package static func log(_ x: Variable) throws -> Variable {
    try Tape.logarithm(of: x) ?? Operation.log(x)
  }
  /// ln(1 + x), exact near 0.
  package static func log1p(_ x: Variable) throws -> Variable {
    try Tape.logarithm(ofOnePlus: x) ?? Operation.log1p(x)
  }
  /// The square root.
  package static func sqrt(_ x: Variable) throws -> Variable { try Operation.sqrt(x) }
  /// |x|; the derivative at 0 is 0.
  package static func abs(_ x: Variable) throws -> Variable { try Operation.abs(x) }
  /// −1, 0 or 1; the derivative is 0.
  package static func sign(_ x: Variable) throws -> Variable { try Operation.sign(x) }
  /// Rounded down; the derivative is 0.
  package static func floor(_ x: Variable) throws -> Variable { try Operation.floor(x) }
  /// Rounded up; the derivative is 0.
  package static func ceil(_ x: Variable) throws -> Variable { try Operation.ceil(x) }
  /// Rounded to the nearest, halves to even; the derivative is 0.
  package static func round(_ x: Variable) throws -> Variable { try Operation.round(x) }
  /// The sine of radians.
  package static func sin(_ x: Variable) throws -> Variable { try Operation.sin(x) }
  /// The cosine of radians.
  package static func cos(_ x: Variable) throws -> Variable { try Operation.cos(x) }
  /// The hyperbolic tangent.
  package static func tanh(_ x: Variable) throws -> Variable { try Operation.tanh(x) }
  /// 1 / (1 + e⁻ˣ).
  package static func sigmoid(_ x: Variable) throws -> Variable { try Operation.sigmoid(x) }
  /// ln(1 + eˣ).
  package static func softplus(_ x: Variable) throws -> Variable { try Operation.softplus(x) }
  /// x·Φ(x), exact (not the tanh approximation).
  package static func gelu(_ x: Variable) throws -> Variable { try Operation.gelu(x) }
  /// max(x, 0).
  package static func relu(_ x: Variable) throws -> Variable { try Operation.relu(x) }
  /// 1 where x > 0 and 0 elsewhere; the derivative is 0.
  package static func gradRelu(_ x: Variable) throws -> Variable { try Operation.gradRelu(x) }
  /// x limited to lower…upper; the derivative is 0 outside.
  package static func clip(_ x: Variable, _ lower: Double?, _ upper: Double?) throws -> Variable {
    try Operation.clip(lower, upper)(x)
  }
  /// x limited to lower…upper, which may be differentiated and broadcast.
  package static func clip(
    _ x: Variable, between lower: Variable, and upper: Variable
  ) throws -> Variable {
    try Operation.clipBetween(x, lower, upper)
  }
  /// x in another element type.
  package static func cast(_ x: Variable, to type: ElementType) throws -> Variable {
    x.elementType == type ? x : try Operation.cast(to: type)(x)
  }

  static func normalCumulative(_ x: Variable) throws -> Variable {
    try Operation.normalCumulative(x)
  }

  /// φ(x) = exp(−x²/2) / √(2π).
  static func normalDensity(_ x: Variable) throws -> Variable {
    try .exp(x * x * -0.5) * 0.39894228040143267794
  }
}
