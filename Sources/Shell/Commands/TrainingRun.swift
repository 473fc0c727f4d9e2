import Console
import Files
import Language
import Networks
import Plot
import Tensors

/// A training under way: shows how far it is, puts the network back however it ends, and brings it
/// to safety where the process ends with it.
final class TrainingRun: TrainingDelegate {
  private let context: CommandContext
  private let place: Place
  private let reporter: ProgressReporter
  private let showsProgress: Bool
  private let hooks: EpochHooks
  /// Nil where none are asked for, or nothing can be redrawn.
  private let curves: LiveCurves?
  /// Where the network is saved after each epoch.
  private var savePath: String?
  /// Where the measures of each epoch are written.
  private var log: TrainingLog?
  private var last: Progress?
  /// Whether something was said of how learning goes: one line is enough.
  private var hasTold = false
  private let start = MonotonicClock.now()

  init(_ context: CommandContext, place: Place) throws {
    self.context = context
    self.place = place
    let session = context.session
    // A training that goes on has the block and the condition that it was begun with.
    let isNew = context.has("data")
    hooks =
      isNew
      ? EpochHooks(context) : session.unfinishedHooks[place.description] ?? EpochHooks(context)
    session.unfinishedHooks[place.description] = nil
    savePath = try context.word("save")
    showsProgress = session.settings.showsProgress
    reporter = session.progressReporter(every: try context.integer("every") ?? 1)
    curves =
      try context.bool("live") ?? session.settings.drawsCurves ? LiveCurves(context, reporter) : nil
  }

  /// Trains to the end.
  ///
  /// - Returns: the last epoch's measures.
  func finish(_ trainer: Trainer) throws -> Value {
    if savePath == nil { savePath = trainer.options.savePath }
    log = try TrainingLog(context.word("log") ?? trainer.options.logPath)
    return try Termination.deferred {
      // Where nothing can be written any more, the process ends in the middle of a line.
      context.session.beforeEnding = { [self] cause in rescue(trainer, cause) }
      defer { context.session.beforeEnding = nil }
      do {
        return try run(trainer)
      } catch {
        if let signal = Termination.requested {
          rescue(trainer, signal)
        } else if case RuntimeError.interrupted = error, endsTheProcess {
          rescue(trainer, "Ctrl-C")
        } else if isLost(error) {
          // Where saving fails, the file of save= is of an earlier epoch.
          if error is DataError { savePath = nil }
          rescue(trainer, error is DataError ? "a failed save" : "an error")
        }
        throw error
      }
    }
  }

  private func run(_ trainer: Trainer) throws -> Value {
    let epochsBefore = trainer.epochsMeasured
    let outcome: TrainingOutcome
    let losses = PastMemory.losses
    trainer.remember()
    if place.isGlobal { context.session.lastTrained = place }
    do {
      outcome = try trainer.run(delegate: self)
    } catch {
      reporter.finish(nil)
      try place.write(.network(Box(NetworkValue(try trainer.finished()))))
      throw error
    }
    curves?.draw(trainer.history.after(epochsBefore), mustShow: true)
    reporter.finish(last)
    let network = try trainer.finished()
    try place.write(.network(Box(NetworkValue(network))))
    // The signal that stopped the training must not stop the saving, too.
    let isInterrupted = Interrupt.isRequested
    if isInterrupted { Interrupt.clear() }
    if let savePath, Termination.requested == nil {
      try NetworkFile.write(network, to: savePath)
    }
    if isInterrupted { Interrupt.request() }
    if PastMemory.losses != losses { context.noteForgotten(network, in: place) }
    try explain(outcome, trainer, network)
    if try context.bool("plot") ?? false { try context.drawHistory(network.history.record) }
    return row(outcome, network.history, from: epochsBefore)
  }

  /// Whether an error takes the network with it, in a script that it ends: memory that runs short, a
  /// disk that is full, and after a long training any error. At the prompt the variable has the
  /// network.
  private func isLost(_ error: any Error) -> Bool {
    guard endsTheProcess, !context.session.commandLine.keepsGoing else { return false }
    switch RuntimeError(error) {
    case .tensor(.outOfMemory), .tensor(.memoryRunsShort), .dataset: return true
    default: return MonotonicClock.now() - start > Self.longTraining
    }
  }

  /// Seconds of a training that nobody wants to repeat for a mistake in a block.
  private static let longTraining = 10.0

  /// Whether a statement that fails or is interrupted takes all variables with it.
  private var endsTheProcess: Bool {
    !context.session.isAtPrompt && !context.session.commandLine.isInteractive
  }

  /// Writes the network as it is into the state folder, and says so.
  private func rescue(_ trainer: Trainer, _ cause: String) {
    guard Ranks.isFirst else { return }
    // The signal that stopped the training must not stop the saving, too.
    Interrupt.clear()
    let progress = "epoch \(trainer.epoch) of \(trainer.options.epochs)"
    do {
      var network = try trainer.trained()
      network.unfinished = trainer.unfinished
      let reason = "\(cause) in \(progress)"
      let name = place.description
      var kept = savePath.flatMap {
        try? RescuedNetworks.keep(network, named: name, because: reason, at: $0)
      }
      if kept == nil { kept = try RescuedNetworks.keep(network, named: name, because: reason) }
      guard let (path, deleted) = kept else { return }
      context.note(
        "\(cause): \(place.description) is kept as it was in \(progress): "
          + "load \(RescuedNetworks.quoted(path)) as \(place.description)")
      if deleted > 0 {
        context.note("the oldest networks kept there are deleted: \(RescuedNetworks.kept) stay")
      }
    } catch {
      context.note("\(cause): \(place.description) could not be kept: \(error)")
    }
  }

  func trainingDidProgress(_ progress: TrainingProgress) {
    guard showsProgress else { return }
    let line = describe(progress)
    last = line
    if progress.isEpochEnd { reporter.finishStep(line) } else { reporter.update(line) }
  }

  func trainingDidEndEpoch(_ trainer: Trainer) throws -> Bool {
    try logEpoch(trainer)
    tellSymptom(of: trainer)
    curves?.draw(trainer.history.after(trainer.epochsMeasured))
    if hooks.isEmpty, savePath == nil { return false }
    var trained = try trainer.trained()
    trained.unfinished = trainer.unfinished
    do {
      if let savePath { try NetworkFile.write(trained, to: savePath) }
    } catch let error where RuntimeError(error).isInterruption {
      // The file is of the epoch before; what follows an interruption writes it anew.
      throw TensorError.interrupted
    }
    let network = Value.network(Box(NetworkValue(trained)))
    try place.write(network)
    return try hooks.run(
      [
        ("epoch", .number(Double(trainer.history.count - trainer.epochsMeasured))),
        ("net", network),
      ]
        + measures(of: trainer))
  }

  /// Says once what goes wrong with learning: when, where, why, and what to type.
  private func tellSymptom(of trainer: Trainer) {
    guard !hasTold, let symptom = trainer.symptom() else { return }
    hasTold = true
    reporter.clear()
    let advice = TrainingAdvice(
      net: place.description, data: trainer.dataName, options: trainer.options)
    context.note(
      "epoch \(trainer.history.count - trainer.epochsMeasured): " + symptom.words(advice))
  }

  /// What a block that runs after the epoch sees of its losses and scores. What is measured in
  /// other epochs alone (`every=`) is nan, as in the history, so that it can be compared; none
  /// stands for what this training never measures. An accuracy is there even where the task has
  /// none, so that a block may ask for it.
  private func measures(of trainer: Trainer) -> [(name: String, value: Value)] {
    let latest = trainer.history.latest
    let awaited =
      trainer.isValidated ? Set(latest.filter { !$0.value.isNaN }.map { "val_" + $0.name }) : []
    return latest.map { name, value in
      (name, value.isNaN && !awaited.contains(name) ? .none : .number(value))
    }
  }

  /// Steps are epochs, counted through all trainings of the network.
  private func logEpoch(_ trainer: Trainer) throws {
    guard let log, log.isOpen else { return }
    let history = trainer.history
    let epoch = history.count - trainer.epochsMeasured
    try log.write(
      history.series.map { ($0.name, $0.values.last) },
      rate: try trainer.rate(ofEpoch: max(0, epoch - 1)), step: history.count)
  }

  private func describe(_ progress: TrainingProgress) -> Progress {
    var figures: [(String, String)] = []
    for (prefix, measured) in [("", progress.measured), ("val_", progress.validation)] {
      // A task without classes has no accuracy, and says nothing of one.
      for measure in Measures.all where measure.isFollowed {
        guard let value = measured?[keyPath: measure.path], !value.isNaN else { continue }
        figures.append((prefix + measure.name, measure.text(value)))
      }
    }
    let done = progress.isEpochEnd ? progress.epoch : progress.epoch - 1
    return Progress(
      done: done, total: progress.epochs, unit: "epoch", figures: figures,
      elapsed: MonotonicClock.now() - start,
      speed: speed(progress.rowsPerSecond), secondsLeft: progress.secondsLeft)
  }

  private func speed(_ rows: Double) -> String {
    guard rows.isFinite, rows >= 1 else { return "" }
    return NumberForm.grouped(Int(min(rows, 1e12))) + " rows/s"
  }

  private func explain(
    _ outcome: TrainingOutcome, _ trainer: Trainer, _ network: Network
  ) throws {
    let best = outcome.restoredEpoch.map { epoch in
      "the weights of epoch \(epoch)"
        + (outcome.restoredLoss.map { " (val_loss \(NumberForm.loss($0)))" } ?? "") + " are back"
    }
    switch outcome.ending {
    case .finished, .ended: if let best { context.note(best) }
    case .stoppedEarly:
      let patience = trainer.options.patience ?? 0
      context.note(
        "stopped early at epoch \(outcome.epochs): val_loss has not improved in \(patience) "
          + (patience == 1 ? "measurement" : "measurements") + (best.map { "; " + $0 } ?? ""))
    case .interrupted(let epoch, let step):
      explainInterruption(epoch: epoch, step: step, trainer, network.history)
      throw RuntimeError.interrupted
    }
  }

  private func explainInterruption(
    epoch: Int, step: Int, _ trainer: Trainer, _ history: History
  ) {
    context.session.interruptIsExplained = true
    if !hooks.isEmpty { context.session.unfinishedHooks[place.description] = hooks }
    // The network goes to the state folder instead, which says so.
    if Termination.requested != nil { return }
    var reached =
      "interrupted in epoch \(epoch) of \(trainer.options.epochs), "
      + "step \(step) of \(trainer.stepsPerEpoch)"
    if let last = history.training.last {
      let known = Measures.all.filter { $0.isFollowed && !last[keyPath: $0.path].isNaN }
      reached +=
        ": " + known.map { "\($0.name) \($0.text(last[keyPath: $0.path]))" }.joined(separator: ", ")
    }
    // In a script that ends here the network goes to the state folder, too.
    if !endsTheProcess { reached += "\nall is kept: train \(place.description) goes on" }
    context.note(reached)
  }

  /// The last of what this training measured.
  private func row(_ outcome: TrainingOutcome, _ history: History, from first: Int) -> Value {
    var fields: [(String, Value)] = [("epochs", .number(Double(outcome.epochs)))]
    for series in history.series {
      if let value = series.values.dropFirst(first).last(where: { !$0.isNaN }) {
        fields.append((series.name, .number(value)))
      }
    }
    return .fields(fields + [("seconds", .number(outcome.seconds))])
  }

}

extension Measures.Measure {
  /// A value of it as people read it.
  func text(_ value: Double) -> String {
    switch unit {
    case .number: NumberForm.loss(value)
    case .share: NumberForm.percent(value)
    case .coefficient: NumberForm.fixed(value, 4)
    }
  }
}

extension Session {
  /// What shows how far a training is, where the terminal lets it.
  ///
  /// - Parameter every: where it cannot be redrawn, how many epochs share a line.
  func progressReporter(every: Int = 1) -> ProgressReporter {
    if audience.takesEvents {
      return ProgressReporter { [audience] progress in audience.follow(progress) }
    }
    return ProgressReporter(
      isInPlace: terminal.drawsProgress, paint: Paint(isOn: terminal.colorsErrors), every: every,
      write: { self.writeError($0) })
  }
}

extension CommandContext {
  /// The curves of a training, as a small chart.
  func drawHistory(_ history: Value) throws {
    let chart = try ChartBuilder(self, values: [(history, "history")]).chart()
    try show { [.chart(chart, height: 10)] }
  }
}
