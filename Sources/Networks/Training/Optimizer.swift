import Tensors

/// How a gradient changes the parameters. α is the schedule's rate of the epoch.
package struct Optimizer: Sendable, Hashable {
  /// The rule.
  package enum Rule: Sendable, Hashable {
    /// v ← γv + αg, W ← W − v; with nesterov W ← W − (γv + αg) after v's update.
    case sgd(momentum: Double, nesterov: Bool)
    /// Kingma and Ba (2015).
    case adam(beta1: Double, beta2: Double, epsilon: Double)
    /// Adam with decay applied to the weights themselves (Loshchilov and Hutter, 2019).
    case adamW(beta1: Double, beta2: Double, epsilon: Double, decay: Double)
    /// s ← ρs + (1−ρ)g², W ← W − αg/(√s + ε) (Tieleman and Hinton, 2012).
    case rmsprop(rho: Double, epsilon: Double)
  }

  /// The rule.
  package var rule: Rule
  /// The learning rate.
  package var rate: Schedule
  /// l2·W is added to every parameter's gradient, before the rule sees it.
  package var l2: Double

  /// An optimizer with the rule, rate and penalty given.
  package init(_ rule: Rule, rate: Schedule, l2: Double = 0) {
    self.rule = rule
    self.rate = rate
    self.l2 = l2
  }

  /// Stochastic gradient descent.
  package static func sgd(
    rate: Double, momentum: Double = 0, nesterov: Bool = false, l2: Double = 0
  ) -> Optimizer {
    Optimizer(.sgd(momentum: momentum, nesterov: nesterov), rate: .constant(rate), l2: l2)
  }

  /// Adam with its authors' constants.
  package static func adam(rate: Double = 1e-3) -> Optimizer {
    Optimizer(.adam(beta1: 0.9, beta2: 0.999, epsilon: 1e-8), rate: .constant(rate))
  }

  /// AdamW with its authors' constants.
  package static func adamW(rate: Double = 1e-3, decay: Double = 1e-2) -> Optimizer {
    Optimizer(
      .adamW(beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: decay), rate: .constant(rate))
  }

  /// RMSProp with PyTorch's constants.
  package static func rmsprop(rate: Double = 1e-2, rho: Double = 0.99) -> Optimizer {
    Optimizer(.rmsprop(rho: rho, epsilon: 1e-8), rate: .constant(rate))
  }

  /// How many buffers the rule keeps for each parameter.
  var bufferCount: Int {
    switch rule {
    case .sgd, .rmsprop: 1
    case .adam, .adamW: 2
    }
  }

  /// The name of the rule in the language.
  package var name: String {
    switch rule {
    case .sgd: "sgd"
    case .adam: "adam"
    case .adamW: "adamw"
    case .rmsprop: "rmsprop"
    }
  }

  /// As the language writes it.
  package var description: String {
    var parts = [rate.description]
    func words(_ value: Double) -> String { NetworkFormat.number(value) }
    switch rule {
    case .sgd(let momentum, let nesterov):
      if momentum != 0 { parts.append("momentum=\(words(momentum))") }
      if nesterov { parts.append("nesterov=true") }
    case .adamW(_, _, _, let decay): parts.append("decay=\(words(decay))")
    case .rmsprop(let rho, _): parts.append("rho=\(words(rho))")
    case .adam: break
    }
    if l2 != 0 { parts.append("l2=\(words(l2))") }
    return "\(name)(\(parts.joined(separator: ", ")))"
  }

  /// Throws for numbers that no optimizer can have.
  package func check() throws(TrainingError) {
    for (name, value) in rate.numbers + [("l2", l2)] where !(value >= 0 && value.isFinite) {
      throw .invalidOption(name: name, value: value, reason: "it must be a number from 0 up")
    }
    func checkFraction(_ name: String, _ value: Double) throws(TrainingError) {
      guard value >= 0, value < 1 else {
        throw .invalidOption(name: name, value: value, reason: "it must be from 0 to below 1")
      }
    }
    switch rule {
    case .sgd(let momentum, _): try checkFraction("momentum", momentum)
    case .adam(let beta1, let beta2, _):
      try checkFraction("beta1", beta1)
      try checkFraction("beta2", beta2)
    case .adamW(let beta1, let beta2, _, let decay):
      try checkFraction("beta1", beta1)
      try checkFraction("beta2", beta2)
      guard decay >= 0, decay.isFinite else {
        throw .invalidOption(name: "decay", value: decay, reason: "it must be a number from 0 up")
      }
      guard l2 == 0 else {
        throw .invalidOption(
          name: "l2", value: l2,
          reason: "adamw has a decay of its own, decay=; l2 goes with adam")
      }
    case .rmsprop(let rho, _): try checkFraction("rho", rho)
    }
  }
}

/// What an optimizer remembers between steps.
package struct OptimizerState: Sendable {
  /// The rule's name; another rule starts afresh.
  package var rule: String = ""
  /// For each parameter in order, the rule's buffers (velocity; first and second moments).
  package var buffers: [[Tensor]] = []
  /// Steps taken with this rule.
  package var steps: Int = 0

  /// Nothing remembered.
  package init() {}
}
