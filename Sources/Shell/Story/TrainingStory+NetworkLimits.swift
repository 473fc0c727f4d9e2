import Console
import Networks
import Platform
import Tensors

/// What the network may have done, and where it began.
extension TrainingStory {
  func frozenLayers() throws -> LimitFinding? {
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

  func lastLayer() throws -> LimitFinding? {
    let marker = try before.lastLayer()
    guard marker.mark != .right else { return nil }
    let all = Array(start.layers.indices)
    let last = start.layers.count - 1
    let isRectified =
      last > 0 && start.layers[last] is Softmax && start.layers[last - 1].isRectifier
    let runs: [PairedRun?] = try [
      isRectified ? with(layers: all.filter { $0 != last - 1 }) : nil,
      start.endsInSoftmax && !loss.isDistributional ? with(layers: all, loss: .crossEntropy) : nil,
      !start.endsInSoftmax && before.train.labels != nil
        ? with(layers: all, then: [Softmax()], loss: .crossEntropy) : nil,
      with(layers: Array(all.dropLast())),
    ]
    let best = runs.compactMap { $0 }.filter(\.isFinite).max { $0.fitGain < $1.fitGain }
    if let best, best.isMuchBetter || best.fitGain >= 0.15 {
      return finding(.lastLayer, "\(marker.text); without that: \(best.words)", marker.remedy)
    }
    return marker.mark == .wrong && !hasLearnt
      ? finding(.lastLayer, marker.text, marker.remedy) : nil
  }

  func activations() throws -> LimitFinding? {
    guard let marker = try before.layersInARow(), marker.mark == .wrong else { return nil }
    return decided(
      .activations, marker.text, by: try rebuilt { $0.bent() }, "with relu between them",
      marker.remedy)
  }

  func scale() throws -> LimitFinding? {
    if let targets = try scaleOfTargets() { return targets }
    let marker = try before.range()
    guard marker.mark == .wrong else { return nil }
    return decided(
      .scale, "inputs " + marker.text, by: try standardized(), "brought to one scale",
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
      by: try standardized(targets: true), "brought to one scale",
      "predict (\(y) - mean(\(y))) / std(\(y))")
  }

  func initialization() throws -> LimitFinding? {
    guard let marker = try start.strangeWeights() else { return nil }
    return decided(
      .initialization, marker, by: try redrawn(), "with weights drawn as usual",
      "reset \(advice.net)")
  }

  func idleUnits() throws -> LimitFinding? {
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

  func vanishing() throws -> LimitFinding? {
    guard let plan = NetworkPlan(start), plan.flatActivations >= 3,
      let entry = diary.entries.first, let first = entry.motions.first,
      let last = entry.motions.last, first.gradient < 0.05 * last.gradient
    else { return nil }
    return decided(
      .vanishingGradients,
      "the gradient of layer \(first.layer) is \(NumberForm.percent(first.gradient / last.gradient)) "
        + "of layer \(last.layer)'s at the start",
      by: try rebuilt { $0.rectified() }, "with relu in place of the activations",
      try written(plan.rectified()) ?? "use relu in place of them")
  }

  /// The statement that makes a network of these layers.
  private func written(_ plan: NetworkPlan?) throws -> String? {
    try plan?.network(seed: 0, for: data.inputs).map { "\(advice.net) = \($0.description)" }
  }

  func capacity() throws -> LimitFinding? {
    guard let plan = NetworkPlan(start), let run = try rebuilt({ $0.wider() }) else { return nil }
    let units = plan.hiddenUnits
    return decided(
      .capacity,
      units == 0 ? "a network without a hidden layer" : "\(units) hidden units", by: run,
      units == 0 ? "with 16 units in one" : "with twice the width, at least 16",
      try written(plan.wider()) ?? "make the layers wider")
  }
}

extension Loss {
  /// Whether it compares probabilities of classes.
  fileprivate var isDistributional: Bool {
    !["mse", "mae", "huber"].contains(rawValue)
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
