import Operations
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
    let isBinary = setup.task == .binary
    return try classes.numbers(
      of: isBinary ? targets.answers : targets.largestColumns(of: setup.outputShape.last ?? 1),
      classes: isBinary ? 2 : setup.outputShape.last ?? 1)
  }
}

extension ClassWeights {
  /// The weight of each row, whose classes these are.
  ///
  /// - Throws: where the weights are not one a class.
  func numbers(of labels: [Int], classes count: Int) throws(TrainingError) -> [Double] {
    let weights: [Double]
    switch self {
    case .balanced:
      var counts = [Double](repeating: 0, count: count)
      for label in labels { counts[label] += 1 }
      weights = counts.map { Double(labels.count) / (Double(count) * max(1, $0)) }
    case .given(let given): weights = given
    }
    guard weights.count == count else {
      throw .weightCount(classes: count, given: weights.count)
    }
    return labels.map { weights[$0] }
  }

  /// Throws where a number is no weight.
  func check() throws(TrainingError) {
    guard case .given(let weights) = self else { return }
    for weight in weights where !(weight >= 0 && weight.isFinite) {
      throw .invalidOption(
        name: "a weight", value: weight, reason: "it must be a number from 0 up")
    }
  }
}

extension Tensor {
  /// Of each element 1 where it says yes, else 0.
  var answers: [Int] { doubles().map { $0 > 0.5 ? 1 : 0 } }

  /// Where the largest element of each row of so many is.
  package func largestColumns(of columns: Int) -> [Int] {
    let values = doubles()
    return stride(from: 0, to: values.count, by: max(1, columns)).map { start in
      var largest = 0
      for column in 1..<max(1, columns) where values[start + column] > values[start + largest] {
        largest = column
      }
      return largest
    }
  }

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
    return try LossOptions(smoothing: share).smoothed(
      Variable(targets), outcomes: isSpread ? targets.shape.dimensions.last ?? 1 : 2
    ).tensor
  }
}
