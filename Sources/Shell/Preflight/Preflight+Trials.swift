import Console
import Datasets
import Networks
import Platform
import Tensors

/// What is tried out on copies, for a few seconds.
extension Preflight {
  /// The gradients that training computes, against differences of the loss, in Float64.
  func gradients() throws -> Finding {
    guard !network.differsInTraining else {
      return Finding(
        "gradients", .remark, "not compared: some layers compute something else in training")
    }
    let part = try rows(train, atMost: 8)
    let inputs = try part.inputs(for: network).cast(to: .f64)
    let targets = try part.y.cast(to: .f64)
    var start = network
    try start.setParameters(network.parameters.map { try $0.tensor.cast(to: .f64) })
    // One step of gradient descent at rate 1 subtracts the gradient itself from the weights.
    var options = TrainingOptions()
    options.batch = .full
    options.shuffle = false
    options.loss = requestedLoss
    options.optimizer = Optimizer(.sgd, rate: 1.0)
    let trainer = try Trainer(
      start, data: TrainingData(inputs: inputs, targets: targets), options: options)
    _ = try trainer.takeSteps(1)
    let after = try trainer.trained()
    let (compared, wrong) = try differences(start, after, inputs, targets)
    if compared == 0 {
      return Finding(
        "gradients", .remark, "not compared: every weight that was tried lies at a kink")
    }
    return wrong * 5 > compared
      ? Finding(
        "gradients", .wrong, "\(wrong) of \(compared) weights have another than differences say",
        remedy: "explain \(netName)(\(inputsName)[0:2])")
      : Finding("gradients", .right, "agree with differences at \(compared) weights")
  }

  private func differences(
    _ start: Network, _ after: Network, _ inputs: Tensor, _ targets: Tensor
  ) throws -> (compared: Int, wrong: Int) {
    // The report's measure is another share of the same loss.
    let judge = loss == .averageCrossEntropy ? .crossEntropy : requestedLoss
    var (compared, wrong) = (0, 0)
    for (index, parameter) in start.parameters.enumerated() {
      let before = try parameter.tensor.guardedDoubles()
      let moved = try after.parameters[index].tensor.guardedDoubles()
      let scale = zip(before, moved).map { abs($0 - $1) }.max() ?? 0
      for element in Set([0, before.count / 3, before.count * 2 / 3]) where element < before.count {
        try Interrupt.check()
        func loss(_ shift: Double) throws -> Double {
          var numbers = before
          numbers[element] += shift
          var tensors = start.parameters.map(\.tensor)
          tensors[index] = try Tensor(doubles: numbers, parameter.tensor.shape, elementType: .f64)
          var changed = start
          try changed.setParameters(tensors)
          return try changed.measured(inputs, targets, loss: judge).loss
        }
        let step = 1e-6 * max(1, abs(before[element]))
        let (left, center, right) = try (loss(-step), loss(0), loss(step))
        let slope = (right - left) / (2 * step)
        // At a kink, as of a rectifier whose bias is 0 over a blank part of a picture, any slope
        // between the two sides' is right.
        let bend = abs(right - 2 * center + left) / step
        if bend > 1e-3 * max(abs(slope), scale) + 1e-8 { continue }
        let own = before[element] - moved[element]
        compared += 1
        if !(abs(own - slope) <= 1e-3 * max(abs(own), abs(slope)) + 1e-4 * scale + 1e-8) {
          wrong += 1
        }
      }
    }
    return (compared, wrong)
  }

  // MARK: trainings

  /// What a short training of a copy has reached.
  private struct Trial {
    let network: Network
    let loss: Double
    let isComplete: Bool
  }

  private static let seconds = 3.0

  private func trial(_ part: Split, epochs: Int, batch: BatchSize, rate: Double) throws -> Trial? {
    var options = TrainingOptions()
    options.epochs = epochs
    options.batch = batch
    options.loss = requestedLoss
    options.optimizer = Optimizer(.adam, rate: .constant(rate))
    var start = network
    start.optimizerState = OptimizerState()
    let trainer = try Trainer(
      start, data: TrainingData(inputs: part.inputs(for: network), targets: part.y),
      options: options)
    do {
      let outcome = try trainer.run(delegate: Deadline(Self.seconds))
      if Interrupt.isRequested { throw TensorError.interrupted }
      let trained = try trainer.trained()
      return Trial(
        network: trained, loss: trained.history.loss.last ?? .nan,
        isComplete: outcome.ending == .finished)
    } catch TrainingError.notFinite {
      return nil
    }
  }

  /// Whether a network that can learn at all learns a few rows by heart.
  func twentyRows() throws -> Finding {
    let part = try rows(train, atMost: 20)
    let name = part.count == 1 ? "1 row" : "\(part.count) rows"
    let start = try network.measured(part.inputs(for: network), part.y, loss: requestedLoss).loss
    var least = Double.infinity
    for rate in [0.01, 0.001] {
      guard let trial = try trial(part, epochs: 400, batch: .full, rate: rate) else { continue }
      let measured = try trial.network.measured(
        part.inputs(for: network), part.y, loss: requestedLoss)
      least = min(least, measured.loss)
      let isLearnt = try measured.loss < 0.1 * start || measured.determination() > 0.9
      if measured.accuracy == 1 || isLearnt {
        return Finding(
          "by heart", .right,
          "\(name): the loss falls from \(NumberForm.loss(start)) to \(NumberForm.loss(measured.loss))"
        )
      }
    }
    let words = "\(NumberForm.loss(start)) to \(NumberForm.loss(least))"
    // A small network, as a line, cannot hold all rows and may be right for it.
    return least < 0.9 * start
      ? Finding("by heart", .remark, "\(name) in part: the loss falls from \(words)")
      : Finding(
        "by heart", .wrong, "\(name) cannot be learnt: the loss goes from \(words)",
        remedy: "describe \(netName) on \(dataName)")
  }

  /// Trainings on blank inputs and on shuffled targets, which must come out worse.
  func controls() throws -> [Finding] {
    let all = try rows(train, atMost: 900)
    guard all.count >= 60 else {
      return [Finding("controls", .remark, "not made: \(train.count) rows are too few")]
    }
    var generator = RandomGenerator(seed: 1)
    let order = generator.permutation(all.count)
    let mixed = try all.selecting(order)
    let cut = all.count * 2 / 3
    let (learnt, asked) = (try mixed.rows(0..<cut), try mixed.rows(cut..<all.count))
    let targets = try learnt.selecting(generator.permutation(cut))
    let shuffled = Split(
      x: learnt.x, y: targets.y, labels: targets.labels, imageDimensions: learnt.imageDimensions)
    guard let real = try score(learnt, on: asked) else {
      return [
        Finding(
          "controls", .wrong, "the training became nan",
          remedy: "find rate \(netName) on \(dataName)")
      ]
    }
    return try [
      ("blank inputs", blank(learnt), blank(asked)), ("shuffled targets", shuffled, asked),
    ].compactMap { name, part, asked in
      guard let control = try score(part, on: asked) else { return nil }
      let words = "\(real.words) on new rows, and \(control.words) with \(name)"
      return real.isBetter(than: control)
        ? Finding(name, .right, words)
        : Finding(
          name, .wrong, words + ": what it learns does not come from the inputs",
          remedy: "show \(inputsName)[0:5]; show \(partNames[0]).y[0:5]")
    }
  }

  /// The same targets with nothing to tell them from.
  private func blank(_ split: Split) throws -> Split {
    Split(
      x: try Tensor.zeros(split.x.shape, split.x.elementType), y: split.y, labels: split.labels,
      imageDimensions: split.imageDimensions)
  }

  /// How good a network is on rows that it has not seen.
  private struct Score {
    let loss: Double
    let accuracy: Double?
    let rows: Int

    var words: String {
      accuracy.map { NumberForm.percent($0) + " right" } ?? "loss \(NumberForm.loss(loss))"
    }

    /// By more than chance would have it.
    func isBetter(than other: Score) -> Bool {
      guard let accuracy, let old = other.accuracy else { return loss < 0.95 * other.loss }
      let spread = (max(0.05, old * (1 - old)) / Double(max(1, rows))).squareRoot()
      return accuracy > old + spread || loss < 0.8 * other.loss
    }
  }

  private func score(_ part: Split, on asked: Split) throws -> Score? {
    guard let trial = try trial(part, epochs: 20, batch: .rows(32), rate: 0.005) else { return nil }
    let measured = try trial.network.measured(
      asked.inputs(for: network), asked.y, loss: requestedLoss)
    return Score(loss: measured.loss, accuracy: measured.accuracy, rows: asked.count)
  }
}
