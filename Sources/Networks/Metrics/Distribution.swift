import Tensors

/// Whether predictions are what a cross-entropy compares: probabilities that sum to 1 in each row.
package enum Distribution {
  /// How far a number or a row's sum may be off: rounded probabilities pass, and those that a
  /// gradient check moves a little; logits do not.
  private static let tolerance = 0.03

  /// Throws where a number of `prediction` is no probability; the loss shows those that are not
  /// finite.
  package static func checkProbabilities(_ prediction: Tensor, loss: String) throws {
    let columns = max(1, prediction.rank == 0 ? 1 : prediction.shape[prediction.rank - 1])
    var index = 0
    _ = try prediction.allBlocks { block in
      for number in block {
        if number.isFinite, number < -tolerance || number > 1 + tolerance {
          throw NetworkError.noProbability(loss: loss, value: number, row: index / columns)
        }
        index += 1
      }
      return true
    }
  }

  /// Throws where a row of `prediction` is no distribution. Not-finite numbers pass: the loss
  /// shows them.
  ///
  /// - Parameter loss: the loss's name, for the message.
  package static func check(_ prediction: Tensor, loss: String) throws {
    let columns = prediction.rank == 0 ? 1 : prediction.shape[prediction.rank - 1]
    guard columns > 0 else { return }
    let failure = try prediction.withDoubles { values throws(TensorError) -> NetworkError? in
      for start in stride(from: 0, to: values.count, by: columns) {
        if start & 0xFFFF < columns { try Interrupt.check() }
        let row = values[start..<start + columns]
        if let number = row.first(where: { $0 < -tolerance || $0 > 1 + tolerance }) {
          guard number.isFinite else { continue }
          return .notProbability(loss: loss, value: number, row: start / columns)
        }
        let sum = row.reduce(0, +)
        if sum.isFinite, abs(sum - 1) > tolerance {
          return .notDistribution(
            loss: loss, sum: sum, row: start / columns, isSingle: columns == 1)
        }
      }
      return nil
    }
    if let failure { throw failure }
  }
}
