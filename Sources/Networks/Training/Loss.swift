import Tensors

/// What training makes small. Gradients are of the mean over the batch's rows, or of their sum.
package enum Loss: Sendable, Hashable {
  /// −Σ y·log p over the classes, averaged over rows.
  case crossEntropy
  /// The same gradient; the value that is shown is averaged over rows and classes.
  case averageCrossEntropy
  /// −y·log p − (1 − y)·log(1 − p), averaged over rows and columns: each output is a yes or no.
  case binaryCrossEntropy
  /// (p − y)², averaged over rows and columns.
  case meanSquaredError
  /// What a function of targets and predictions computes.
  case recorded(RecordedLoss)

  /// Those that have a name of their own, in the order of the manual.
  package static let allCases: [Loss] =
    [.crossEntropy, .averageCrossEntropy, .binaryCrossEntropy, .meanSquaredError]
    + RecordedLoss.all.map { .recorded($0) }

  /// The builtin's name, or what a person calls it.
  package var rawValue: String {
    switch self {
    case .crossEntropy: "cross_entropy"
    case .averageCrossEntropy: "averageCE"
    case .binaryCrossEntropy: "bce"
    case .meanSquaredError: "mse"
    case .recorded(let loss): loss.name
    }
  }

  /// The one of that name.
  package init?(rawValue: String) {
    guard let found = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
    self = found
  }

  /// What computes it, where that is a function of its own.
  package var recorded: RecordedLoss? { if case .recorded(let loss) = self { loss } else { nil } }

  /// Whether it compares distributions over classes.
  var isCrossEntropy: Bool { self == .crossEntropy || self == .averageCrossEntropy }

  /// Whether a row's loss is the mean over its columns.
  var averagesColumns: Bool { self == .meanSquaredError || self == .binaryCrossEntropy }

  /// What a summed row's loss is multiplied by in reports: `averageCE` averages over classes too.
  func reportedShare(classes: Int) -> Double {
    self == .averageCrossEntropy ? 1 / Double(max(1, classes)) : 1
  }
}

/// How a loss is computed from what a network gives: from the logits where the network ends in the
/// activation that belongs to the loss, so that it is finite and exact however sure the network is.
package enum LossForm: Sendable, Hashable {
  /// Softmax, cross-entropy and gradient in one pass over the logits.
  case softmaxCrossEntropy
  /// Sigmoid and binary cross-entropy from the logits.
  case sigmoidCrossEntropy
  /// From the outputs themselves.
  case meanSquaredError
  /// Recorded on a tape, from the outputs or, where the network ends in probabilities, with the
  /// layer that makes them, so that their logarithms are taken of the logits.
  case recorded(includesLastLayer: Bool)

  /// Whether the network's last layer is computed together with the loss.
  var includesLastLayer: Bool {
    switch self {
    case .softmaxCrossEntropy, .sigmoidCrossEntropy: true
    case .meanSquaredError: false
    case .recorded(let includesLastLayer): includesLastLayer
    }
  }
}

extension Network {
  /// The loss that training takes for these targets where none is asked for: cross-entropy after a
  /// softmax, binary cross-entropy after a sigmoid whose targets are all 0 or 1, otherwise mse.
  package func defaultLoss(for targets: Tensor) -> Loss {
    if endsInSoftmax { return .crossEntropy }
    return endsInSigmoid && TargetKind(targets).isZeroOrOne
      ? .binaryCrossEntropy : .meanSquaredError
  }

  /// The loss where none is asked for: the one that the network was trained with, where that fits
  /// these targets; otherwise the default.
  private func usualLoss(for targets: Tensor) -> Loss {
    guard let loss, (try? self.loss(requested: loss, for: targets)) == loss,
      loss != .binaryCrossEntropy || TargetKind(targets).isZeroOrOne
    else { return defaultLoss(for: targets) }
    return loss
  }

  /// The loss that `requested` means for this network: after a sigmoid the cross-entropy is the
  /// binary one. Without a request it goes on with what it was trained with. Throws where the
  /// network's outputs are not what the loss is about.
  package func loss(requested: Loss?, for targets: Tensor) throws(TrainingError) -> Loss {
    guard let requested else { return usualLoss(for: targets) }
    switch requested {
    case .meanSquaredError: return requested
    case .recorded(let loss):
      if loss.comparesDistributions, !endsInSoftmax {
        throw .lossNeedsActivation(
          loss: loss.name, activation: "softmax", last: layers.last?.description ?? "")
      }
      return requested
    case .crossEntropy, .averageCrossEntropy:
      if endsInSoftmax { return requested }
      if endsInSigmoid { return .binaryCrossEntropy }
      throw .lossNeedsActivation(
        loss: requested.rawValue, activation: "softmax", last: layers.last?.description ?? "")
    case .binaryCrossEntropy:
      if endsInSigmoid { return requested }
      throw .lossNeedsActivation(
        loss: requested.rawValue, activation: "sigmoid", last: layers.last?.description ?? "")
    }
  }

  /// How `loss` is computed for this network.
  func form(of loss: Loss) -> LossForm {
    if case .recorded = loss { return .recorded(includesLastLayer: endsInProbabilities != nil) }
    if loss.isCrossEntropy, endsInSoftmax { return .softmaxCrossEntropy }
    if loss == .binaryCrossEntropy, endsInSigmoid { return .sigmoidCrossEntropy }
    return .meanSquaredError
  }

  /// Whether the outputs are a softmax's.
  package var endsInSoftmax: Bool { endsInProbabilities == .softmax }

  /// Whether the outputs are a sigmoid's.
  package var endsInSigmoid: Bool { endsInProbabilities == .sigmoid }
}

/// How the rows of a batch combine.
package enum LossReduction: String, Sendable, CaseIterable {
  /// The gradient of the mean over the rows.
  case mean
  /// The gradient of the sum over the rows.
  case sum
}

/// The element type of a training's products.
package enum Precision: String, Sendable, CaseIterable {
  /// Float32 throughout.
  case f32
  /// Products in bfloat16; weights, momentum and loss in Float32.
  case bf16
}

/// The rows of a step.
package enum BatchSize: Sendable, Hashable {
  /// So many rows, the last of an epoch what is left over.
  case rows(Int)
  /// All rows of the data in each step.
  case full
}
