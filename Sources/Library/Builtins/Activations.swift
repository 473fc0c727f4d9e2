import Language
import ONNX
import Operations
import Tensors

/// Activations that are made of other elementwise functions.
extension Builtin {
  static let activationGroup: [Builtin] = [silu, leakyRelu, elu]

  private static let operand = Parameter("x", .tensor, "of any shape")

  static let silu = Builtin(
    Declaration(
      "silu", group: .elementwise, "x · sigmoid(x): a smooth relu",
      parameters: [operand], result: "a tensor of x's shape",
      examples: [.init("silu(1)", "0.731059")], seeAlso: ["gelu", "relu", "sigmoid"]),
    differentiation: .differentiable
  ) { arguments, _ in
    let x = try arguments.variable(0)
    return Value(try .multiply(x, .apply(.sigmoid, x)))
  }

  static let leakyRelu = Builtin(
    Declaration(
      "leaky_relu", group: .elementwise, "x above 0, and a part of it below",
      parameters: [
        operand, Parameter("slope", .number, default: .number(0.01), "the part below 0"),
      ],
      result: "a tensor of x's shape",
      examples: [.init("leaky_relu([-2, 3], 0.1)", "2 tensor f32\n  -0.2  3")],
      seeAlso: ["relu", "elu"]),
    differentiation: .differentiable,
    addNodes: { graph, x, numbers in
      graph.node("LeakyRelu", [x], ["alpha": .number(Float(numbers.first ?? 0.01))])
    }
  ) { arguments, _ in
    let x = try arguments.variable(0)
    let slope = try arguments.variable(1)
    return Value(try .where(isPositive(x), x, .multiply(x, slope)))
  }

  static let elu = Builtin(
    Declaration(
      "elu", group: .elementwise, "x above 0, and alpha · (exp(x) − 1) below",
      parameters: [
        operand, Parameter("alpha", .number, default: .number(1), "what it tends to, negated"),
      ],
      result: "a tensor of x's shape",
      examples: [.init("elu([-1, 2])", "2 tensor f32\n  -0.6321  2")],
      seeAlso: ["relu", "leaky_relu", "expm1"]),
    differentiation: .differentiable,
    addNodes: { graph, x, numbers in
      graph.node("Elu", [x], ["alpha": .number(Float(numbers.first ?? 1))])
    }
  ) { arguments, _ in
    let x = try arguments.variable(0)
    // Above 0 the exponential could overflow, and its derivative with it. At 0 all of the slope is
    // that of the lower branch, which a minimum would share with its bound.
    let isPositive = try isPositive(x)
    let below = try Variable.apply(.expm1, .where(isPositive, Variable(0), x))
    return Value(try .where(isPositive, x, .multiply(arguments.variable(1), below)))
  }

  private static func isPositive(_ x: Variable) throws -> Tensor {
    try Tensor.apply(.greater, x.tensor, 0)
  }
}
