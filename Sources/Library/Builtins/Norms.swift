import Language
import Operations
import Tensors

/// Norms of vectors and matrices, by NumPy's orders.
extension Builtin {
  static let norm = Builtin(
    Declaration(
      "norm", group: .reduce, "the Euclidean norm √Σx², or one of another order",
      details: """
        Without ord √Σx² of all elements, or along axes. With ord, of a vector or along an axis: \
        (Σ|x|^ord)^(1/ord), with inf and -inf the largest and the smallest |x|, with 0 how many are \
        not 0. Of a matrix with ord: 1 and inf the largest sum of |x| of a column and of a row, -1 \
        and -inf the smallest, 2 and -2 the largest and the smallest singular value, "fro" √Σx², \
        "nuc" the sum of the singular values.
        """,
      parameters: [
        Parameter("x", .tensor, "of any shape"),
        Parameter(
          "ord", .any, default: Parameter.Default.none,
          "a number, inf, \"fro\" or \"nuc\"; none for √Σx²"),
        Parameter(
          "axis", .axes, default: Parameter.Default.none,
          "the axis to reduce, or a list of them; none for all"),
        Parameter(
          "keepdims", .bool, default: .bool(false), "keeps the reduced axes, with length 1"),
      ],
      result: "a number, or a tensor of the axes that are left",
      examples: [
        .init("norm([3, 4])", "5"), .init("norm([3, -4], 1)", "7"),
        .init("norm([[1, 2], [3, 4]], ord=inf)", "7"),
        .init("norm([[3, 4], [6, 8]], axis=1)", "2 tensor f32\n  5  10"),
      ],
      seeAlso: ["abs", "dot", "svd"]),
    differentiation: .differentiable
  ) { arguments, _ in
    let x = try arguments.variable(0)
    let axes = try arguments.axes(2)
    let keeps = try arguments.bool(3)
    guard let order = try NormOrder(arguments[1], arguments) else {
      return Value(try .norm(x, axes: axes, keepDimensions: keeps))
    }
    if let axes, axes.count == 1 {
      return Value(try order.ofVectors(x, axes: axes, keeps: keeps))
    }
    switch x.rank {
    case 0,
      1 where axes == nil:
      return Value(try order.ofVectors(x, axes: nil, keeps: keeps))
    case 2: return Value(try order.ofMatrix(x, keeps: keeps))
    default:
      throw RuntimeError.other(
        "norm: with ord x is a vector or a matrix, not a \(x.shape) tensor",
        hint: "name the axis along which the vectors lie: axis=…")
    }
  }
}

/// Which norm is meant.
private enum NormOrder {
  case frobenius, nuclear
  case power(Double)

  init?(_ value: Value, _ arguments: borrowing Arguments) throws {
    switch value {
    case .none: return nil
    case .string(let box) where box.content == "fro": self = .frobenius
    case .string(let box) where box.content == "nuc": self = .nuclear
    default:
      guard let number = value.asNumber(), !number.isNaN else {
        throw arguments.mismatch(1, expected: "a number, \"fro\" or \"nuc\"")
      }
      self = .power(number)
    }
  }

  func ofVectors(_ x: Variable, axes: [Int]?, keeps: Bool) throws -> Variable {
    guard case .power(let power) = self else {
      throw RuntimeError.other("norm: \"fro\" and \"nuc\" are norms of a matrix", hint: nil)
    }
    switch power {
    case 2: return try .norm(x, axes: axes, keepDimensions: keeps)
    case 1: return try .sum(.abs(x), axes: axes, keepDimensions: keeps)
    case .infinity: return try .max(.abs(x), axes: axes, keepDimensions: keeps)
    case -.infinity: return try .min(.abs(x), axes: axes, keepDimensions: keeps)
    case 0:
      let isOther = try Tensor.apply(.notEqual, x.tensor, 0).cast(
        to: x.tensor.elementType.arithmetic)
      return try .sum(Variable(isOther), axes: axes, keepDimensions: keeps)
    default:
      let powers = try Variable.power(.abs(x), Variable(power))
      return try .power(
        .sum(powers, axes: axes, keepDimensions: keeps), Variable(1 / power))
    }
  }

  func ofMatrix(_ x: Variable, keeps: Bool) throws -> Variable {
    let norm: Variable
    switch self {
    case .frobenius: return try .norm(x, keepDimensions: keeps)
    case .nuclear: norm = try .sum(Variable.singularValues(x).1)
    case .power(1): norm = try .max(.sum(.abs(x), axes: [0]))
    case .power(-1): norm = try .min(.sum(.abs(x), axes: [0]))
    case .power(.infinity): norm = try .max(.sum(.abs(x), axes: [1]))
    case .power(-.infinity): norm = try .min(.sum(.abs(x), axes: [1]))
    case .power(2): norm = try .max(Variable.singularValues(x).1)
    case .power(-2): norm = try .min(Variable.singularValues(x).1)
    case .power(let power):
      throw RuntimeError.other(
        "norm: no norm of a matrix has the order \(power.displayed)",
        hint: "a matrix takes 1, -1, 2, -2, inf, -inf, \"fro\" or \"nuc\"")
    }
    return keeps ? try .reshape(norm, to: Shape(checking: [1, 1])) : norm
  }
}
