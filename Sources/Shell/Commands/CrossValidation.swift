import Console
import Language
import Networks
import Platform
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
    let ranks = Ranks.current
    // Ranks take folds in turn, each the whole of one.
    let owners = parts.indices.map { $0 % ranks.ranks }
    var own: [Result] = []
    for held in parts.indices where owners[held] == ranks.rank {
      let chosen = parts.indices.filter { $0 != held }.flatMap { parts[$0] }
      own.append(try train(on: data.selecting(chosen, validating: parts[held]), fold: held + 1))
      if ranks.ranks == 1 { show(own[held], of: held) }
    }
    let results = try gathered(own, owners)
    if ranks.ranks > 1 { for held in parts.indices { show(results[held], of: held) } }
    if network.history.count > 0 {
      context.note(
        "the network had been trained before: where it has seen these rows, the folds are no test; "
          + "reset it first")
    }
    return summary(results, seconds: MonotonicClock.now() - start)
  }

  /// The last of each measure, in the order of `History.allSeries`; nan for none.
  private typealias Result = [Double]

  /// The results of all ranks, in the order of the folds.
  private func gathered(_ own: [Result], _ owners: [Int]) throws -> [Result] {
    let width = History().allSeries.count
    let ranks = Ranks.current
    let counts = (0..<ranks.ranks).map { rank in owners.count { $0 == rank } * width }
    let all = try ranks.gathered(own.flatMap { $0 }, counts: counts)
    return owners.indices.map { fold in
      let start = fold / ranks.ranks * width
      return Array(all[owners[fold]][start..<start + width])
    }
  }

  private func show(_ result: Result, of held: Int) {
    context.print("fold \(held + 1) of \(folds)  " + line(result))
  }

  private func train(on data: TrainingData, fold: Int) throws -> Result {
    let trainer = try Trainer(
      network, data: data, options: options, exchange: Alone(isShared: Ranks.current.isShared))
    let before = trainer.epochsMeasured
    let outcome = try trainer.run(delegate: CopyProgress(context))
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
    return history.allSeries.map { $0.values.last { !$0.isNaN } ?? .nan }
  }

  /// The rows of each part: random ones, of each class as equally many as can be.
  private func parts() -> [[Int]] {
    var generator = RandomGenerator(
      seed: options.seed ?? network.seed, stream: UInt64.max - 1)
    var order = generator.permutation(data.rows)
    let columns = data.targets.shape.dimensions.dropFirst().reduce(1, *)
    if TargetKind(data.targets) == .oneHot, data.targets.rank == 2 {
      let labels = data.targets.largestColumns(of: columns)
      var classes = [[Int]](repeating: [], count: columns)
      for row in order { classes[labels[row]].append(row) }
      order = classes.flatMap { $0 }
    }
    var parts = [[Int]](repeating: [], count: folds)
    for (place, row) in order.enumerated() { parts[place % folds].append(row) }
    return parts
  }

  /// What was measured, by its name.
  private func measured(_ result: Result) -> [(series: History.Series, value: Double)] {
    Array(zip(History().allSeries, result)).filter { !$0.1.isNaN }
  }

  private func line(_ result: Result) -> String {
    measured(result).filter(\.series.measure.isFollowed)
      .map { "\($0.series.name) \($0.series.measure.text($0.value))" }.joined(separator: "  ")
  }

  private func summary(_ results: [Result], seconds: Double) -> Value {
    var fields: [(String, Value)] = [("folds", .number(Double(folds)))]
    var deviations: [(String, Value)] = []
    var words: [String] = []
    let measured = results.map(measured)
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
    context.say("mean of \(folds)  " + words.joined(separator: "  "))
    return .fields(
      fields + [("deviations", .fields(deviations)), ("seconds", .number(seconds))])
  }
}

/// Shows how far the training of a copy is, where progress is drawn in place.
final class CopyProgress: TrainingDelegate {
  private let reporter: ProgressReporter
  private let isShown: Bool
  private let start = MonotonicClock.now()

  init(_ context: CommandContext) {
    let session = context.session
    isShown =
      session.settings.showsProgress
      && (session.terminal.drawsProgress || session.audience.takesEvents)
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
