import Glibc

/// How the learning rate changes from epoch to epoch, counted from 0.
package indirect enum Schedule: Sendable, Hashable {
  /// Always the same.
  case constant(Double)
  /// From `rate` down to `final` along half a cosine over `epochs` (Loshchilov and Hutter, 2017),
  /// and `final` from then on.
  case cosine(rate: Double, final: Double, epochs: Int)
  /// Multiplied by `factor` after every `every` epochs.
  case stepDecay(rate: Double, factor: Double, every: Int)
  /// Rises linearly over the first `epochs` to where `then` starts, and goes on with it.
  case warmup(epochs: Int, then: Schedule)

  /// The rate of an epoch.
  package func rate(epoch: Int) -> Double {
    switch self {
    case .constant(let rate): return rate
    case .cosine(let rate, let final, let epochs):
      let part = min(1, Double(epoch) / Double(max(1, epochs)))
      return final + (rate - final) * (1 + cos(.pi * part)) / 2
    case .stepDecay(let rate, let factor, let every):
      return rate * pow(factor, Double(epoch / max(1, every)))
    case .warmup(let epochs, let then):
      if epoch < epochs { return then.rate(epoch: 0) * Double(epoch + 1) / (Double(epochs) + 1) }
      return then.rate(epoch: epoch - epochs)
    }
  }

  /// Throws for numbers that no schedule can have.
  package func check() throws(TrainingError) {
    for (name, value) in numbers where !(value >= 0 && value.isFinite) {
      throw .invalidOption(name: name, value: value, reason: "it must be a number from 0 up")
    }
  }

  private var numbers: [(name: String, value: Double)] {
    switch self {
    case .constant(let rate): [("rate", rate)]
    case .cosine(let rate, let final, let epochs):
      [("rate", rate), ("final", final), ("epochs", Double(epochs))]
    case .stepDecay(let rate, let factor, let every):
      [("rate", rate), ("factor", factor), ("every", Double(every))]
    case .warmup(let epochs, let then): [("epochs", Double(epochs))] + then.numbers
    }
  }

  /// As the language writes it; a constant is its number.
  package var description: String {
    func words(_ value: Double) -> String { NetworkFormat.number(value) }
    switch self {
    case .constant(let rate): return words(rate)
    case .cosine(let rate, let final, let epochs):
      return "cosine(\(words(rate)), epochs=\(epochs), final=\(words(final)))"
    case .stepDecay(let rate, let factor, let every):
      return "step_decay(\(words(rate)), factor=\(words(factor)), every=\(every))"
    case .warmup(let epochs, let then): return "warmup(\(epochs), \(then.description))"
    }
  }
}

extension Schedule: ExpressibleByFloatLiteral {
  /// A constant rate.
  package init(floatLiteral rate: Double) { self = .constant(rate) }
}
