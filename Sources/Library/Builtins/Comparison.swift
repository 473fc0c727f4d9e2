import Language
import Operations
import Tensors

/// Elementwise functions of several operands.
extension Builtin {
  static let comparisonGroup: [Builtin] = [
    minimum, maximum, arctan2, floorDivide, clip, choose,
  ]

  static let minimum = pairwise(
    .minimum, "the smaller of each pair of elements", example: "minimum([1, 5], 3)",
    "2 tensor f32\n  1  3", seeAlso: ["maximum", "min", "clip"])

  static let maximum = pairwise(
    .maximum, "the larger of each pair of elements", example: "maximum([1, 5], 3)",
    "2 tensor f32\n  3  5", seeAlso: ["minimum", "max", "relu"])

  static let arctan2 = pairwise(
    .arctan2, "the angle of the point (b, a) seen from 0, from −π to π",
    details: "Shapes broadcast. a is the height, as in NumPy.", example: "arctan2(1, -1)",
    "2.35619", seeAlso: ["arctan", "tan"])

  static let floorDivide = Builtin(
    Declaration(
      "floor_divide", group: .elementwise, "the quotient rounded down",
      parameters: [
        Parameter("a", .tensor, "of any shape"), Parameter("b", .tensor, "of any shape"),
      ],
      result: "a tensor of the common shape", examples: [.init("floor_divide(-7, 2)", "-4")],
      seeAlso: ["floor", "trunc"]),
    differentiation: .stepwise("it jumps from one whole number to the next")
  ) { arguments, _ in
    let quotient = try Variable.divide(arguments.variable(0), arguments.variable(1))
    return Value(try .apply(.floor, quotient))
  }

  private static func pairwise(
    _ operation: BinaryOperation, _ summary: String,
    details: String = """
    Shapes broadcast. A NaN on either side gives NaN. Of equal elements each has half of the \
    derivative.
    """, example: String, _ output: String, seeAlso: [String]
  ) -> Builtin {
    Builtin(
      Declaration(
        operation.name, group: .elementwise, summary,
        details: details,
        parameters: [
          Parameter("a", .tensor, "of any shape"), Parameter("b", .tensor, "of any shape"),
        ],
        result: "a tensor of the common shape", examples: [.init(example, output)],
        seeAlso: seeAlso),
      differentiation: .differentiable, elementwise: .binary(operation)
    ) { arguments, _ in
      Value(try .apply(operation, arguments.variable(0), arguments.variable(1)))
    }
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
      return .number(BinaryOperation.minimum(upper, BinaryOperation.maximum(lower, number)))
    }
    return Value(try .clip(arguments.variable(0), lower, upper))
  }

  static let choose = Builtin(
    Declaration(
      "where", group: .elementwise, "a where the mask is true (not 0), b elsewhere",
      details: "Shapes broadcast. With the mask alone, the positions where it is true, as nonzero.",
      parameters: [
        Parameter("mask", .tensor, "a comparison, as x > 0"),
        Parameter(
          "a", .any, default: .computed("positions"), isAwaited: true,
          "taken where the mask is true"),
        Parameter("b", .any, default: .computed("positions"), "taken elsewhere"),
      ],
      result: "a tensor of the common shape",
      examples: [.init("where([1, 0, 1], 10, 20)", "3 tensor f32\n  10  20  10")],
      seeAlso: ["maximum", "clip"]),
    differentiation: .differentiable
  ) { arguments, _ in
    arguments[0].noteCut("where", reason: "its mask is true or false")
    guard arguments.isGiven(1) || arguments.isGiven(2) else {
      return .items(try positions(in: arguments.tensor(0)).map { Value($0) })
    }
    guard arguments.isGiven(1), arguments.isGiven(2) else {
      throw RuntimeError.missingArgument(
        function: "where", parameter: arguments.isGiven(1) ? "b" : "a",
        usage: arguments.declaration.signature)
    }
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
