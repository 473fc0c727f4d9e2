import Language
import Networks
import Operations
import Tensors

/// The helper functions of "the report", under its names and with its argument order: a course
/// report that trains a network with one hidden layer on letters, its gradients written by hand in
/// NumPy, which nnsh was first made for (`examples/report.nns` is that report in nnsh's language).
/// Its gradient functions, `dL_dW_o` and the others, are written in nns itself: `prelude.nns`.
extension Builtin {
  static let reportGroup: [Builtin] = [relu, gradRelu, softmax, compute, averageCE, gradCE]

  static let relu = elementwise(
    .relu, group: .report, "max(x, 0), elementwise", example: "relu([-1, 0, 2])",
    "3 tensor f32\n  0  0  2", seeAlso: ["gradRelu", "gelu", "maximum"])

  static let gradRelu = elementwise(
    .gradRelu, group: .report, "the derivative of relu: 1 where x > 0 and 0 elsewhere",
    details: "At 0, where relu has a kink, it is 0.", example: "gradRelu([-1, 0, 2])",
    "3 tensor f32\n  0  0  1", seeAlso: ["relu", "dL_dW_h"])

  static let softmax = Builtin(
    Declaration(
      "softmax", group: .report, "each row (last axis) as probabilities that sum to 1",
      details: """
        p_j = exp(z_j) / Σ_k exp(z_k), computed after subtracting the largest element of the row, \
        so that it is finite for any finite z. As the bare name in a composition it is a layer.
        """,
      parameters: [Parameter("z", .tensor, "logits, N×K or K"), softmaxAxis],
      result: "a tensor of z's shape",
      examples: [
        .init("softmax([[0, 0], [0, 1000]])", "2×2 tensor f32\n  0.5  0.5\n    0    1"),
        .init("softmax([[0, 0], [0, 1000]], axis=0)", "2×2 tensor f32\n  0.5  0\n  0.5  1"),
      ],
      seeAlso: ["cross_entropy", "gradCE", "argmax"]),
    differentiation: .differentiable, layer: Softmax()
  ) { arguments, _ in
    let logits = try arguments.variable(0)
    guard logits.rank > 0 else { throw arguments.mismatch(0, expected: "a tensor of rows") }
    return Value(try alongAxis(1, of: logits, arguments) { try .softmax($0) })
  }

  /// Along which axis numbers become probabilities.
  static let softmaxAxis = Parameter(
    "axis", .integer, default: .number(-1), "the axis along which they sum to 1")

  /// What is computed along the last axis, along the one that an argument names.
  static func alongAxis(
    _ argument: Int, of x: Variable, _ arguments: borrowing Arguments,
    _ body: (Variable) throws -> Variable
  ) throws -> Variable {
    try .along(x.shape.normalized(axis: arguments.integer(argument)), of: x, body)
  }

  static let compute = Builtin(
    Declaration(
      "compute", group: .report, "a layer's weighted sums: x @ W + b",
      parameters: [
        Parameter("x", .tensor, "the inputs, N×F"),
        Parameter("W", .tensor, "the weights, F×K"),
        Parameter("b", .tensor, "the biases, 1×K, K or N×K"),
      ],
      result: "a tensor N×K",
      examples: [.init("compute([[1, 2]], [[1], [10]], [[100]])", "1×1 tensor f32\n  121")],
      seeAlso: ["matmul", "dense"]),
    differentiation: .differentiable
  ) { arguments, _ in
    let (x, weights, bias) = (
      try arguments.variable(0), try arguments.variable(1), try arguments.variable(2)
    )
    if x.isConstant, weights.isConstant, bias.isConstant, isRow(bias.tensor, of: weights.tensor) {
      return Value(
        try Tensor.matmul(
          x.tensor, weights.tensor, bias: bias.tensor.reshaped([bias.count])))
    }
    return Value(try Variable.add(Variable.matmul(x, weights), bias))
  }

  /// Whether the bias is one number a column, so that it can be fused into the product.
  private static func isRow(_ bias: Tensor, of weights: Tensor) -> Bool {
    weights.rank == 2 && bias.count == weights.shape.dimensions[1] && bias.rank > 0
      && bias.shape.dimensions.last == bias.count && bias.rank <= 2
      && bias.elementType == weights.elementType
  }

  static let averageCE = Builtin(
    Declaration(
      "averageCE", group: .report, "the report's loss: −mean(target · log(prediction))",
      details: """
        The mean is over all N·K elements, so it is cross_entropy / K. Terms whose target is 0 \
        are 0. target and prediction must have one shape; each row of the prediction must sum to 1.
        """,
      parameters: [
        Parameter("target", .tensor, "one-hot rows, N×K"),
        Parameter("prediction", .tensor, "probabilities, N×K"),
      ] + LossOptions.parameters,
      result: "a number",
      examples: [.init("averageCE([[1, 0]], [[0.5, 0.5]])", "0.346574")],
      seeAlso: ["cross_entropy", "gradCE", "softmax"]),
    differentiation: .differentiable
  ) { arguments, _ in
    let (target, prediction) = try arguments.distributions("averageCE")
    return Value(
      try LossOptions(arguments, from: 2).crossEntropy(target, prediction) {
        try .averageCrossEntropy(target: $0, prediction: $1)
      })
  }

  static let gradCE = Builtin(
    Declaration(
      "gradCE", group: .report,
      "prediction − target: the gradient of the summed cross-entropy with respect to the logits",
      details: """
        For L = −Σ y·log p with p = softmax(z), dL/dz = p − y. target and prediction must have \
        one shape.
        """,
      parameters: [
        Parameter("target", .tensor, "one-hot rows, N×K"),
        Parameter("prediction", .tensor, "softmax(z), N×K"),
      ],
      result: "a tensor N×K",
      examples: [.init("gradCE([[1, 0]], [[0.25, 0.75]])", "1×2 tensor f32\n  -0.75  0.75")],
      seeAlso: ["averageCE", "dL_dW_o", "dL_db_o"]),
    differentiation: .differentiable
  ) { arguments, _ in
    let (target, prediction) = (try arguments.variable(0), try arguments.variable(1))
    guard target.shape == prediction.shape else {
      throw TensorError.lossShapes(
        loss: "gradCE", target: target.shape, prediction: prediction.shape)
    }
    return Value(try Variable.subtract(prediction, target))
  }
}
