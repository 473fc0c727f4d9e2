import CKernels
import Platform

/// The rules. To add one: an entry here, and its formula in update_rules.def.
extension UpdateRule {
  /// Every rule, in the order of the manual.
  package static let all: [UpdateRule] = [sgd, adam, adamW, rmsprop, adagrad, lion]

  package static let sgd = UpdateRule(
    "sgd", "gradient descent with momentum",
    details: """
      v ← momentum·v + rate·g, W ← W − v; with nesterov W ← W − (momentum·v + rate·g) after v's \
      update.
      """,
    inTraining: 0.1,
    settings: [
      Setting(
        "momentum", .fraction, default: 0, inTraining: 0.9, misnomers: momentumMisnomers,
        "from 0 to below 1"),
      Setting("nesterov", .flag, default: 0, "looks one step ahead"), l2, clip,
    ],
    states: ["velocity"],
    example: ("sgd(0.1, momentum=0.9)", "sgd(0.1, momentum=0.9)"),
    seeAlso: ["adam", "cosine", "step_decay"]
  ) { values in
    let (momentum, l2) = (values["momentum"], values["l2"])
    if values["nesterov"] == 1 {
      return Step(nnsh_rule_nesterov) { rate, _ in numbers(rate, momentum, l2) }
    }
    let apart = Step(nnsh_rule_momentum) { rate, _ in numbers(rate, momentum, l2) }
    if values["clip"] > 0 { return apart }
    // The gradient is the new velocity but for the penalty: v ← v + rate·l2·W, W ← W − v.
    return Step(
      l2 == 0 ? nnsh_rule_subtract : nnsh_rule_momentum, retained: values["momentum"],
      apart: { apart }
    ) { rate, _ in numbers(1, 0, rate * l2) }
  }

  package static let adam = UpdateRule(
    "adam", "Adam (Kingma and Ba, 2015)", rate: 1e-3, settings: [beta1, beta2, l2, clip],
    states: ["mean", "mean square"], example: ("adam()", "adam(0.001)"),
    seeAlso: ["adamw", "sgd"]
  ) { adamStep($0, l2: $0["l2"], decay: 0) }

  package static let adamW = UpdateRule(
    "adamw", "Adam with decay of the weights themselves (Loshchilov and Hutter, 2019)", rate: 1e-3,
    settings: [
      Setting(
        "decay", .positive, default: 1e-2, replaces: "l2", misnomers: ["weight_decay", "wd"],
        "W ← W − rate·decay·W in each step"),
      beta1, beta2, clip,
    ],
    states: ["mean", "mean square"],
    example: ("adamw(decay=0.1)", "adamw(0.001, decay=0.1)"), seeAlso: ["adam"]
  ) { adamStep($0, l2: 0, decay: $0["decay"]) }

  package static let rmsprop = UpdateRule(
    "rmsprop",
    "gradients divided by their running root mean square (Tieleman and Hinton, 2012)", rate: 1e-2,
    settings: [
      Setting(
        "rho", .fraction, default: 0.99, misnomers: ["alpha", "beta"],
        "how much of the mean square is kept"), l2,
      clip,
    ],
    states: ["mean square"], example: ("rmsprop(0.01, rho=0.9)", "rmsprop(0.01, rho=0.9)"),
    seeAlso: ["adam", "sgd"]
  ) { values in
    let (rho, l2) = (values["rho"], values["l2"])
    return Step(nnsh_rule_rmsprop) { rate, _ in numbers(rate, rho, 1e-8, l2) }
  }

  package static let adagrad = UpdateRule(
    "adagrad",
    "gradients divided by the root of the sum of their squares (Duchi, Hazan and Singer, 2011)",
    details: """
      s ← s + g², W ← W − rate·g/(√s + 1e-10), each number by its own s: what rarely has a gradient \
      moves far when it has one.
      """,
    rate: 1e-2, settings: [l2, clip], states: ["sum of squares"],
    example: ("adagrad()", "adagrad(0.01)"), seeAlso: ["rmsprop", "adam"]
  ) { values in
    let l2 = values["l2"]
    return Step(nnsh_rule_adagrad) { rate, _ in numbers(rate, 1e-10, l2) }
  }

  package static let lion = UpdateRule(
    "lion", "steps of one size a number, by the sign of the mean gradient (Chen et al., 2023)",
    details: """
      W ← W − rate·(sign(beta1·m + (1 − beta1)·g) + decay·W), then m ← beta2·m + (1 − beta2)·g. \
      Its rate is a third to a tenth of Adam's.
      """,
    rate: 1e-4,
    settings: [
      Setting(
        "decay", .positive, default: 0, misnomers: ["weight_decay", "wd"],
        "W ← W − rate·decay·W in each step"), beta1,
      Setting("beta2", .fraction, default: 0.99, "how much of the mean gradient is kept"), l2,
      clip,
    ],
    states: ["mean"], example: ("lion(1e-4)", "lion(0.0001)"), seeAlso: ["adamw", "sgd"]
  ) { values in
    let (beta1, beta2) = (values["beta1"], values["beta2"])
    let (decay, l2) = (values["decay"], values["l2"])
    return Step(nnsh_rule_lion) { rate, _ in
      numbers(rate, beta1, beta2, 1 - rate * decay, l2)
    }
  }

  // MARK: what several rules have in common

  private static let l2 = Setting(
    "l2", .positive, default: 0, misnomers: l2Misnomers, "l2·W is added to each gradient")
  private static let clip = Setting(
    "clip", .positive, default: 0, misnomers: clipMisnomers,
    "the norm that all gradients together are scaled down to; 0 for none")
  /// What these are called elsewhere.
  package static let l2Misnomers = ["weight_decay", "wd", "decay"]
  package static let clipMisnomers = ["clip_norm", "max_norm", "grad_clip"]
  package static let momentumMisnomers = ["gamma", "mu"]
  private static let beta1 = Setting(
    "beta1", .fraction, default: 0.9, "how much of the mean gradient is kept")
  private static let beta2 = Setting(
    "beta2", .fraction, default: 0.999, "how much of the mean squared gradient is kept")

  private static func adamStep(_ values: Values, l2: Double, decay: Double) -> Step {
    let (beta1, beta2) = (values["beta1"], values["beta2"])
    return Step(nnsh_rule_adam) { rate, step in
      let bias1 = 1 - pow(beta1, Double(step))
      let bias2 = 1 - pow(beta2, Double(step))
      return numbers(
        rate / bias1, beta1, beta2, 1e-8, l2, 1 - rate * decay, 1 / bias2.squareRoot())
    }
  }

  private static func numbers(
    _ n0: Double, _ n1: Double, _ n2: Double, _ n3: Double = 0, _ n4: Double = 0,
    _ n5: Double = 0, _ n6: Double = 0
  ) -> SIMD8<Double> { SIMD8(n0, n1, n2, n3, n4, n5, n6, 0) }
}
