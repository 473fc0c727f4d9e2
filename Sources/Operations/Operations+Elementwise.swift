import Tensors

// Elementwise functions of one operand.

extension UnaryOperation {
  /// What is known of it.
  package var record: ElementwiseRecord { Self.records[Int(rawValue)] }

  /// Its kind as an operation on variables.
  package var kind: OperationKind { Self.kinds[Int(rawValue)] }

  private static let records = allCases.map(\.declaration)
  private static let kinds = allCases.map {
    OperationKind($0.name, aliases: $0 == .negate ? ["neg"] : [], $0.record)
  }

  /// The compiler asks here for each operation of elementwise.def; `x` is the operand and `y` the
  /// result.
  private var declaration: ElementwiseRecord {
    switch self {
    case .negate: ElementwiseRecord(-1, Rule(nil))
    case .exp: ElementwiseRecord(y, "exponential: (eˣ)′ = eˣ")
    case .log: ElementwiseRecord(1 / x, "logarithm: (log x)′ = 1/x")
    case .log1p: ElementwiseRecord(1 / (1 + x), "log(1 + x): 1/(1 + x)")
    case .sqrt: ElementwiseRecord(0.5 / y, "square root: 1/(2√x)")
    case .abs: ElementwiseRecord(.unary(.sign, x), "|x|: its sign")
    case .sin: ElementwiseRecord(.unary(.cos, x), "sine: cosine")
    case .cos: ElementwiseRecord(-.unary(.sin, x), "cosine: −sine")
    case .tanh:
      ElementwiseRecord(1 - y * y, "tanh′ = 1 − tanh²", isActivation: true)
    case .sigmoid:
      // The input is kept for a logarithm that may follow.
      ElementwiseRecord(
        y * (1 - y), "sigmoid: σ′ = σ (1 − σ)", mayCancel: true,
        symbol: Symbol(unicode: "σ($0)", latex: "\\sigma\\left($0\\right)"),
        isActivation: true, alsoSaves: .inputs)
    case .erf:
      ElementwiseRecord(1.1283791670955126 * .unary(.exp, -(x * x)), "erf: (2/√π) e^(−z²)")
    case .gelu:
      ElementwiseRecord(
        .unary(.geluGradient, x), "GELU: Φ(z) + z φ(z)", isActivation: true)
    case .geluGradient:
      ElementwiseRecord(
        0.39894228040143267794 * .unary(.exp, -0.5 * x * x) * (2 - x * x), "GELU″: (2 − z²) φ(z)",
        symbol: Symbol(
          unicode: "(Φ($0) + &0 φ($0))",
          latex: "\\left(\\Phi($0) + &0\\,\\varphi($0)\\right)",
          nns: "((1 + erf(&0 / sqrt(2))) / 2 + &0 * exp(-&0^2 / 2) / sqrt(2 * pi))"))
    case .softplus:
      ElementwiseRecord(.unary(.sigmoid, x), "softplus: σ(x)", isActivation: true)
    case .relu:
      ElementwiseRecord(
        // The output is kept anyway, by what uses it.
        .indicator(.greater, y, 0), textbook: .indicator(.greater, x, 0),
        "ReLU: mask [z > 0]", isActivation: true)
    case .reciprocal: ElementwiseRecord(-(y * y), "1/x: −1/x²")
    case .square: ElementwiseRecord(2 * x, "power rule")
    case .tan: ElementwiseRecord(1 + y * y, "tangent: 1 + tan²")
    case .sinh: ElementwiseRecord(.unary(.cosh, x), "sinh′ = cosh")
    case .cosh: ElementwiseRecord(.unary(.sinh, x), "cosh′ = sinh")
    case .arcsin: ElementwiseRecord(1 / .unary(.sqrt, 1 - x * x), "arcsin: 1/√(1 − x²)")
    case .arccos: ElementwiseRecord(-(1 / .unary(.sqrt, 1 - x * x)), "arccos: −1/√(1 − x²)")
    case .arctan: ElementwiseRecord(1 / (1 + x * x), "arctan: 1/(1 + x²)")
    case .expm1: ElementwiseRecord(1 + y, "exponential: (eˣ − 1)′ = eˣ")
    case .log2: ElementwiseRecord(1.4426950408889634 / x, "log₂: 1/(x log 2)")
    case .log10: ElementwiseRecord(0.4342944819032518 / x, "log₁₀: 1/(x log 10)")
    case .sign, .floor, .ceil, .round, .trunc, .gradRelu, .isnan, .isinf, .isfinite, .not:
      .stepwise
    }
  }

  private typealias Rule = ElementwiseRecord.Rule
  private typealias Symbol = ElementwiseRecord.Symbol
  private var x: Derivative { .x }
  private var y: Derivative { .result }
}

extension OperationKind {
  static let clip = OperationKind("clip", [.elementwise])
  static let select = OperationKind("where", [.elementwise])
  static let choices = [clip, select]

  static let f32 = OperationKind("f32", [.movement])
  static let f64 = OperationKind("f64", [.movement])
  static let conversions = [f32, f64]
}

extension Operation {
  static let negate = of(.negate)
  static let sigmoid = of(.sigmoid)

  /// An element outside the limits passes nothing.
  static func clip(_ lower: Double?, _ upper: Double?) -> Operation {
    var slope: Derivative = 1
    if let upper { slope = .within(.lessOrEqual, .x, .number(upper), slope) }
    if let lower { slope = .within(.greaterOrEqual, .x, .number(lower), slope) }
    let limits = [lower, upper].flatMap { limit in
      limit.map { [1, Int(truncatingIfNeeded: $0.bitPattern)] } ?? [0]
    }
    return Operation(.clip, ElementwiseRecord(slope, clipRule), primitive: .whole(limits)) {
      try $0[0].clip(lower, upper)
    }
  }

  /// The limits that a clip's numbers are; no limit is an infinite one.
  fileprivate static func limits(_ numbers: [Int]) -> (lower: Double, upper: Double) {
    var rest = numbers[...]
    func next(none: Double) -> Double {
      guard rest.popFirst() == 1, let bits = rest.popFirst() else { return none }
      return Double(bitPattern: UInt64(truncatingIfNeeded: bits))
    }
    let lower = next(none: -.infinity)
    return (lower, next(none: .infinity))
  }

  private static let clipRule: ElementwiseRecord.Rule = "clip: passes within the limits"

  /// The same with limits that are differentiated too: an element that is limited passes its
  /// derivative to the limit.
  static let clipBetween = {
    let (x, lower, upper) = (Derivative.x, Derivative.operand(1), Derivative.operand(2))
    return Operation(
      .clip,
      ElementwiseRecord(
        [
          .within(.greaterOrEqual, x, lower, .indicator(.lessOrEqual, x, upper)),
          .within(.less, x, lower, .indicator(.lessOrEqual, lower, upper)),
          .indicator(.greater, .binary(.maximum, x, lower), upper),
        ], rules: [clipRule, clipRule, clipRule])
    ) { try .apply(.minimum, $0[2], Tensor.apply(.maximum, $0[1], $0[0])) }
  }()

  static func cast(to type: ElementType) -> Operation {
    Operation(
      type == .f64 ? .f64 : .f32, saves: .shapes, primitive: .cast(type),
      forward: { try $0[0].cast(to: type) },
      pullback: { p in [try p.part(0) { try .cast(p.cotangent, to: p.inputs[0].elementType) }] })
  }
}

extension Recording.Step {
  /// Between which numbers it limits its input; nil of any other operation.
  package var limits: (lower: Double, upper: Double)? {
    guard name == OperationKind.clip.name, case .whole(let numbers)? = primitive else { return nil }
    return Operation.limits(numbers)
  }
}

extension Variable {
  /// −x.
  package static func negate(_ x: Variable) throws -> Variable { try .apply(.negate, x) }
  /// eˣ.
  package static func exp(_ x: Variable) throws -> Variable { try .apply(.exp, x) }
  /// The natural logarithm.
  package static func log(_ x: Variable) throws -> Variable { try .apply(.log, x) }
  /// ln(1 + x), exact near 0.
  package static func log1p(_ x: Variable) throws -> Variable { try .apply(.log1p, x) }
  /// The square root.
  package static func sqrt(_ x: Variable) throws -> Variable { try .apply(.sqrt, x) }
  /// |x|; the derivative at 0 is 0.
  package static func abs(_ x: Variable) throws -> Variable { try .apply(.abs, x) }
  /// Rounded to the nearest, halves to even; the derivative is 0.
  package static func round(_ x: Variable) throws -> Variable { try .apply(.round, x) }
  /// The sine of radians.
  package static func sin(_ x: Variable) throws -> Variable { try .apply(.sin, x) }
  /// The hyperbolic tangent.
  package static func tanh(_ x: Variable) throws -> Variable { try .apply(.tanh, x) }
  /// 1 / (1 + e⁻ˣ).
  package static func sigmoid(_ x: Variable) throws -> Variable { try .apply(.sigmoid, x) }
  /// ln(1 + eˣ).
  package static func softplus(_ x: Variable) throws -> Variable { try .apply(.softplus, x) }
  /// max(x, 0).
  package static func relu(_ x: Variable) throws -> Variable { try .apply(.relu, x) }
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
}
