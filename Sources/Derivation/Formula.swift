import Tensors

/// A derivative as it is written down: made of the loss's intermediates and of derivatives already
/// found, with its axes and, on demand, its value.
///
/// Formulas are built by `Formula+Algebra.swift`, which simplifies as it goes; they are printed by
/// `Notation`.
final class Formula {
  /// A factor of an elementwise product: `base` to a power.
  struct Factor {
    let base: Formula
    var exponent: Double
  }

  enum Kind {
    case node(Node)
    /// ∂L/∂z of an intermediate, by autodiff's value.
    case derivative(Node, Tensor)
    /// Coefficient and factors, elementwise; no factors at all are a constant.
    case product(Coefficient, [Factor])
    case sum([Formula])
    case matmul([Formula])
    case transpose(Formula)
    /// [z > 0]: 1 where it holds, 0 elsewhere.
    case indicator(Formula, BinaryOperation, Formula)
    /// A sum over axes.
    case reduce(Formula, axes: [Int], keepsDimensions: Bool)
    /// All elements 1, where a product of matrices needs them written.
    case ones
    case call(Call)
  }

  /// A function of formulas, by its name in nns.
  struct Call {
    let name: String
    let operands: [Formula]
    /// What follows the operands between the parentheses: `, axis=1`.
    var suffix = ""
    /// The operands as one list: `concat([a, b])`.
    var isList = false
    /// How it is written for people, where that differs: the operands stand for `$0`, `$1`.
    var unicode: String?
    var latex: String?
    /// How nns writes it, where that is no call; empty where nns cannot.
    var nns: String?
    let evaluate: ([Tensor]) throws -> Tensor
  }

  let kind: Kind
  let axes: [Dimension]
  /// Equal for formulas that are written alike.
  let key: String
  /// How many symbols it is written with.
  let size: Int
  private var computed: Tensor?

  init(_ kind: Kind, _ axes: [Dimension], key: String) {
    self.kind = kind
    self.axes = axes
    self.key = key
    size = Self.size(of: kind)
  }

  private static func size(of kind: Kind) -> Int {
    switch kind {
    case .node, .derivative, .ones: 1
    case .product(_, let factors): factors.reduce(1) { $0 + $1.base.size }
    case .sum(let parts), .matmul(let parts): parts.reduce(0) { $0 + $1.size }
    case .transpose(let operand), .reduce(let operand, _, _): operand.size
    case .indicator(let left, _, let right): left.size + right.size
    case .call(let call): call.operands.reduce(1) { $0 + $1.size }
    }
  }

  var shape: [Int] { axes.sizes }

  /// The intermediates that it is written with.
  var nodes: [Node] {
    switch kind {
    case .node(let node): [node]
    case .derivative, .ones: []
    case .product(_, let factors): factors.flatMap(\.base.nodes)
    case .sum(let parts), .matmul(let parts): parts.flatMap(\.nodes)
    case .transpose(let operand), .reduce(let operand, _, _): operand.nodes
    case .indicator(let left, _, let right): left.nodes + right.nodes
    case .call(let call): call.operands.flatMap(\.nodes)
    }
  }

  /// The value; broadcast it to `shape`, as factors may be smaller.
  func tensor() throws -> Tensor {
    if let computed { return computed }
    let result = try evaluated()
    computed = result
    return result
  }

  /// The value with all its axes.
  func wholeTensor() throws -> Tensor {
    let value = try tensor()
    let target = try Shape(checking: shape)
    return value.shape == target ? value : try value.broadcast(to: target)
  }

  private func evaluated() throws -> Tensor {
    switch kind {
    case .node(let node): return node.tensor
    case .derivative(_, let tensor): return tensor
    case .product(let coefficient, let factors):
      var result = try Tensor.scalar(coefficient.value, .f64)
      for factor in factors {
        let base = try factor.base.tensor()
        switch factor.exponent {
        case 1: result = try Tensor.apply(.multiply, result, base)
        case -1: result = try Tensor.apply(.divide, result, base)
        default:
          let power = try Tensor.apply(.power, base, factor.exponent)
          result = try Tensor.apply(.multiply, result, power)
        }
      }
      return result
    case .sum(let terms):
      var result = try Tensor.scalar(0, .f64)
      for term in terms { result = try Tensor.apply(.add, result, term.tensor()) }
      return result
    case .matmul(let parts):
      guard let first = parts.first else { return try Tensor.scalar(1, .f64) }
      return try parts.dropFirst().reduce(first.wholeTensor()) { result, part in
        try Tensor.matmul(result, part.wholeTensor())
      }
    case .transpose(let operand): return try operand.wholeTensor().transposed()
    case .indicator(let left, let relation, let right):
      return try Tensor.apply(relation, left.tensor(), right.tensor()).cast(to: .f64)
    case .reduce(let operand, let axes, let keeps):
      return try operand.wholeTensor().reduce(.sum, axes: axes, keepDimensions: keeps)
    case .ones: return try Tensor.full(Shape(checking: shape), 1, .f64)
    case .call(let call): return try call.evaluate(call.operands.map { try $0.wholeTensor() })
    }
  }
}
