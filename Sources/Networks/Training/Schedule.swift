import Platform

/// How the learning rate changes from epoch to epoch, counted from 0.
package indirect enum Schedule: Sendable, Hashable {
  /// Always the same.
  case constant(Double)
  /// From `rate` down to `final` along half a cosine over `epochs` (Loshchilov and Hutter, 2017),
  /// and `final` from then on.
  case cosine(rate: Double, final: Double, epochs: Int)
  /// From `rate` to `final` along a line over `epochs`, and `final` from then on.
  case linear(rate: Double, final: Double, epochs: Int)
  /// Multiplied by `factor` after each epoch.
  case exponential(rate: Double, factor: Double)
  /// Up to `rate` over the first three tenths of `epochs`, and down to a 250,000th of it over the
  /// others, both along half a cosine (Smith and Topin, 2018; the defaults are PyTorch's).
  case oneCycle(rate: Double, epochs: Int)
  /// Multiplied by `factor` after every `every` epochs.
  case stepDecay(rate: Double, factor: Double, every: Int)
  /// Multiplied by `factor` whenever the validation loss, or else the loss, has not improved for
  /// more than `patience` epochs.
  case plateau(rate: Double, factor: Double, patience: Int)
  /// Rises linearly over the first `epochs` to where `then` starts, and goes on with it.
  case warmup(epochs: Int, then: Schedule)
  /// What a person's function of the epoch gives.
  case own(OwnSchedule)

  /// The rate of an epoch.
  ///
  /// - Parameter losses: of the epochs before, as far as they were measured.
  /// - Throws: what a person's own function throws, or that it gives no rate.
  package func rate(epoch: Int, after losses: [Double] = []) throws -> Double {
    switch self {
    case .constant(let rate): return rate
    case .cosine(let rate, let final, let epochs):
      return Self.wave(from: rate, to: final, Double(epoch) / Double(max(1, epochs)))
    case .linear(let rate, let final, let epochs):
      return rate + (final - rate) * min(1, Double(epoch) / Double(max(1, epochs)))
    case .exponential(let rate, let factor): return rate * pow(factor, Double(epoch))
    case .oneCycle(let rate, let epochs): return Self.cycle(rate, epoch, of: epochs)
    case .stepDecay(let rate, let factor, let every):
      return rate * pow(factor, Double(epoch / max(1, every)))
    case .plateau(let rate, let factor, let patience):
      return rate * pow(factor, Double(Self.plateaus(losses, patience)))
    case .warmup(let epochs, let then):
      if epoch < epochs {
        return try then.rate(epoch: 0) * Double(epoch + 1) / (Double(epochs) + 1)
      }
      return try then.rate(epoch: epoch - epochs, after: Array(losses.dropFirst(epochs)))
    case .own(let own): return try own.rate(epoch)
    }
  }

  /// Whether it depends on the losses of the epochs before.
  var followsLosses: Bool {
    switch self {
    case .plateau: true
    case .warmup(_, let then): then.followsLosses
    default: false
    }
  }

  /// Half a cosine from one number to another; `part` goes from 0 to 1.
  private static func wave(from first: Double, to last: Double, _ part: Double) -> Double {
    last + (first - last) * (1 + cos(.pi * min(1, part))) / 2
  }

  private static func cycle(_ rate: Double, _ epoch: Int, of epochs: Int) -> Double {
    let last = Double(max(1, epochs - 1))
    let top = 0.3 * Double(epochs) - 1
    let (start, end) = (rate / 25, rate / 25e4)
    if top > 0, Double(epoch) <= top { return wave(from: start, to: rate, Double(epoch) / top) }
    return wave(from: rate, to: end, (Double(epoch) - max(0, top)) / max(1, last - max(0, top)))
  }

  /// How often losses have stood still. An improvement is one by a 10,000th, as in PyTorch.
  private static func plateaus(_ losses: [Double], _ patience: Int) -> Int {
    var (best, waiting, count) = (Double.infinity, 0, 0)
    for loss in losses where !loss.isNaN {
      if loss < best - 1e-4 * abs(best) || best.isInfinite {
        (best, waiting) = (loss, 0)
      } else {
        waiting += 1
      }
      if waiting > patience { (waiting, count) = (0, count + 1) }
    }
    return count
  }

  /// How many epochs it takes to come to its end; nil where it has none.
  package var length: Int? {
    switch self {
    case .cosine(_, _, let epochs), .linear(_, _, let epochs), .oneCycle(_, let epochs): epochs
    case .warmup(let epochs, let then):
      then.length.map { $0.addingReportingOverflow(epochs) }.map { $0.overflow ? .max : $0.0 }
    default: nil
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
    case .cosine(let rate, let final, let epochs), .linear(let rate, let final, let epochs):
      [("rate", rate), ("final", final), ("epochs", Double(epochs))]
    case .exponential(let rate, let factor): [("rate", rate), ("factor", factor)]
    case .oneCycle(let rate, let epochs): [("rate", rate), ("epochs", Double(epochs))]
    case .stepDecay(let rate, let factor, let every):
      [("rate", rate), ("factor", factor), ("every", Double(every))]
    case .plateau(let rate, let factor, let patience):
      [("rate", rate), ("factor", factor), ("patience", Double(patience))]
    case .warmup(let epochs, let then): [("epochs", Double(epochs))] + then.numbers
    case .own: []
    }
  }

  /// As the language writes it; a constant is its number.
  package var description: String {
    func words(_ value: Double) -> String { NetworkFormat.number(value) }
    switch self {
    case .constant(let rate): return words(rate)
    case .cosine(let rate, let final, let epochs):
      return "cosine(\(words(rate)), epochs=\(epochs), final=\(words(final)))"
    case .linear(let rate, let final, let epochs):
      return "linear(\(words(rate)), epochs=\(epochs), final=\(words(final)))"
    case .exponential(let rate, let factor):
      return "exponential(\(words(rate)), factor=\(words(factor)))"
    case .oneCycle(let rate, let epochs): return "one_cycle(\(words(rate)), epochs=\(epochs))"
    case .stepDecay(let rate, let factor, let every):
      return "step_decay(\(words(rate)), factor=\(words(factor)), every=\(every))"
    case .plateau(let rate, let factor, let patience):
      return "plateau(\(words(rate)), factor=\(words(factor)), patience=\(patience))"
    case .warmup(let epochs, let then): return "warmup(\(epochs), \(then.description))"
    case .own(let own): return own.code ?? own.name
    }
  }
}

extension Schedule: ExpressibleByFloatLiteral {
  /// A constant rate.
  package init(floatLiteral rate: Double) { self = .constant(rate) }
}

/// A person's function of the epoch, as a schedule.
package struct OwnSchedule: Sendable, Hashable {
  /// What it is called, or how it is written.
  package let name: String
  /// Code that gives it again; nil where there is none.
  package let code: String?
  private let identity: ObjectIdentifier
  private let function: @Sendable (_ epoch: Int) throws -> Double

  /// - Parameter owner: lives as long as the function does.
  package init(
    _ name: String, code: String?, of owner: AnyObject,
    _ function: @escaping @Sendable (Int) throws -> Double
  ) {
    self.name = name
    self.code = code
    identity = ObjectIdentifier(owner)
    self.function = function
  }

  package static func == (a: OwnSchedule, b: OwnSchedule) -> Bool { a.identity == b.identity }
  package func hash(into hasher: inout Hasher) { hasher.combine(identity) }

  func rate(_ epoch: Int) throws -> Double {
    let rate = try function(epoch)
    guard rate >= 0, rate.isFinite else {
      throw TrainingError.noRate(
        schedule: name, epoch: epoch, gives: NetworkFormat.number(rate))
    }
    return rate
  }
}
