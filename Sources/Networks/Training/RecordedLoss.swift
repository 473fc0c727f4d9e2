import Operations
import Tensors

/// A loss by what it computes of targets and predictions, a number; a tape finds its gradient.
package struct RecordedLoss: Sendable {
  /// The number that training makes small.
  package typealias Function =
    @Sendable (_ target: Variable, _ prediction: Variable) throws -> Variable

  /// The builtin's name, or what a person calls it.
  package let name: String
  /// One line of help; empty for a person's own.
  package let summary: String
  /// What more there is to say.
  package let details: String
  /// Whether it is a mean over rows, so that the losses of a batch's pieces add up.
  let isMeanOverRows: Bool
  /// Whether the prediction must be rows of probabilities.
  let comparesDistributions: Bool
  /// Whether target and prediction may have different shapes.
  let takesOtherTargets: Bool
  /// Code that gives a person's own again; nil where there is none.
  package let code: String?
  package let function: Function
  /// Tells functions of a person's own apart.
  private let identity: ObjectIdentifier?

  /// A loss of a person's own, which may be anything.
  ///
  /// - Parameter owner: lives as long as the function does.
  package init(
    own name: String, code: String?, of owner: AnyObject, _ function: @escaping Function
  ) {
    self.name = name
    self.code = code
    summary = ""
    details = ""
    isMeanOverRows = false
    comparesDistributions = false
    takesOtherTargets = true
    self.function = function
    identity = ObjectIdentifier(owner)
  }

  /// A loss that is known by its name, a mean over rows.
  init(
    _ name: String, _ summary: String, details: String = "", comparesDistributions: Bool = false,
    _ function: @escaping Function
  ) {
    self.name = name
    self.summary = summary
    self.details = details
    isMeanOverRows = true
    self.comparesDistributions = comparesDistributions
    takesOtherTargets = false
    identity = nil
    code = nil
    self.function = { target, prediction in
      guard target.shape == prediction.shape else {
        throw TensorError.lossShapes(
          loss: name, target: target.shape, prediction: prediction.shape)
      }
      return try function(target, prediction)
    }
  }
}

extension RecordedLoss: Hashable {
  package static func == (a: RecordedLoss, b: RecordedLoss) -> Bool {
    a.name == b.name && a.identity == b.identity
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

/// The losses that are composed of other operations. To add one: an entry here, and its builtin in
/// `Library/Builtins/Losses.swift`.
extension RecordedLoss {
  /// In the order of the manual.
  package static let all: [RecordedLoss] = [meanAbsoluteError, huber, hinge, divergence]

  package static let meanAbsoluteError = RecordedLoss(
    "mae", "the mean absolute error: the mean of |prediction − target|"
  ) { target, prediction in
    try .mean(.abs(prediction - target))
  }

  package static let huber = RecordedLoss(
    "huber", "the Huber loss: squares of small errors, and of large ones the magnitude",
    details: """
      The mean over all elements of d²/2 where |d| ≤ delta, and delta·(|d| − delta/2) elsewhere \
      (Huber, 1964); d is prediction − target.
      """
  ) { try huber($0, $1, delta: 1) }

  /// The Huber loss with its own place where squares end.
  package static func huber(
    _ target: Variable, _ prediction: Variable, delta: Double
  ) throws -> Variable {
    let distance = try Variable.abs(prediction - target)
    let small = try Tensor.apply(.lessOrEqual, distance.tensor, .scalar(delta))
    return try .mean(
      .where(small, distance * distance * 0.5, (distance - delta / 2) * delta))
  }

  package static let hinge = RecordedLoss(
    "hinge", "the hinge loss of a support vector machine",
    details: """
      For one-hot targets of K classes the sum over the wrong classes of max(0, s_j − s_y + 1), \
      averaged over rows (Weston and Watkins, 1999); otherwise the mean of max(0, 1 − y·s) for \
      targets −1 and 1, as which 0 and 1 are taken.
      """
  ) { target, scores in
    if TargetKind(target.tensor) == .oneHot {
      let own = try Variable.sum(scores * target, axes: [scores.rank - 1], keepDimensions: true)
      let margins = try Variable.apply(.relu, scores - own + 1) * (1 - target)
      return try .sum(margins) / Double(max(1, scores.count / (scores.shape.dimensions.last ?? 1)))
    }
    let isBits = try target.tensor.allElements { $0 == 0 || $0 == 1 }
    let sign = isBits ? try target * 2 - 1 : target
    return try .mean(.apply(.relu, 1 - sign * scores))
  }

  package static let divergence = RecordedLoss(
    "kl", "the Kullback–Leibler divergence: Σ target · log(target / prediction)",
    details: "Summed over classes and averaged over rows; terms whose target is 0 are 0.",
    comparesDistributions: true
  ) { target, prediction in
    let rows = max(1, target.count / max(1, target.shape.dimensions.last ?? 1))
    let least = try Variable(Double(Float.leastNormalMagnitude))
    let entropy = try Variable.sum(target * .log(.maximum(target, least))) / Double(rows)
    return try .crossEntropy(target: target, prediction: prediction) + entropy
  }
}
