import Console
import Glibc
import Language
import Networks
import Tensors

/// `train … folds=5`: copies of a network, each trained on all rows but one part and validated on
/// that part. The network itself stays as it is.
struct CrossValidation {
  private let context: CommandContext
  private let network: Network
  private let data: TrainingData
  private let options: TrainingOptions
  private let folds: Int

  /// - Throws: where there are fewer rows than folds, or an option belongs to a single training.
  init(
    _ context: CommandContext, _ network: Network, _ data: TrainingData,
    _ options: TrainingOptions, folds: Int
  ) throws {
    self.context = context
    self.network = network
    self.data = data
    self.options = options
    self.folds = folds
    guard folds >= 2, folds <= data.rows else {
      throw RuntimeError.other(
        "folds= cannot be \(folds): there are \(data.rows) rows, and at least 2 parts", hint: nil)
    }
    for option in ["save", "log", "block", "until", "plot"] where context.has(option) {
      throw RuntimeError.other(
        "\(option == "block" ? "each { … }" : option + "=") belongs to one training, and folds= "
          + "makes \(folds), of copies", hint: "leave one of the two out")
    }
  }

  /// Trains on all parts but one, in turn.
  ///
  /// - Returns: the means and standard deviations of what the folds measured.
  func run() throws -> Value {
    let start = MonotonicClock.now()
    let parts = parts()
    var results: [History] = []
    for held in parts.indices {
      let chosen = parts.indices.filter { $0 != held }.flatMap { parts[$0] }
      let history = try train(on: data.selecting(chosen, validating: parts[held]), fold: held + 1)
      results.append(history)
      context.print("fold \(held + 1) of \(folds)  " + line(history))
    }
    if network.history.count > 0 {
      context.note(
        "the network had been trained before: where it has seen these rows, the folds are no test; "
          + "reset it first")
    }
    return summary(results, seconds: MonotonicClock.now() - start)
  }

  private func train(on data: TrainingData, fold: Int) throws -> History {
    let trainer = try Trainer(network, data: data, options: options)
    let before = trainer.epochsMeasured
    let outcome = try trainer.run(delegate: FoldProgress(context, fold: fold, of: folds))
    if case .interrupted = outcome.ending {
      context.session.interruptIsExplained = true
      context.note("interrupted in fold \(fold) of \(folds): the network is as it was")
      throw RuntimeError.interrupted
    }
    // Where the best weights came back, their measures count.
    let count = outcome.restoredEpoch ?? outcome.epochs
    var history = trainer.history
    history.training = Array(history.training.dropFirst(before).prefix(count))
    history.validation = Array(history.validation.dropFirst(before).prefix(count))
    return history
  }

  /// The rows of each part: random ones, of each class as equally many as can be.
  private func parts() -> [[Int]] {
    var generator = RandomGenerator(
      seed: options.seed ?? network.seed, stream: UInt64.max - 1)
    var order = generator.permutation(data.rows)
    let columns = data.targets.shape.dimensions.dropFirst().reduce(1, *)
    if TargetKind(data.targets) == .oneHot, data.targets.rank == 2 {
      let values = data.targets.doubles()
      func label(_ row: Int) -> Int {
        (0..<columns).first { values[row * columns + $0] == 1 } ?? 0
      }
      var classes = [[Int]](repeating: [], count: columns)
      for row in order { classes[label(row)].append(row) }
      order = classes.flatMap { $0 }
    }
    var parts = [[Int]](repeating: [], count: folds)
    for (place, row) in order.enumerated() { parts[place % folds].append(row) }
    return parts
  }

  /// The last of each measure.
  private func last(_ history: History) -> [(series: History.Series, value: Double)] {
    history.series.compactMap { series in
      series.values.last { !$0.isNaN }.map { (series, $0) }
    }
  }

  private func line(_ history: History) -> String {
    last(history).filter(\.series.measure.isFollowed)
      .map { "\($0.series.name) \($0.series.measure.text($0.value))" }.joined(separator: "  ")
  }

  private func summary(_ results: [History], seconds: Double) -> Value {
    var fields: [(String, Value)] = [("folds", .number(Double(folds)))]
    var deviations: [(String, Value)] = []
    var words: [String] = []
    let measured = results.map(last)
    for (series, _) in measured.first ?? [] {
      let values = measured.compactMap { $0.first { $0.series.name == series.name }?.value }
      guard values.count == folds else { continue }
      let mean = values.reduce(0, +) / Double(folds)
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      let deviation = sqrt(squares / Double(folds - 1))
      fields.append((series.name, .number(mean)))
      deviations.append((series.name, .number(deviation)))
      guard series.measure.isFollowed else { continue }
      words.append(
        "\(series.name) \(series.measure.text(mean)) ± \(series.measure.text(deviation))")
    }
    context.print("mean of \(folds)  " + words.joined(separator: "  "))
    return .fields(
      fields + [("deviations", .fields(deviations)), ("seconds", .number(seconds))])
  }
}

/// Shows how far a fold's training is, where progress is drawn in place.
private final class FoldProgress: TrainingDelegate {
  private let reporter: ProgressReporter
  private let isShown: Bool
  private let start = MonotonicClock.now()

  init(_ context: CommandContext, fold: Int, of count: Int) {
    isShown = context.session.settings.showsProgress && context.session.terminal.drawsProgress
    reporter = context.session.progressReporter()
  }

  func trainingDidProgress(_ progress: TrainingProgress) {
    guard isShown else { return }
    reporter.update(
      Progress(
        done: progress.isEpochEnd ? progress.epoch : progress.epoch - 1, total: progress.epochs,
        unit: "epoch", figures: [("loss", NumberForm.loss(progress.measured.loss))],
        elapsed: MonotonicClock.now() - start, secondsLeft: progress.secondsLeft))
    if progress.isEpochEnd, progress.epoch == progress.epochs { reporter.finish(nil) }
  }
}
