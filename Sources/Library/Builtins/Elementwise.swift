import Glibc
import Language
import Operations
import Tensors

/// Functions of each element by itself.
extension Builtin {
  package static let elementwiseGroup: [Builtin] = [
    exp, log, log1p, sqrt, abs, sign, sin, cos, tanh, sigmoid, gelu, softplus, floor, ceil, round,
  ]

  /// A differentiable function of one number, applied to every element.
  private static func unary(
    _ name: String, _ summary: String, details: String = "", example: String, _ output: String,
    seeAlso: [String], layer: LayerKind? = nil,
    scalar: @escaping @Sendable (Double) -> Double,
    _ operation: @escaping @Sendable (Variable) throws -> Variable
  ) -> Builtin {
    Builtin(
      Declaration(
        name, group: .elementwise, summary, details: details,
        parameters: [Parameter("x", .tensor, "of any shape")], result: "a tensor of x's shape",
        examples: [.init(example, output)], seeAlso: seeAlso),
      differentiation: .differentiable, layer: layer, scalar: scalar
    ) { arguments, _ in
      Value(try operation(arguments.variable(0)))
    }
  }

  private static let asLayer = "As the bare name in a composition it is a layer."

  static let exp = unary(
    "exp", "e to the power x", example: "exp(1)", "2.71828", seeAlso: ["log", "softmax"],
    scalar: { Glibc.exp($0) }, { try .exp($0) })

  static let log = unary(
    "log", "the natural logarithm", details: "−inf at 0, nan below.", example: "log(10)",
    "2.30259", seeAlso: ["exp", "log1p"], scalar: { Glibc.log($0) }, { try .log($0) })

  static let log1p = unary(
    "log1p", "log(1 + x), exact for small x", example: "log1p(1e-10)", "1e-10",
    seeAlso: ["log", "softplus"], scalar: { Glibc.log1p($0) }, { try .log1p($0) })

  static let sqrt = unary(
    "sqrt", "the square root", details: "nan below 0.", example: "sqrt([4, 9])",
    "2 tensor f32\n  2  3", seeAlso: ["abs", "norm"], scalar: { $0.squareRoot() },
    { try .sqrt($0) })

  static let abs = unary(
    "abs", "the value without its sign", details: "Its derivative at 0 is taken as 0.",
    example: "abs([-2, 3])", "2 tensor f32\n  2  3", seeAlso: ["sign", "norm"],
    scalar: { $0.magnitude }, { try .abs($0) })

  static let sign = unary(
    "sign", "−1, 0 or 1 as x is below, at or above 0", example: "sign([-2, 0, 3])",
    "3 tensor f32\n  -1  0  1", seeAlso: ["abs", "gradRelu"],
    scalar: { $0 > 0 ? 1 : $0 < 0 ? -1 : $0.isNaN ? .nan : 0 }, { try .sign($0) })

  static let sin = unary(
    "sin", "the sine of an angle in radians", example: "sin(pi / 2)", "1", seeAlso: ["cos"],
    scalar: { Glibc.sin($0) }, { try .sin($0) })

  static let cos = unary(
    "cos", "the cosine of an angle in radians", example: "cos(0)", "1", seeAlso: ["sin"],
    scalar: { Glibc.cos($0) }, { try .cos($0) })

  static let tanh = unary(
    "tanh", "the hyperbolic tangent, from −1 to 1", details: asLayer, example: "tanh(0.5)",
    "0.462117", seeAlso: ["sigmoid", "relu"], layer: .tanh, scalar: { Glibc.tanh($0) },
    { try .tanh($0) })

  static let sigmoid = unary(
    "sigmoid", "1 / (1 + exp(−x)), from 0 to 1", details: asLayer, example: "sigmoid(0)", "0.5",
    seeAlso: ["tanh", "softmax", "softplus"], layer: .sigmoid,
    scalar: { 1 / (1 + Glibc.exp(-$0)) }, { try .sigmoid($0) })

  static let gelu = unary(
    "gelu", "x·Φ(x), with Φ the normal distribution function",
    details: "The exact form, x/2 · (1 + erf(x / √2)). " + asLayer, example: "gelu(1)", "0.841345",
    seeAlso: ["relu"], layer: .gelu, scalar: { 0.5 * $0 * (1 + erf($0 / 2.0.squareRoot())) },
    { try .gelu($0) })

  static let softplus = unary(
    "softplus", "log(1 + exp(x)): a smooth relu", example: "softplus(0)", "0.693147",
    seeAlso: ["relu", "log1p"],
    scalar: { Swift.max($0, 0) + Glibc.log1p(Glibc.exp(-$0.magnitude)) }, { try .softplus($0) })

  static let floor = unary(
    "floor", "rounded down", example: "floor(-1.5)", "-2", seeAlso: ["ceil", "round"],
    scalar: { $0.rounded(.down) }, { try .floor($0) })

  static let ceil = unary(
    "ceil", "rounded up", example: "ceil(1.2)", "2", seeAlso: ["floor", "round"],
    scalar: { $0.rounded(.up) }, { try .ceil($0) })

  static let round = Builtin(
    Declaration(
      "round", group: .elementwise, "rounded to the nearest, halves to the even neighbour",
      parameters: [
        Parameter("x", .tensor, "of any shape"),
        Parameter("decimals", .integer, default: .number(0), "digits to keep after the point"),
      ],
      result: "a tensor of x's shape",
      examples: [
        .init("round([0.5, 1.5, 2.4])", "3 tensor f32\n  0  2  2"),
        .init("round(3.14159, 2)", "3.14"),
      ],
      seeAlso: ["floor", "ceil"]),
    differentiation: .differentiable, scalar: { $0.rounded(.toNearestOrEven) }
  ) { arguments, _ in
    let x = try arguments.variable(0)
    let decimals = try arguments.integer(1)
    guard decimals != 0 else { return Value(try .round(x)) }
    guard decimals.magnitude <= 300 else {
      throw arguments.mismatch(1, expected: "from −300 to 300")
    }
    let scale = try Variable(pow(10, Double(decimals)))
    return Value(try .divide(.round(.multiply(x, scale)), scale))
  }
}
