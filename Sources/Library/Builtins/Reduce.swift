import Language
import Operations
import Tensors

/// Reductions: many elements to one, over all axes or some.
extension Builtin {
  static let reduceGroup: [Builtin] = [
    sum, mean, variance, standardDeviation, least, largest, prod, norm, anyTrue, allTrue, argmin,
    argmax, cumsum,
  ]

  private static let axis = Parameter(
    "axis", .axes, default: Parameter.Default.none,
    "the axis to reduce, or a list of them; none for all")
  private static let keepdims = Parameter(
    "keepdims", .bool, default: .bool(false), "keeps the reduced axes, with length 1")
  private static let operand = Parameter("x", .tensor, "of any shape")
  private static let result = "a number, or a tensor of the axes that are left"

  /// A differentiable reduction.
  private static func reduction(
    _ name: String, aliases: [String] = [], _ summary: String, details: String = "",
    examples: [Declaration.Example], seeAlso: [String],
    _ operation: @escaping @Sendable (Variable, [Int]?, Bool) throws -> Variable
  ) -> Builtin {
    Builtin(
      Declaration(
        name, aliases: aliases, group: .reduce, summary, details: details,
        parameters: [operand, axis, keepdims], result: result, examples: examples,
        seeAlso: seeAlso),
      differentiation: .differentiable
    ) { arguments, _ in
      Value(try operation(arguments.variable(0), arguments.axes(1), arguments.bool(2)))
    }
  }

  static let sum = reduction(
    "sum", "the sum of the elements",
    examples: [
      .init("sum([[1, 2], [3, 4]])", "10"),
      .init("sum([[1, 2], [3, 4]], axis=0)", "2 tensor f32\n  4  6"),
    ], seeAlso: ["mean", "cumsum", "trace"]
  ) { try .sum($0, axes: $1, keepDimensions: $2) }

  static let mean = reduction(
    "mean", "the mean of the elements",
    examples: [
      .init("mean([[1, 2], [3, 4]], axis=1, keepdims=true)", "2×1 tensor f32\n  1.5\n  3.5")
    ], seeAlso: ["sum", "var", "std"]
  ) { try .mean($0, axes: $1, keepDimensions: $2) }

  static let prod = reduction(
    "prod", "the product of the elements", examples: [.init("prod([2, 3, 4])", "24")],
    seeAlso: ["sum"]
  ) { try .product($0, axes: $1, keepDimensions: $2) }

  static let variance = deviation(
    "var", "the variance: the mean squared deviation from the mean",
    example: .init("var([1, 2, 3, 4])", "1.25"), seeAlso: ["std", "mean"]
  ) { try .variance($0, axes: $1, keepDimensions: $3, ddof: $2) }

  static let standardDeviation = deviation(
    "std", "the standard deviation: the square root of the variance",
    example: .init("std([1, 2, 3, 4])", "1.11803"), seeAlso: ["var", "mean"]
  ) { try .standardDeviation($0, axes: $1, keepDimensions: $3, ddof: $2) }

  private static func deviation(
    _ name: String, _ summary: String, example: Declaration.Example, seeAlso: [String],
    _ operation: @escaping @Sendable (Variable, [Int]?, Int, Bool) throws -> Variable
  ) -> Builtin {
    Builtin(
      Declaration(
        name, group: .reduce, summary,
        details: "Divided by n − ddof: by n as in NumPy, by n − 1 with ddof=1.",
        parameters: [
          operand, axis, keepdims,
          Parameter("ddof", .integer, default: .number(0), "subtracted from the count"),
        ],
        result: result, examples: [example], seeAlso: seeAlso),
      differentiation: .differentiable
    ) { arguments, _ in
      Value(
        try operation(
          arguments.variable(0), arguments.axes(1), arguments.integer(3), arguments.bool(2)))
    }
  }

  static let least = extreme(
    "min", "the smallest element",
    example: .init("min([[3, 1], [2, 4]], axis=1)", "2 tensor f32\n  1  2"),
    pairs: "minimum", .minimum, seeAlso: ["max", "minimum", "argmin"]
  ) { try .min($0, axes: $1, keepDimensions: $2) }

  static let largest = extreme(
    "max", "the largest element",
    example: .init("max([[3, 1], [2, 4]], axis=1)", "2 tensor f32\n  3  4"),
    pairs: "maximum", .maximum, seeAlso: ["min", "maximum", "argmax"]
  ) { try .max($0, axes: $1, keepDimensions: $2) }

  /// `min` and `max`: reductions, but of two numbers the smaller or larger one.
  private static func extreme(
    _ name: String, _ summary: String, example: Declaration.Example, pairs: String,
    _ pairwise: BinaryOperation, seeAlso: [String],
    _ operation: @escaping @Sendable (Variable, [Int]?, Bool) throws -> Variable
  ) -> Builtin {
    Builtin(
      Declaration(
        name, group: .reduce, summary,
        details: """
          A NaN among the elements gives NaN. Equal extremes share the derivative. \(name)(a, b) of two numbers compares them; for \
          tensors, element by element, that is \(pairs)(a, b).
          """,
        parameters: [operand, axis, keepdims], result: result,
        examples: [example, .init("\(name)(2, 5)", name == "max" ? "5" : "2")], seeAlso: seeAlso),
      differentiation: .differentiable,
      direct: DirectCall(two: { left, right in
        guard case .number(let a) = left, case .number(let b) = right else { return nil }
        return .number(pairwise(a, b))
      })
    ) { arguments, _ in
      if case .number(let a) = arguments[0], case .number(let b) = arguments[1] {
        return .number(pairwise(a, b))
      }
      let x = try arguments.variable(0)
      if x.rank == 0, arguments.isGiven(1), let other = arguments[1].asNumber() {
        var right = try Variable(other)
        if case .traced(let box) = arguments[1] { right = box.content }
        return Value(try pairwise == .maximum ? .maximum(x, right) : .minimum(x, right))
      }
      do {
        return Value(try operation(x, arguments.axes(1), arguments.bool(2)))
      } catch let error as TensorError {
        guard case .axisOutOfRange = error, case .tensor = arguments[1] else { throw error }
        throw RuntimeError.other(
          "\(name) reduces one tensor, and \(arguments[1].kindPhrase) names no axes of it",
          hint: "element by element it is \(pairs)(a, b)")
      }
    }
  }

  static let anyTrue = logical(
    "any", "whether any element is true (not 0)", example: .init("any([0, 2] > 1)", "true"), .any,
    seeAlso: ["all", "where"])

  static let allTrue = logical(
    "all", "whether all elements are true (not 0)", example: .init("all([0, 2] > 1)", "false"),
    .all, seeAlso: ["any", "isfinite"])

  private static func logical(
    _ name: String, _ summary: String, example: Declaration.Example, _ reduction: Reduction,
    seeAlso: [String]
  ) -> Builtin {
    Builtin(
      Declaration(
        name, group: .reduce, summary, parameters: [operand, axis, keepdims],
        result: "true or false, or a tensor bool of the axes that are left", examples: [example],
        seeAlso: seeAlso),
      differentiation: .stepwise("its result is true or false")
    ) { arguments, _ in
      Value.truth(
        try arguments.tensor(0).reduce(
          reduction, axes: arguments.axes(1), keepDimensions: arguments.bool(2)))
    }
  }

  static let argmin = position(
    "argmin", "where the smallest element is", example: .init("argmin([3, 1, 2])", "1"),
    seeAlso: ["min", "argmax", "argsort"]
  ) { try $0.argmin(axis: $1, keepDimensions: $2) }

  static let argmax = position(
    "argmax", "where the largest element is",
    example: .init("argmax([[0.1, 0.9], [0.8, 0.2]], axis=1)", "2 tensor f32\n  1  0"),
    seeAlso: ["max", "argmin", "one_hot"]
  ) { try $0.argmax(axis: $1, keepDimensions: $2) }

  private static func position(
    _ name: String, _ summary: String, example: Declaration.Example, seeAlso: [String],
    _ operation: @escaping @Sendable (Tensor, Int?, Bool) throws -> Tensor
  ) -> Builtin {
    Builtin(
      Declaration(
        name, group: .reduce, summary, details: "Among equals, the first.",
        parameters: [
          operand,
          Parameter(
            "axis", .integer, default: Parameter.Default.none,
            "the axis to search; none for the flattened elements"),
          keepdims,
        ],
        result: "a number, or a tensor of positions", examples: [example], seeAlso: seeAlso),
      differentiation: .stepwise("its result is a position, which jumps from one to the next")
    ) { arguments, _ in
      Value(
        try operation(arguments.tensor(0), arguments.optionalInteger(1), arguments.bool(2)))
    }
  }

  static let cumsum = Builtin(
    Declaration(
      "cumsum", group: .reduce, "running sums",
      parameters: [
        operand,
        Parameter(
          "axis", .integer, default: Parameter.Default.none,
          "the axis to sum along; none for the flattened elements"),
      ],
      result: "a tensor", examples: [.init("cumsum([1, 2, 3])", "3 tensor f32\n  1  3  6")],
      seeAlso: ["sum"]),
    differentiation: .differentiable
  ) { arguments, _ in
    Value(try .cumulativeSum(arguments.variable(0), axis: arguments.optionalInteger(1)))
  }
}
