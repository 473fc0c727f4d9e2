import ONNX
import Operations
import Tensors

extension UnaryOperation {
  /// Adds the nodes that compute it; nil where ONNX has no such function. The compiler asks here for
  /// each operation of elementwise.def.
  package func addNodes(to graph: inout GraphBuilder, _ x: String) throws -> String? {
    func constant(_ number: Double) throws -> String { try graph.constant(number, "number") }
    func times(_ value: String, _ number: Double) throws -> String {
      graph.node("Mul", [value, try constant(number)])
    }
    switch self {
    case .negate: return graph.node("Neg", [x])
    case .exp: return graph.node("Exp", [x])
    case .log: return graph.node("Log", [x])
    case .log1p: return graph.node("Log", [graph.node("Add", [x, try constant(1)])])
    case .expm1: return graph.node("Sub", [graph.node("Exp", [x]), try constant(1)])
    case .log2: return try times(graph.node("Log", [x]), 1.4426950408889634)
    case .log10: return try times(graph.node("Log", [x]), 0.4342944819032518)
    case .sqrt: return graph.node("Sqrt", [x])
    case .abs: return graph.node("Abs", [x])
    case .sign: return graph.node("Sign", [x])
    case .sin: return graph.node("Sin", [x])
    case .cos: return graph.node("Cos", [x])
    case .tan: return graph.node("Tan", [x])
    case .sinh: return graph.node("Sinh", [x])
    case .cosh: return graph.node("Cosh", [x])
    case .arcsin: return graph.node("Asin", [x])
    case .arccos: return graph.node("Acos", [x])
    case .arctan: return graph.node("Atan", [x])
    case .tanh: return graph.node("Tanh", [x])
    case .sigmoid: return graph.node("Sigmoid", [x])
    case .erf: return graph.node("Erf", [x])
    case .gelu:
      // x (1 + erf(x / √2)) / 2: an operator of its own comes with operator set 20 only.
      let error = graph.node("Erf", [try times(x, 0.7071067811865476)])
      let share = graph.node("Add", [error, try constant(1)])
      return try times(graph.node("Mul", [x, share]), 0.5)
    case .softplus: return graph.node("Softplus", [x])
    case .relu: return graph.node("Relu", [x])
    case .reciprocal: return graph.node("Reciprocal", [x])
    case .square: return graph.node("Mul", [x, x])
    case .floor: return graph.node("Floor", [x])
    case .ceil: return graph.node("Ceil", [x])
    case .round: return graph.node("Round", [x])
    case .geluGradient, .gradRelu, .trunc, .isnan, .isinf, .isfinite, .not: return nil
    }
  }
}

extension BinaryOperation {
  /// The operator of ONNX that computes it of numbers; nil where there is none.
  package var onnxOperator: String? {
    switch self {
    case .add: "Add"
    case .subtract: "Sub"
    case .multiply: "Mul"
    case .divide: "Div"
    case .power: "Pow"
    case .minimum: "Min"
    case .maximum: "Max"
    case .remainder, .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .and, .or,
      .arctan2:
      nil
    }
  }
}
