import Language
import Operations
import Tensors

/// Elementwise functions of several operands, and the tests that give truth values.
extension Builtin {
  static let comparisonGroup: [Builtin] = [minimum, maximum, clip, choose, isnan, isfinite]

  static let minimum = Builtin(
    Declaration(
      "minimum", group: .elementwise, "the smaller of each pair of elements",
      details: """
        Shapes broadcast. A NaN on either side gives NaN. Of equal elements each has half of the \
        derivative.
        """,
      parameters: [
        Parameter("a", .tensor, "of any shape"), Parameter("b", .tensor, "of any shape"),
      ],
      result: "a tensor of the common shape",
      examples: [.init("minimum([1, 5], 3)", "2 tensor f32\n  1  3")],
      seeAlso: ["maximum", "min", "clip"]),
    differentiation: .differentiable
  ) { arguments, _ in
    if case .number(let a) = arguments[0], case .number(let b) = arguments[1] {
      return .number(smaller(a, b))
    }
    return Value(try .minimum(arguments.variable(0), arguments.variable(1)))
  }

  static let maximum = Builtin(
    Declaration(
      "maximum", group: .elementwise, "the larger of each pair of elements",
      details: """
        Shapes broadcast. A NaN on either side gives NaN. Of equal elements each has half of the \
        derivative.
        """,
      parameters: [
        Parameter("a", .tensor, "of any shape"), Parameter("b", .tensor, "of any shape"),
      ],
      result: "a tensor of the common shape",
      examples: [.init("maximum([1, 5], 3)", "2 tensor f32\n  3  5")],
      seeAlso: ["minimum", "max", "relu"]),
    differentiation: .differentiable
  ) { arguments, _ in
    if case .number(let a) = arguments[0], case .number(let b) = arguments[1] {
      return .number(-smaller(-a, -b))
    }
    return Value(try .maximum(arguments.variable(0), arguments.variable(1)))
  }

  /// The smaller of two numbers; NaN where either is.
  static func smaller(_ a: Double, _ b: Double) -> Double {
    a.isNaN || b.isNaN ? .nan : Swift.min(a, b)
  }

  static let clip = Builtin(
    Declaration(
      "clip", aliases: ["clamp"], group: .elementwise, "each element limited to min … max",
      parameters: [
        Parameter("x", .tensor, "of any shape"),
        Parameter("min", .number, default: Parameter.Default.none, "none for no lower limit"),
        Parameter("max", .number, default: Parameter.Default.none, "none for no upper limit"),
      ],
      result: "a tensor of x's shape",
      examples: [.init("clip([-1, 0.5, 2], 0, 1)", "3 tensor f32\n  0  0.5  1")],
      seeAlso: ["minimum", "maximum"]),
    differentiation: .differentiable
  ) { arguments, _ in
    if arguments[1].isTraced || arguments[2].isTraced {
      return Value(
        try .clip(
          arguments.variable(0), between: arguments.limit(1, none: -.infinity),
          and: arguments.limit(2, none: .infinity)))
    }
    let lower = try arguments.optionalNumber(1) ?? -.infinity
    let upper = try arguments.optionalNumber(2) ?? .infinity
    if case .number(let number) = arguments[0] {
      return .number(smaller(-smaller(-number, -lower), upper))
    }
    return Value(try .clip(arguments.variable(0), lower, upper))
  }

  static let choose = Builtin(
    Declaration(
      "where", group: .elementwise, "a where the mask is true (not 0), b elsewhere",
      details: "Shapes broadcast.",
      parameters: [
        Parameter("mask", .tensor, "a comparison, as x > 0"),
        Parameter("a", .tensor, "taken where the mask is true"),
        Parameter("b", .tensor, "taken elsewhere"),
      ],
      result: "a tensor of the common shape",
      examples: [.init("where([1, 0, 1], 10, 20)", "3 tensor f32\n  10  20  10")],
      seeAlso: ["maximum", "clip"]),
    differentiation: .differentiable
  ) { arguments, _ in
    arguments[0].noteCut("where", reason: "its mask is true or false")
    let (mask, a, b) = (try arguments.tensor(0), arguments[1], arguments[2])
    if a.isTruthLike, b.isTruthLike, let a = try a.asTensor(), let b = try b.asTensor() {
      return Value(try Tensor.where(mask, a, b).cast(to: .bool))
    }
    if mask.rank > 0, case .number(let a) = a, case .number(let b) = b {
      let type = ElementType.holding([a, b])
      return Value(
        try Tensor.where(mask, .full(mask.shape, a, type), .full(mask.shape, b, type)))
    }
    return Value(try .where(mask, arguments.variable(1), arguments.variable(2)))
  }

  static let isnan = test(
    "isnan", "whether each element is NaN", example: "isnan([1, nan])", .isnan,
    seeAlso: ["isfinite"])

  static let isfinite = test(
    "isfinite", "whether each element is neither infinite nor NaN", example: "isfinite([nan, 1])",
    .isfinite, seeAlso: ["isnan"])

  private static func test(
    _ name: String, _ summary: String, example: String, _ operation: UnaryOperation,
    seeAlso: [String]
  ) -> Builtin {
    Builtin(
      Declaration(
        name, group: .elementwise, summary, parameters: [Parameter("x", .tensor, "of any shape")],
        result: "a tensor bool of x's shape; true or false for a number",
        examples: [.init(example, "2 tensor bool\n  false  true")], seeAlso: seeAlso),
      differentiation: .stepwise("its result is true or false")
    ) { arguments, _ in
      Value.truth(try Tensor.apply(operation, arguments.tensor(0)))
    }
  }
}

extension Arguments {
  /// A limit of `clip`; the number given where it is left out.
  fileprivate func limit(_ index: Int, none: Double) throws -> Variable {
    if case .none = self[index] { return try Variable(none) }
    return try .reshape(variable(index), to: .scalar)
  }
}

extension Value {
  /// Whether it is a truth value or a mask.
  fileprivate var isTruthLike: Bool { isTruth || isMask }

  /// A tensor of truth values; one without axes becomes `true` or `false`.
  static func truth(_ tensor: Tensor) -> Value {
    if tensor.rank == 0, let item = tensor.item { return .bool(item != 0) }
    return .tensor(Box(tensor))
  }
}
