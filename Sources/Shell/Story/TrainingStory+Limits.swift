import Console
import Networks
import Platform
import Tensors

/// What limited the training. A marker alone is no verdict: where two causes would look alike, a
/// paired run without the one decides.
extension TrainingStory {
  /// What limited it most; nil where nothing did that is known here.
  func limit() throws -> LimitFinding? {
    if let found = try constantInputs() ?? leak() { return found }
    if diary.ending == .notFinite || !trained.loss.isFinite { return try explosion() }
    guard hasLearnt else { return try obstacles() }
    // Answers may be right that the loss still holds for unsure.
    if trained.fit ?? 1 < 0.75, let found = try lastLayer() { return found }
    return generalizes ? try balance() : try generalization()
  }

  /// Why it has not learnt the very rows that it was given: those first whose removal costs least to
  /// try and which the others would follow from.
  private func obstacles() throws -> LimitFinding? {
    let candidates: [() throws -> LimitFinding?] = [
      frozenLayers, lastLayer, scale, order, initialization, idleUnits, penalty,
      dropout, activations, vanishing, balance, rate, capacity, labels,
    ]
    for candidate in candidates {
      try Interrupt.check()
      if let found = try candidate() { return found }
    }
    return nil
  }

  private func finding(
    _ limit: TrainingLimit, _ evidence: String, _ remedy: String? = nil
  ) -> LimitFinding {
    LimitFinding(limit: limit, evidence: evidence, remedy: remedy)
  }

  /// A marker, and a run without what it marks that comes out much better.
  private func decided(
    _ limit: TrainingLimit, _ marker: String, by run: PairedRun?, _ change: String,
    _ remedy: String?
  ) -> LimitFinding? {
    guard let run, run.isMuchBetter else { return nil }
    return finding(limit, "\(marker); \(change) \(run.words)", remedy)
  }

  // MARK: the data

  private func leak() throws -> LimitFinding? {
    if let shared = try before.sharedRows(), shared.mark == .wrong {
      return finding(.leak, shared.text, shared.remedy)
    }
    guard let column = try telltaleColumn() else { return nil }
    return finding(
      .leak, "column \(column) of the inputs is the target in other words: the rest is not needed",
      "d = \(advice.data); keep = arange(\(before.width)) != \(column)")
  }

  /// A column with as many different values as there are classes, each of which belongs to one class.
  private func telltaleColumn() throws -> Int? {
    guard let classes = try before.classes(), before.width > 1, !before.arePictures else {
      return nil
    }
    let numbers = try before.train.x.guardedDoubles()
    let kinds = Set(classes).count
    guard kinds > 1, classes.count > 4 * kinds else { return nil }
    column: for column in 0..<before.width {
      var classOf: [Double: Int] = [:]
      for (row, label) in classes.enumerated() {
        let number = numbers[row * before.width + column]
        if let known = classOf[number], known != label { continue column }
        classOf[number] = label
        if classOf.count > kinds { continue column }
      }
      if classOf.count == kinds { return column }
    }
    return nil
  }

  private func constantInputs() throws -> LimitFinding? {
    let spreads = try before.columnSpreads()
    guard spreads.allSatisfy({ $0 == 0 }) else { return nil }
    return finding(
      .constantInputs, "all rows of the inputs are the same: nothing can be told from them",
      "show \(advice.data)")
  }

  private func order() throws -> LimitFinding? {
    guard !options.shuffle, let classes = try before.classes() else { return nil }
    let changes = zip(classes, classes.dropFirst()).count { $0 != $1 }
    guard changes * 4 < classes.count else { return nil }
    let run = try run { setting in
      setting.options.shuffle = true
      return true
    }
    return decided(
      .order, "the rows are sorted by class and were not shuffled", by: run, "with shuffle=true",
      advice.again("shuffle=true"))
  }

  private func balance() throws -> LimitFinding? {
    guard let classes = try before.classes() else { return nil }
    let counts = Dictionary(classes.map { ($0, 1) }, uniquingKeysWith: +).values
    guard let few = counts.min(), let many = counts.max(), counts.count > 1, many > 5 * few,
      let itself = try trained.meanRecall(), itself < 0.75
    else { return nil }
    let run = try run { setting in
      setting.options.classWeights = .balanced
      return true
    }
    let marker =
      "the largest class has \(many) rows and the smallest \(few): of the classes, "
      + "\(NumberForm.percent(itself)) are found on average"
    guard let run else {
      // A single sigmoid takes no weights of classes.
      return finding(.balance, marker, advice.again("weights=balanced"))
    }
    guard run.isFinite, let recall = try run.trained.meanRecall(), recall > itself + 0.1 else {
      return nil
    }
    return finding(
      .balance, marker + "; with weights=balanced \(NumberForm.percent(recall))",
      advice.again("weights=balanced"))
  }

  /// What was learnt holds for the rows of training alone.
  private func generalization() throws -> LimitFinding? {
    guard let held else { return nil }
    if held.learnt < 0.2, let labels = try labels() { return labels }
    let best = history.validationLoss.filter { !$0.isNaN }.min()
    var evidence = "\(held.words) on held rows beside \(trained.words) on those of training"
    if let best, best < 0.9 * held.loss,
      let epoch = history.validationLoss.firstIndex(of: best)
    {
      evidence += "; val_loss was \(NumberForm.loss(best)) after epoch \(epoch + 1)"
    }
    return finding(.overfitting, evidence, advice.again("patience=5 l2=0.001"))
  }

  /// Whether the targets follow from the inputs at all: shuffled, they must come out worse.
  private func labels() throws -> LimitFinding? {
    guard let (real, shuffled) = try withShuffledTargets() else { return nil }
    let isBetter =
      real.learnt > shuffled.learnt + 0.1 && (real.learnt > 0.05 || real.loss < 0.9 * shuffled.loss)
    guard !isBetter else { return nil }
    return finding(
      .labels,
      "on new rows it has \(real.words), and with labels shuffled \(shuffled.words): what it learns "
        + "does not come from the inputs", "preflight \(advice.net) on \(advice.data)")
  }

  // MARK: the network

  private func frozenLayers() throws -> LimitFinding? {
    guard !options.frozen.isEmpty else { return nil }
    let run = try run { setting in
      setting.options.frozen = []
      return true
    }
    let layers = options.frozen.sorted().map(String.init).joined(separator: ", ")
    return decided(
      .frozenLayers, "layer \(layers) stays as it was", by: run, "with all layers trained",
      "train \(advice.net) on \(advice.data)")
  }

  private func lastLayer() throws -> LimitFinding? {
    let marker = try before.lastLayer()
    guard marker.mark != .right else { return nil }
    let all = Array(start.layers.indices)
    let last = start.layers.count - 1
    let isRectified = last > 0 && start.layers[last] is Softmax && start.layers[last - 1].isRectifier
    let runs: [PairedRun?] = try [
      isRectified ? with(layers: all.filter { $0 != last - 1 }) : nil,
      start.endsInSoftmax && !loss.isDistributional ? with(layers: all, loss: .crossEntropy) : nil,
      !start.endsInSoftmax && before.train.labels != nil
        ? with(layers: all, then: [Softmax()], loss: .crossEntropy) : nil,
      with(layers: Array(all.dropLast())),
    ]
    let best = runs.compactMap { $0 }.filter(\.isFinite).max { $0.fitGain < $1.fitGain }
    if let best, best.isMuchBetter || best.fitGain >= 0.15 {
      return finding(.lastLayer, "\(marker.text); without that \(best.words)", marker.remedy)
    }
    return marker.mark == .wrong && !hasLearnt
      ? finding(.lastLayer, marker.text, marker.remedy) : nil
  }

  private func activations() throws -> LimitFinding? {
    guard let marker = try before.layersInARow(), marker.mark == .wrong else { return nil }
    return decided(
      .activations, marker.text, by: try rebuilt { $0.bent() }, "with relu between them",
      marker.remedy)
  }

  private func scale() throws -> LimitFinding? {
    if let targets = try scaleOfTargets() { return targets }
    let marker = try before.range()
    guard marker.mark == .wrong else { return nil }
    return decided(
      .scale, "inputs " + marker.text, by: try standardized(), "brought to one scale,",
      marker.remedy)
  }

  /// Numbers to predict that are far from 1 make gradients as large.
  private func scaleOfTargets() throws -> LimitFinding? {
    guard before.task == .numbers else { return nil }
    let numbers = try before.rows(before.train, atMost: 2000).y.guardedDoubles()
    let largest = numbers.map(abs).max() ?? 0
    guard largest > 20 else { return nil }
    let y = advice.data + ".y"
    return decided(
      .scale, "targets up to \(NumberForm.significant(largest, 3))",
      by: try standardized(targets: true), "brought to one scale,",
      "predict (\(y) - mean(\(y))) / std(\(y))")
  }

  private func initialization() throws -> LimitFinding? {
    guard let marker = try start.strangeWeights() else { return nil }
    return decided(
      .initialization, marker, by: try redrawn(), "with weights drawn as usual",
      "reset \(advice.net)")
  }

  private func idleUnits() throws -> LimitFinding? {
    guard let idle = try after.idleUnits().worst, idle.share > 0.5 else { return nil }
    guard let first = try before.idleUnits().worst, first.isFault else {
      // They were awake when it began: a step too large has put them there.
      return decided(
        .rateTooHigh, relativeStep + ", and " + idle.words, by: try atRate(times: 0.1),
        "at rate ÷ 10", advice.again(advice.rate(times: 0.1)))
    }
    let limit = idle.isDead ? TrainingLimit.deadUnits : .saturatedUnits
    let marker = idle.words + ", as they were at the start"
    let remedy = "reset \(advice.net)"
    return try decided(limit, marker, by: redrawn(), "with weights drawn as usual", remedy)
      ?? (idle.share > 0.99 && first.share > 0.99 ? finding(limit, marker, remedy) : nil)
  }

  private func vanishing() throws -> LimitFinding? {
    guard let plan = NetworkPlan(start), plan.flatActivations >= 3,
      let entry = diary.entries.first, let first = entry.motions.first,
      let last = entry.motions.last, first.gradient < 0.05 * last.gradient
    else { return nil }
    return decided(
      .vanishingGradients,
      "the gradient of layer \(first.layer) is \(NumberForm.percent(first.gradient / last.gradient)) "
        + "of layer \(last.layer)'s at the start",
      by: try rebuilt { $0.rectified() }, "with relu in place of the activations",
      "use relu, or put batch_norm before the activations")
  }

  private func capacity() throws -> LimitFinding? {
    guard let plan = NetworkPlan(start), let run = try rebuilt({ $0.wider() }) else { return nil }
    let units = plan.hiddenUnits
    return decided(
      .capacity,
      units == 0 ? "a network without a hidden layer" : "\(units) hidden units", by: run,
      units == 0 ? "with 16 units in one" : "with twice the width, at least 16,",
      "make the layers wider")
  }

  // MARK: how it was trained

  private func penalty() throws -> LimitFinding? {
    let optimizer = options.optimizer
    guard let setting = ["l2", "decay"].first(where: { optimizer[$0] ?? 0 > 1e-3 }) else {
      return nil
    }
    let run = try run { changed in
      changed.options.optimizer[setting] = 0
      return true
    }
    let value = NumberForm.significant(optimizer[setting] ?? 0, 2)
    return decided(
      .penalty, "\(setting)=\(value) pulls all weights to 0", by: run, "without it",
      advice.again("\(setting)=0"))
  }

  private func dropout() throws -> LimitFinding? {
    let strongest = start.layers.compactMap { ($0 as? Dropout)?.probability }.max() ?? 0
    guard strongest >= 0.3 else { return nil }
    let kept = start.layers.indices.filter { !(start.layers[$0] is Dropout) }
    return decided(
      .dropout, "dropout(\(NumberForm.significant(strongest, 2))) hides most of what passes",
      by: try with(layers: kept, loss: loss), "without it", "use dropout(0.1), or none")
  }

  private func explosion() throws -> LimitFinding? {
    if let scale = try scale() { return scale }
    if let initialization = try initialization() { return initialization }
    for factor in [0.1, 0.01, 0.001] {
      guard let run = try atRate(times: factor), run.isFinite else { continue }
      return finding(
        .rateTooHigh,
        relativeStep + "; at rate ÷ \(NumberForm.significant(1 / factor, 4)) the loss is "
          + NumberForm.loss(run.trained.loss), advice.again(advice.rate(times: factor)))
    }
    return nil
  }

  /// Too high, too low, or too short a time: which of three runs does best decides.
  private func rate() throws -> LimitFinding? {
    for factor in [0.1, 0.01] {
      guard let lower = try atRate(times: factor), lower.isMuchBetter else { continue }
      return finding(
        .rateTooHigh, relativeStep + "; at rate ÷ \(NumberForm.significant(1 / factor, 4)) " + lower.words, advice.again(advice.rate(times: factor)))
    }
    let longer = try longer(times: 5)
    for factor in factors {
      if let higher = try atRate(times: factor), higher.isMuchBetter {
        // What more epochs reach as well was only stopped too soon.
        if let longer, longer.isMuchBetter, longer.gain >= higher.gain - 0.02, !movesTooLittle {
          break
        }
        return finding(
          .rateTooLow, relativeStep + "; at rate × \(NumberForm.significant(factor, 6)) " + higher.words, advice.train(advice.rate(times: factor)))
      }
    }
    guard let longer, longer.isMuchBetter else { return nil }
    return finding(
      .tooFewEpochs, "the loss was still falling; with 5 times the epochs \(longer.words)",
      advice.train("epochs=\(5 * max(1, history.count))"))
  }

  private var largestStep: TrainingDiary.Motion? {
    let steps = diary.entries.flatMap(\.motions).filter(\.relativeStep.isFinite)
    return steps.max { $0.relativeStep < $1.relativeStep }
  }

  /// By how much to raise the rate: tenfold, and where steps are tiny to where one moves a hundredth
  /// of the weights.
  private var factors: [Double] {
    guard movesTooLittle, let step = largestStep?.relativeStep, step > 0 else { return [10] }
    let power = pow(10, log10(0.01 / step).rounded())
    return [10, min(1e6, power), min(1e7, 10 * power)]
  }

  private var movesTooLittle: Bool { largestStep.map { $0.relativeStep < 1e-3 } ?? false }

  /// `a step moves layer 1 by 0.3% of its weights at most`
  var relativeStep: String {
    guard let largestStep else { return "steps were not measured" }
    return "a step moves layer \(largestStep.layer) by "
      + TrainingAdvice.share(largestStep.relativeStep) + " of its weights at most"
  }
}

extension Loss {
  /// Whether it compares probabilities of classes.
  fileprivate var isDistributional: Bool {
    !["mse", "mae", "huber"].contains(rawValue)
  }
}

extension Standing {
  /// The mean over the classes of the share of their rows that are found; nil where there are none.
  fileprivate func meanRecall() throws -> Double? {
    guard measured.task == .classes || measured.task == .binary, measured.targets.rank == 2 else {
      return nil
    }
    var targets = measured.targets
    if measured.task == .binary { targets = try targets.reshaped([targets.count]) }
    let pairs = try Metrics.classPairs(
      targets, measured.task == .binary
        ? measured.predictions.reshaped([measured.predictions.count]) : measured.predictions)
    var right: [Int: (found: Int, all: Int)] = [:]
    for pair in pairs {
      right[pair.truth, default: (0, 0)].all += 1
      if pair.truth == pair.guess { right[pair.truth, default: (0, 0)].found += 1 }
    }
    guard !right.isEmpty else { return nil }
    return right.values.reduce(0) { $0 + Double($1.found) / Double($1.all) } / Double(right.count)
  }
}

extension Network {
  /// What is strange about the weights that it begins with; nil where they are as one would draw them.
  fileprivate func strangeWeights() throws -> String? {
    for parameter in parameters where parameter.tensor.rank >= 2 {
      let numbers = try parameter.tensor.guardedDoubles()
      guard let first = numbers.first, numbers.count > 1 else { continue }
      if numbers.allSatisfy({ $0 == first }) {
        return "all weights of \(parameter.name) begin at \(first.displayed)"
      }
      let sizes = parameter.tensor.shape.dimensions
      guard sizes.count == 2 else { continue }
      let spread = (numbers.reduce(0) { $0 + $1 * $1 } / Double(numbers.count)).squareRoot()
      let usual = (2 / Double(sizes[0] + sizes[1])).squareRoot()
      if spread > 4 * usual || spread < 0.1 * usual {
        return "the weights of \(parameter.name) begin at a spread of "
          + "\(NumberForm.significant(spread, 2)), where \(NumberForm.significant(usual, 2)) is usual"
      }
    }
    return nil
  }
}
