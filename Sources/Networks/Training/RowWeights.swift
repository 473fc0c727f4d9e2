import Tensors

/// How much the classes of a training count in its loss.
package enum ClassWeights: Sendable, Hashable {
  /// Each class as much as any other: rows / (classes · rows of the class).
  case balanced
  /// A number a class.
  case given([Double])
}

/// How much each row counts in the loss: the weight of its class times its own. The loss of a batch
/// is then Σ weight · loss / Σ weight.
struct RowWeights {
  /// For each example, one number for each of its rows of classes (several in a sequence).
  let numbers: [Double]

  /// Nil where all rows count alike.
  ///
  /// - Throws: where the loss is no sum over rows, the targets are no classes, or numbers are no
  ///   weights.
  init?(_ data: TrainingData, _ setup: TrainingSetup, _ classes: ClassWeights?) throws {
    let padding = Self.padding(data.targets, setup)
    if classes == nil, data.weights == nil, padding == nil { return nil }
    guard setup.loss.recorded == nil else {
      throw TrainingError.lossTakesNoWeights(loss: setup.loss.rawValue)
    }
    let positions = setup.positions
    var numbers = [Double](repeating: 1, count: data.rows * positions)
    if let classes { numbers = try Self.weights(classes, data.targets, setup) }
    if let own = data.weights {
      for (row, weight) in own.doubles().enumerated() {
        guard weight.isFinite, weight >= 0 else {
          throw TrainingError.noWeight(value: weight, row: row)
        }
        for position in 0..<positions { numbers[row * positions + position] *= weight }
      }
    }
    if let padding {
      for place in padding.indices where padding[place] { numbers[place] = 0 }
    }
    guard numbers.contains(where: { $0 > 0 }) else { throw TrainingError.allWeightsZero }
    self.numbers = numbers
  }

  /// Which steps of sequences have no class, as those that fill up the shorter ones; nil where each
  /// has one.
  private static func padding(_ targets: Tensor, _ setup: TrainingSetup) -> [Bool]? {
    guard setup.positions > 1, setup.task == .classes else { return nil }
    let missing = targets.rowsOfZeros
    return missing.contains(true) ? missing : nil
  }

  private static func weights(
    _ classes: ClassWeights, _ targets: Tensor, _ setup: TrainingSetup
  ) throws -> [Double] {
    guard setup.task == .classes || setup.task == .binary else {
      throw TrainingError.weightsNeedClasses
    }
    let columns = setup.outputShape.last ?? 1
    let count = setup.task == .binary ? 2 : columns
    let values = targets.doubles()
    let found = stride(from: 0, to: values.count, by: columns).map { start -> Int in
      if setup.task == .binary { return values[start] > 0.5 ? 1 : 0 }
      var largest = 0
      for column in 1..<columns where values[start + column] > values[start + largest] {
        largest = column
      }
      return largest
    }
    let weights: [Double]
    switch classes {
    case .balanced:
      var counts = [Double](repeating: 0, count: count)
      for label in found { counts[label] += 1 }
      weights = counts.map { Double(found.count) / (Double(count) * max(1, $0)) }
    case .given(let given): weights = given
    }
    guard weights.count == count else {
      throw TrainingError.weightCount(classes: count, given: weights.count)
    }
    return found.map { weights[$0] }
  }
}

extension Tensor {
  /// For each row along the last axis, whether it is all zeros.
  var rowsOfZeros: [Bool] {
    let columns = max(1, shape.dimensions.last ?? 1)
    let values = doubles()
    return stride(from: 0, to: values.count, by: columns).map { start in
      values[start..<start + columns].allSatisfy { $0 == 0 }
    }
  }
}

extension TrainingData {
  /// Targets that give up a share of their certainty, which is spread evenly over the classes.
  ///
  /// - Throws: where the loss compares no probabilities.
  func smoothedTargets(_ share: Double, _ setup: TrainingSetup) throws -> Tensor {
    if share == 0 { return targets }
    let isSpread = setup.loss.isCrossEntropy || setup.loss.recorded == .divergence
    guard isSpread || setup.loss == .binaryCrossEntropy else {
      throw TrainingError.lossTakesNoSmoothing(loss: setup.loss.rawValue)
    }
    let outcomes = isSpread ? Double(max(1, targets.shape.dimensions.last ?? 1)) : 2
    return try Tensor.apply(
      .add, Tensor.apply(.multiply, targets, .scalar(1 - share, .f64)),
      .scalar(share / outcomes, .f64))
  }
}
