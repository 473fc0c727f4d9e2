import Tensors

// Softmax along the last axis, computed after subtracting the largest element of each row.

extension OperationKind {
  static let softmax = OperationKind("softmax", [.activation], effort: 3)
  static let logSoftmax = OperationKind("logSoftmax", effort: 3)
  /// What `derive` makes of a cross-entropy of logits.
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
}

extension Variable {
  /// Each row (last axis) as probabilities; stable for any finite input.
  package static func softmax(_ x: Variable) throws -> Variable { try Operation.softmax(x) }
  /// The logarithm of `softmax`, computed directly.
  package static func logSoftmax(_ x: Variable) throws -> Variable { try Operation.logSoftmax(x) }
}
