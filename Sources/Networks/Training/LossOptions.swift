import Operations
import Tensors

/// What a loss that compares classes may be told besides target and prediction: in a training and in
/// a call of its own.
package struct LossOptions: Sendable {
  /// The share of each target that is spread over the classes.
  let smoothing: Double
  /// How much each class counts; nil where all count alike.
  let weights: ClassWeights?

  package init(smoothing: Double = 0, weights: ClassWeights? = nil) {
    self.smoothing = smoothing
    self.weights = weights
  }

  /// Throws where a number is none that they take.
  package func check() throws(TrainingError) {
    guard smoothing >= 0, smoothing < 1 else {
      throw .invalidOption(
        name: "smooth", value: smoothing, reason: "it must be from 0 to below 1")
    }
    try weights?.check()
  }

  /// Targets that give up a share of their certainty, which is spread evenly over so many outcomes.
  package func smoothed(_ target: Variable, outcomes: Int) throws -> Variable {
    if smoothing == 0 { return target }
    return try target * Variable(1 - smoothing) + Variable(smoothing / Double(max(1, outcomes)))
  }

  /// A cross-entropy of one-hot rows whose classes count differently: Σ weight · loss / Σ weight.
  ///
  /// - Parameter loss: a mean over rows, which is proportional to its target.
  package func crossEntropy(
    _ target: Variable, _ prediction: Variable,
    _ loss: (_ target: Variable, _ prediction: Variable) throws -> Variable
  ) throws -> Variable {
    // Words the error where the shapes differ.
    guard target.shape == prediction.shape, target.count > 0 else {
      return try loss(target, prediction)
    }
    let classes = target.shape.dimensions.last ?? 1
    let smooth = try smoothed(target, outcomes: classes)
    guard let weights else { return try loss(smooth, prediction) }
    let isPadding = target.tensor.rowsOfZeros
    let labels = target.tensor.largestColumns(of: classes)
    let real = zip(labels, isPadding).filter { !$1 }.map(\.0)
    var numbers = try weights.numbers(of: real, classes: classes).makeIterator()
    let rows = isPadding.map { $0 ? 0 : numbers.next() ?? 0 }
    let sum = rows.reduce(0, +)
    guard sum > 0 else { throw TrainingError.allWeightsZero }
    let factors = try Tensor(
      doubles: rows.map { $0 * Double(rows.count) / sum },
      Shape(checking: target.shape.dimensions.dropLast() + [1]),
      elementType: target.elementType.arithmetic)
    return try loss(smooth * Variable(factors), prediction)
  }

  /// The binary cross-entropy of targets 0 and 1 that count differently.
  package func binaryCrossEntropy(_ target: Variable, _ prediction: Variable) throws -> Variable {
    let smooth = try smoothed(target, outcomes: 2)
    guard let weights, target.shape == prediction.shape else {
      return try .binaryCrossEntropy(target: smooth, prediction: prediction)
    }
    let numbers = try weights.numbers(of: target.tensor.answers, classes: 2)
    guard numbers.contains(where: { $0 > 0 }) else { throw TrainingError.allWeightsZero }
    return try .binaryCrossEntropy(
      target: smooth, prediction: prediction,
      weights: Tensor(
        doubles: numbers, target.shape, elementType: target.elementType.arithmetic))
  }
}
