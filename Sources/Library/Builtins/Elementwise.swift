import Language
import Networks
import Operations
import Platform
import Tensors

/// Functions of each element by itself.
extension Builtin {
  package static let elementwiseGroup: [Builtin] = [
    exp, log, log1p, sqrt, abs, sign, sin, cos, tanh, sigmoid, gelu, erf, softplus, floor, ceil,
    round, trunc, isnan, isfinite, isinf, tan, sinh, cosh, arcsin, arccos, arctan, expm1, log2,
    log10,
  ]

  /// The builtin of an elementwise operation of one operand; what can be said of it follows from its
  /// record.
  static func elementwise(
    _ operation: UnaryOperation, group: Declaration.Group = .elementwise, _ summary: String,
    details: String = "", example: String, _ output: String, seeAlso: [String]
  ) -> Builtin {
    let name = operation.name
    let isActivation = operation.record.isActivation
    let asLayer =
      isActivation
      ? ["As the bare name in a composition it is a layer: dense(784, 1000) |> \(name)."] : []
    return Builtin(
      Declaration(
        name, group: group, summary,
        details: ((details.isEmpty ? [] : [details]) + asLayer).joined(separator: " "),
        parameters: [Parameter("x", .tensor, "of any shape")],
        result: operation.isLogical
          ? "a tensor bool of x's shape; true or false for a number" : "a tensor of x's shape",
        examples: [.init(example, output)], seeAlso: seeAlso),
      differentiation: operation.isLogical
        ? .stepwise("its result is true or false") : .differentiable,
      layer: isActivation ? ActivationLayer(operation) : nil, elementwise: .unary(operation)
    ) { arguments, _ in
      if operation.isLogical {
        return Value.truth(try Tensor.apply(operation, arguments.tensor(0)))
      }
      return Value(try .apply(operation, arguments.variable(0)))
    }
  }

  static let exp = elementwise(
    .exp, "e to the power x", example: "exp(1)", "2.71828", seeAlso: ["log", "softmax"])

  static let log = elementwise(
    .log, "the natural logarithm", details: "−inf at 0, nan below.", example: "log(10)",
    "2.30259", seeAlso: ["exp", "log1p"])

  static let log1p = elementwise(
    .log1p, "log(1 + x), exact for small x", example: "log1p(1e-10)", "1e-10",
    seeAlso: ["log", "softplus"])

  static let sqrt = elementwise(
    .sqrt, "the square root", details: "nan below 0.", example: "sqrt([4, 9])",
    "2 tensor f32\n  2  3", seeAlso: ["abs", "norm"])

  static let abs = elementwise(
    .abs, "the value without its sign", details: "Its derivative at 0 is taken as 0.",
    example: "abs([-2, 3])", "2 tensor f32\n  2  3", seeAlso: ["sign", "norm"])

  static let sign = elementwise(
    .sign, "−1, 0 or 1 as x is below, at or above 0", example: "sign([-2, 0, 3])",
    "3 tensor f32\n  -1  0  1", seeAlso: ["abs", "gradRelu"])

  static let sin = elementwise(
    .sin, "the sine of an angle in radians", example: "sin(pi / 2)", "1", seeAlso: ["cos"])

  static let cos = elementwise(
    .cos, "the cosine of an angle in radians", example: "cos(0)", "1", seeAlso: ["sin"])

  static let tanh = elementwise(
    .tanh, "the hyperbolic tangent, from −1 to 1", example: "tanh(0.5)", "0.462117",
    seeAlso: ["sigmoid", "relu"])

  static let sigmoid = elementwise(
    .sigmoid, "1 / (1 + exp(−x)), from 0 to 1", example: "sigmoid(0)", "0.5",
    seeAlso: ["tanh", "softmax", "softplus"])

  static let gelu = elementwise(
    .gelu, "x·Φ(x), with Φ the normal distribution function",
    details: "The exact form, x/2 · (1 + erf(x / √2)).", example: "gelu(1)", "0.841345",
    seeAlso: ["relu", "erf"])

  static let erf = elementwise(
    .erf, "the error function, from −1 to 1",
    details: "(2/√π) · ∫ exp(−t²) dt from 0 to x.", example: "erf([-1, 0, 0.5])",
    "3 tensor f32\n  -0.8427  0  0.5205", seeAlso: ["gelu", "exp"])

  static let softplus = elementwise(
    .softplus, "log(1 + exp(x)): a smooth relu", example: "softplus(0)", "0.693147",
    seeAlso: ["relu", "log1p"])

  static let floor = elementwise(
    .floor, "rounded down", example: "floor(-1.5)", "-2", seeAlso: ["ceil", "round"])

  static let ceil = elementwise(
    .ceil, "rounded up", example: "ceil(1.2)", "2", seeAlso: ["floor", "round"])

  static let isnan = elementwise(
    .isnan, "whether each element is NaN", example: "isnan([1, nan])",
    "2 tensor bool\n  false  true", seeAlso: ["isfinite"])

  static let isfinite = elementwise(
    .isfinite, "whether each element is neither infinite nor NaN", example: "isfinite([nan, 1])",
    "2 tensor bool\n  false  true", seeAlso: ["isnan"])

  static let trunc = elementwise(
    .trunc, "rounded towards 0", example: "trunc(-1.7)", "-1", seeAlso: ["floor", "round"])

  static let isinf = elementwise(
    .isinf, "whether each element is infinite", example: "isinf([inf, nan])",
    "2 tensor bool\n  true  false", seeAlso: ["isfinite", "isnan"])

  static let tan = elementwise(
    .tan, "the tangent of an angle in radians", example: "tan(0)", "0", seeAlso: ["sin", "arctan"])

  static let sinh = elementwise(
    .sinh, "the hyperbolic sine", example: "sinh(1)", "1.1752", seeAlso: ["cosh", "tanh"])

  static let cosh = elementwise(
    .cosh, "the hyperbolic cosine", example: "cosh(0)", "1", seeAlso: ["sinh", "tanh"])

  static let arcsin = elementwise(
    .arcsin, "the angle with a sine, from −π/2 to π/2", example: "arcsin(1)", "1.5708",
    seeAlso: ["sin", "arccos"])

  static let arccos = elementwise(
    .arccos, "the angle with a cosine, from 0 to π", example: "arccos(1)", "0",
    seeAlso: ["cos", "arcsin"])

  static let arctan = elementwise(
    .arctan, "the angle with a tangent, from −π/2 to π/2", example: "arctan(1)", "0.785398",
    seeAlso: ["tan", "arctan2"])

  static let expm1 = elementwise(
    .expm1, "exp(x) − 1, exact for small x", example: "expm1(1e-10)", "1e-10",
    seeAlso: ["exp", "log1p"])

  static let log2 = elementwise(
    .log2, "the logarithm to base 2", example: "log2(8)", "3", seeAlso: ["log", "log10"])

  static let log10 = elementwise(
    .log10, "the logarithm to base 10", example: "log10(1000)", "3", seeAlso: ["log", "log2"])

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
    differentiation: .differentiable, elementwise: .unary(.round)
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
