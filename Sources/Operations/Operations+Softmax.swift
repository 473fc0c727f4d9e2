import Tensors

// Softmax along the last axis, computed after subtracting the largest element of each row.

extension OperationKind {
  static let softmax = OperationKind("softmax", [.activation], effort: 3)
  static let logSoftmax = OperationKind("logSoftmax", effort: 3)
  static let logSumExp = OperationKind("logsumexp", [.reduction], axes: .reduction)
  static let rows = [softmax, logSoftmax, logSumExp]
}

extension Operation {
  /// dz = s ⊙ (g − Σ g⊙s), the sum along each row.
  static let softmax = Operation(
    .softmax, primitive: .softmax(logarithm: false), forward: { try $0[0].softmax() },
    pullback: { p in
      [
        try p.part(0) {
          let weighted = try p.cotangent * p.output
          let axes = [p.output.rank - 1]
          return try weighted - p.output * .sum(weighted, axes: axes, keepDimensions: true)
        }
      ]
    })

  /// dz = g − softmax(z)·Σ g, the sum along each row.
  static let logSoftmax = Operation(
    .logSoftmax, saves: .output, primitive: .softmax(logarithm: true),
    forward: { try $0[0].logSoftmax() },
    pullback: { p in
      [
        try p.part(0) {
          let total = try Variable.sum(
            p.cotangent, axes: [p.output.rank - 1], keepDimensions: true)
          return try p.cotangent - .exp(p.output) * total
        }
      ]
    })

  /// log Σ exp(x), computed after subtracting the largest: dx = g exp(x − output).
  static func logSumExp(axes: [Int]?, keepDimensions: Bool) -> Operation {
    Operation(
      .logSumExp, primitive: .whole(axes, keepDimensions),
      forward: { try $0[0].logSumExp(axes: axes, keepDimensions: keepDimensions) },
      pullback: { p in
        let extent = Extent(p.inputs[0].shape, axes: axes)
        return [
          try p.part(0) {
            let output = try extent.restored(p.output)
            // Where all are −∞ no element has a part in it.
            let finite = try Variable.keep(output, where: .notEqual, output, -.infinity)
            return try extent.restored(p.cotangent) * .exp(p.inputs[0] - finite)
          }
        ]
      })
  }
}

extension Tensor {
  fileprivate func logSumExp(axes: [Int]?, keepDimensions: Bool) throws -> Tensor {
    let largest = try reduce(.max, axes: axes, keepDimensions: true)
    let shift = try Tensor.where(
      .apply(.isfinite, largest), largest, .full(.scalar, 0, largest.elementType))
    let sum = try Tensor.apply(.exp, .apply(.subtract, self, shift))
      .reduce(.sum, axes: axes, keepDimensions: true)
    let result = try Tensor.apply(.add, .apply(.log, sum), shift)
    return keepDimensions
      ? result : try result.reshaped(reduce(.max, axes: axes).shape.dimensions)
  }
}

extension Variable {
  /// log Σ exp(x) over `axes` (all when nil), which overflows nowhere.
  package static func logSumExp(
    _ x: Variable, axes: [Int]? = nil, keepDimensions: Bool = false
  ) throws -> Variable {
    try Operation.logSumExp(axes: axes, keepDimensions: keepDimensions)(x)
  }

  /// Each row (last axis) as probabilities; stable for any finite input.
  package static func softmax(_ x: Variable) throws -> Variable { try Operation.softmax(x) }

  /// The same along another axis.
  package static func softmax(_ x: Variable, axis: Int) throws -> Variable {
    try along(axis, of: x) { try .softmax($0) }
  }

  /// What is computed along the last axis, along another one.
  package static func along(
    _ axis: Int, of x: Variable, _ body: (Variable) throws -> Variable
  ) throws -> Variable {
    if axis == x.rank - 1 { return try body(x) }
    var axes = Array(0..<x.rank)
    axes.swapAt(axis, x.rank - 1)
    return try .transpose(body(.transpose(x, axes: axes)), axes: axes)
  }

  /// The logarithm of `softmax`, computed directly.
  package static func logSoftmax(_ x: Variable) throws -> Variable { try Operation.logSoftmax(x) }
}
