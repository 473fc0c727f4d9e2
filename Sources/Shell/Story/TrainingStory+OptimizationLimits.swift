import Console
import Networks
import Platform
import Tensors

/// What the way of training may have done.
extension TrainingStory {
  func penalty() throws -> LimitFinding? {
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

  func dropout() throws -> LimitFinding? {
    let strongest = start.layers.compactMap { ($0 as? Dropout)?.probability }.max() ?? 0
    guard strongest >= 0.3 else { return nil }
    let kept = start.layers.indices.filter { !(start.layers[$0] is Dropout) }
    return decided(
      .dropout, "dropout(\(NumberForm.significant(strongest, 2))) hides most of what passes",
      by: try with(layers: kept, loss: loss), "without it",
      "\(advice.net) = \(start.part(kept).description)")
  }

  func explosion() throws -> LimitFinding? {
    if let scale = try scale() { return scale }
    if let initialization = try initialization() { return initialization }
    for factor in [0.1, 0.01, 0.001] + fittingFactor {
      guard let run = try atRate(times: factor), run.isFinite else { continue }
      return finding(
        .rateTooHigh,
        relativeStep + "; at rate ÷ \(NumberForm.significant(1 / factor, 4)): loss "
          + NumberForm.loss(run.trained.loss), advice.again(advice.rate(times: factor)))
    }
    return nil
  }

  /// Too high, too low, or too short a time: which of three runs does best decides.
  func rate() throws -> LimitFinding? {
    for factor in [0.1, 0.01] + fittingFactor {
      guard let lower = try atRate(times: factor), lower.isMuchBetter else { continue }
      return finding(
        .rateTooHigh,
        relativeStep + "; at rate ÷ \(NumberForm.significant(1 / factor, 4)): " + lower.words,
        advice.again(advice.rate(times: factor)))
    }
    // Of few epochs five times as many are few as well.
    let more = max(5, 60 / max(1, history.count))
    let longer = try longer(times: more)
    for factor in factors {
      if let higher = try atRate(times: factor), higher.isMuchBetter {
        // What more epochs reach as well was only stopped too soon.
        if let longer, longer.isMuchBetter, longer.gain >= higher.gain - 0.02, !movesTooLittle {
          break
        }
        return finding(
          .rateTooLow,
          relativeStep + "; at rate × \(NumberForm.significant(factor, 6)): " + higher.words,
          advice.train(advice.rate(times: factor)))
      }
    }
    guard let longer, longer.isMuchBetter else { return nil }
    return finding(
      .tooFewEpochs, "the loss was still falling; with \(more) times the epochs: \(longer.words)",
      advice.train("epochs=\(more * max(1, history.count))"))
  }

  private var largestStep: TrainingDiary.Motion? {
    let steps = diary.entries.flatMap(\.motions).filter(\.relativeStep.isFinite)
    return steps.max { $0.relativeStep < $1.relativeStep }
  }

  /// What brings steps of many times the weights down to a hundredth of these.
  private var fittingFactor: [Double] {
    guard let step = largestStep?.relativeStep, step > 10 else { return [] }
    return [pow(10, log10(0.01 / step).rounded())]
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
