import Platform
import Tensors

extension Loss {
  /// The loss of whoever knows the targets but not the inputs, and gives the best constant answer:
  /// the entropy of the classes, or the variance; nil where a function of one's own is trained.
  ///
  /// - Parameter targets: N×…×K.
  /// - Throws: `interrupted` where Ctrl-C is met.
  package func ofConstantAnswer(_ targets: Tensor) throws -> Double? {
    let columns = max(1, targets.shape.dimensions.last ?? 1)
    var means = [Double](repeating: 0, count: columns)
    var rows = 0.0
    _ = try targets.allBlocks { block in
      for start in stride(from: 0, to: block.count, by: columns) {
        let row = block[start..<start + columns]
        // Steps that fill up a sequence have no class.
        if targets.rank > 2, isCrossEntropy, row.allSatisfy({ $0 == 0 }) { continue }
        for (column, number) in row.enumerated() { means[column] += number }
        rows += 1
      }
      return true
    }
    guard rows > 0 else { return nil }
    for column in means.indices { means[column] /= rows }
    switch self {
    case .crossEntropy, .averageCrossEntropy:
      return means.reduce(0) { $0 - Self.share($1) } * reportedShare(classes: columns)
    case .binaryCrossEntropy:
      return means.reduce(0) { $0 - Self.share($1) - Self.share(1 - $1) } / Double(columns)
    case .meanSquaredError:
      return try targets.spread() / Double(max(1, targets.count))
    case .recorded: return nil
    }
  }

  /// p · ln p
  private static func share(_ p: Double) -> Double { p > 0 ? p * log(p) : 0 }
}
