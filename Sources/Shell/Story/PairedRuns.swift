import Console
import Networks
import Tensors

/// Short trainings from the same start, in the same order of the rows, with one thing changed.
extension TrainingStory {
  /// A paired run, beside how the training itself stood after as many epochs.
  struct PairedRun {
    let network: Network
    let trained: Standing
    let held: Standing?
    let itself: Standing
    let itselfHeld: Standing?
    /// Whether losses and weights stayed finite.
    let isFinite: Bool

    /// How much more has been learnt than by the training itself, of all there is to learn.
    var gain: Double { trained.learnt - itself.learnt }
    /// The same by the loss alone.
    var fitGain: Double { (trained.fit ?? trained.learnt) - (itself.fit ?? itself.learnt) }
    /// The same of rows that neither has seen; nil where there are none.
    var heldGain: Double? {
      if let held, let itselfHeld { held.learnt - itselfHeld.learnt } else { nil }
    }

    /// Whether the change is what it takes, and not only noise or learning by heart.
    var isMuchBetter: Bool {
      isFinite && gain >= 0.15 && fitGain >= 0.1 && (heldGain ?? gain) >= 0.1
    }

    /// `loss 0.1200 instead of 0.6931`
    var words: String {
      guard isFinite else { return "it becomes nan" }
      let score = trained.accuracy.flatMap { new in
        itself.accuracy.map {
          ", \(NumberForm.percent(new)) right instead of \(NumberForm.percent($0))"
        }
      }
      return "loss \(NumberForm.loss(trained.loss)) instead of \(NumberForm.loss(itself.loss))"
        + (score ?? "")
    }
  }

  /// What a paired run begins with.
  struct Setting {
    var network: Network
    var options: TrainingOptions
    var data: TrainingData
  }

  /// Seconds that a paired run may take.
  private static let seconds = 2.0

  /// - Returns: nil where the change cannot be made.
  func run(_ change: (inout Setting) throws -> Bool) throws -> PairedRun? {
    var setting = Setting(network: start, options: options, data: data)
    setting.network.past = nil
    setting.options.patience = nil
    setting.options.every = .max
    setting.options.epochs = max(1, history.count)
    guard try change(&setting) else { return nil }
    let trainer: Trainer
    do {
      trainer = try Trainer(setting.network, data: setting.data, options: setting.options)
    } catch is TrainingError {
      // Some changes fit no such network.
      return nil
    }
    var isFinite = true
    do {
      _ = try trainer.run(delegate: Deadline(Self.seconds))
    } catch TrainingError.notFinite {
      isFinite = false
    }
    if Interrupt.isRequested { throw TensorError.interrupted }
    let network = try trainer.trained()
    let epochs = trainer.history.count - trainer.epochsMeasured
    return try paired(network, setting, isFinite: isFinite, epochs: epochs)
  }

  private func paired(
    _ network: Network, _ setting: Setting, isFinite: Bool, epochs: Int
  ) throws -> PairedRun {
    // Targets at another scale are measured by their own.
    let own =
      setting.data.targets.sharesStorage(with: data.targets)
      ? ruler : try Ruler(loss, setting.data.targets)
    let (trained, held) = try own.standings(of: network, setting.data)
    var itself = (self.trained, self.held)
    if epochs < history.count {
      itself = try ruler.standings(
        of: final.at(epoch: start.history.count + max(0, epochs)), data)
    }
    return PairedRun(
      network: network, trained: trained, held: held, itself: itself.0, itselfHeld: itself.1,
      isFinite: isFinite)
  }

  // MARK: changes

  func atRate(times factor: Double) throws -> PairedRun? {
    try run { setting in
      guard let rate = advice.rate, rate > 0 else { return false }
      setting.options.optimizer.rate = .constant(rate * factor)
      return true
    }
  }

  func longer(times factor: Int) throws -> PairedRun? {
    try run { setting in
      setting.options.epochs *= factor
      return true
    }
  }

  /// With new weights, drawn as usual.
  func redrawn() throws -> PairedRun? { try rebuilt { $0 } }

  /// With other layers, all of whose weights are drawn anew.
  func rebuilt(_ change: (NetworkPlan) -> NetworkPlan?) throws -> PairedRun? {
    try run { setting in
      guard let plan = NetworkPlan(start).flatMap(change),
        let network = try plan.network(seed: start.seed, for: data.inputs)
      else { return false }
      setting.network = network
      setting.network.history = start.history
      return true
    }
  }

  /// With some layers left out, or others after them; the weights stay.
  func with(
    layers places: [Int], then added: [any Layer] = [], loss: Loss? = nil
  ) throws -> PairedRun? {
    try run { setting in
      guard !places.isEmpty else { return false }
      var network = start.part(places)
      if !added.isEmpty {
        var generator = RandomGenerator(seed: start.seed)
        let end = try Network(added, generator: &generator)
        guard
          let whole = try? Network.composed(network, end, generator: &generator)
        else { return false }
        network = whole
      }
      network.seed = start.seed
      network.history = start.history
      setting.network = network
      setting.options.loss = loss
      return true
    }
  }

  /// All columns of the inputs, or of the targets, brought to one scale.
  func standardized(targets isOfTargets: Bool = false) throws -> PairedRun? {
    try run { setting in
      let scale = try ColumnScale(isOfTargets ? data.targets : data.inputs)
      func scaled(_ x: Tensor, _ y: Tensor) throws -> (inputs: Tensor, targets: Tensor) {
        isOfTargets ? (x, try scale.applied(to: y)) : (try scale.applied(to: x), y)
      }
      let train = try scaled(data.inputs, data.targets)
      var changed = try TrainingData(
        inputs: train.inputs, targets: train.targets, weights: data.weights,
        validation: data.validation.map { try scaled($0.inputs, $0.targets) })
      changed.imageShape = data.imageShape
      setting.data = changed
      return true
    }
  }

  /// How good the same training is on rows that it has not seen, with the targets as they are and
  /// with shuffled ones.
  func withShuffledTargets() throws -> (real: Standing, shuffled: Standing)? {
    guard data.rows >= 30 else { return nil }
    var generator = RandomGenerator(seed: 1)
    let order = generator.permutation(data.rows)
    let cut = data.rows * 2 / 3
    let part = try data.selecting(Array(order[..<cut]), validating: Array(order[cut...]))
    let mixed = try Tensor(
      doubles: generator.permutation(cut).map(Double.init), elementType: .f64)
    var shuffled = try TrainingData(
      inputs: part.inputs, targets: part.targets.subscripted([.gather(mixed)]),
      validation: part.validation)
    shuffled.imageShape = data.imageShape
    let runs = try [part, shuffled].map { data in
      try run { setting in
        setting.data = data
        setting.options.classWeights = nil
        return true
      }
    }
    guard let real = runs[0]?.held, let control = runs[1]?.held else { return nil }
    return (real, control)
  }
}

/// The mean and the spread of each column.
private struct ColumnScale {
  private let mean: Tensor
  private let spread: Tensor

  init(_ numbers: Tensor) throws {
    mean = try numbers.reduce(.mean, axes: [0])
    let centred = try Tensor.apply(.subtract, numbers, mean)
    let variance = try Tensor.apply(.multiply, centred, centred).reduce(.mean, axes: [0])
    spread = try Tensor.apply(.add, Tensor.apply(.sqrt, variance), 1e-6)
  }

  func applied(to numbers: Tensor) throws -> Tensor {
    try Tensor.apply(.divide, Tensor.apply(.subtract, numbers, mean), spread)
      .cast(to: numbers.elementType)
  }
}

/// Ends a run after some seconds.
final class Deadline: TrainingDelegate {
  private let end: Double

  init(_ seconds: Double) { end = MonotonicClock.now() + seconds }

  var wantsToStop: Bool { MonotonicClock.now() > end }
  func trainingDidProgress(_ progress: TrainingProgress) {}
}
