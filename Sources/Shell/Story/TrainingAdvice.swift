import Console
import Networks

/// The commands that a training's faults ask for, in the words of the one that was typed.
struct TrainingAdvice {
  /// What network and data are called.
  let net: String
  let data: String
  let options: TrainingOptions

  /// The rate of the first epoch; nil where a schedule has none to tell.
  var rate: Double? { try? options.optimizer.rate.rate(epoch: 0) }

  /// `net.W1` is no training's, but `net` may be anything that is no name.
  func train(_ options: String) -> String { "train \(net) on \(data) \(options)" }

  func again(_ options: String) -> String { "reset \(net); " + train(options) }

  /// How large a step is against the weights: `0.012%`, `34%`, `15 times all`
  static func share(_ step: Double) -> String {
    if step >= 10 { return "\(NumberForm.significant(step, 2)) times all" }
    return (step >= 0.1 ? NumberForm.fixed(100 * step, 0) : NumberForm.significant(100 * step, 2))
      + "%"
  }

  /// The same training at a multiple of the rate.
  func rate(times factor: Double) -> String {
    guard let rate else { return "rate=…" }
    let rule = options.optimizer.name
    return (rule == "sgd" ? "" : "optimizer=\(rule) ")
      + "rate=\(NumberForm.significant(rate * factor, 2))"
  }
}

extension TrainingSymptom {
  /// What is wrong, in which layer, why, and what to type.
  func words(_ advice: TrainingAdvice) -> String {
    switch self {
    case .died(nil, _, _):
      return "learning died: no weight gets a gradient: preflight \(advice.net) on \(advice.data)"
    case .died(let position?, let name, let isRectifier):
      return "learning died: "
        + (isRectifier
          ? "no row activates any unit of layer \(position), \(name), "
          : "layer \(position), \(name), is saturated for every row, ")
        + "so nothing before it learns: " + advice.again(advice.rate(times: 0.1))
    case .diverged(let best, let loss, let layer, let step):
      return "the loss diverged, from \(NumberForm.loss(best)) to \(NumberForm.loss(loss)): a step "
        + "moves layer \(layer) by \(TrainingAdvice.share(step)) of its weights: "
        + advice.again(advice.rate(times: 0.1))
    case .stalls(let loss, let since, let ignorant):
      return
        "learning stalls: since epoch \(since) the loss is \(NumberForm.loss(loss)), and always "
        + "the same answer has \(NumberForm.loss(ignorant)): preflight \(advice.net) on \(advice.data)"
    case .isTooSlow(let loss, let layer, let step):
      return
        "learning is too slow, the loss is \(NumberForm.loss(loss)): a step moves layer \(layer) "
        + "by \(TrainingAdvice.share(step)) of its weights: "
        + advice.train(advice.rate(times: 10))
    case .overfits(let since, let best, let loss):
      return "\(advice.net) overfits since epoch \(since): val_loss rises from "
        + "\(NumberForm.loss(best)) to \(NumberForm.loss(loss)) while the loss falls: "
        + advice.again("patience=5")
    }
  }
}
