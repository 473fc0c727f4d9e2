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
  /// Where the network is saved after each epoch.
  private let savePath: String?
  private var last: Progress?
  private let start = MonotonicClock.now()

  init(_ context: CommandContext, place: Place) throws {
    self.context = context
    self.place = place
    let session = context.session
    hooks = EpochHooks(context)
    savePath = try context.word("save")
    showsProgress = session.settings.showsProgress
    reporter = session.progressReporter(every: try context.integer("every") ?? 1)
  }

  /// Trains to the end.
  ///
  /// - Returns: the last epoch's measures.
  func finish(_ trainer: Trainer) throws -> Value {
    try Termination.deferred {
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
          rescue(trainer, "an error")
        }
        throw error
      }
    }
  }

  private func run(_ trainer: Trainer) throws -> Value {
    let epochsBefore = trainer.epochsMeasured
    let outcome: TrainingOutcome
    do {
      outcome = try trainer.run(delegate: self)
    } catch {
      reporter.finish(nil)
      try place.write(.network(Box(NetworkValue(try trainer.trained()))))
      throw error
    }
    reporter.finish(last)
    let network = try trainer.trained()
    try place.write(.network(Box(NetworkValue(network))))
    try explain(outcome, trainer, network)
    if try context.bool("plot") ?? false { try context.drawHistory(network.history.record) }
    return row(outcome, network.history, from: epochsBefore)
  }

  /// Whether an error takes the network with it: one that is no mistake of the person's, in a
  /// script that it ends. At the prompt the variable has the network.
  private func isLost(_ error: any Error) -> Bool {
    guard endsTheProcess, !context.session.commandLine.keepsGoing else { return false }
    switch error {
    case TensorError.outOfMemory, TensorError.memoryRunsShort: return true
    default: return false
    }
  }

  /// Whether a statement that fails or is interrupted takes all variables with it.
  private var endsTheProcess: Bool {
    !context.session.isAtPrompt && !context.session.commandLine.isInteractive
  }

  /// Writes the network as it is into the state folder, and says so.
  private func rescue(_ trainer: Trainer, _ cause: String) {
    // The signal that stopped the training must not stop the saving, too.
    Interrupt.clear()
    let progress = "epoch \(trainer.epoch) of \(trainer.options.epochs)"
    do {
      let (path, deleted) = try RescuedNetworks.keep(
        trainer.trained(), named: place.description, because: "\(cause) in \(progress)")
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
    if hooks.isEmpty, savePath == nil { return false }
    let trained = try trainer.trained()
    if let savePath {
      let isWhole = NetworkFile.holdsTraining(savePath)
      let (tensors, notes) = try NetworkFile.contents(
        of: trained, inAnyCase: !isWhole, withTraining: isWhole)
      try FileWriter.write(.parameters(tensors, notes: notes), to: savePath)
    }
    let network = Value.network(Box(NetworkValue(trained)))
    try place.write(network)
    let history = trainer.history
    func number(_ values: [Double]) -> Value {
      values.last.flatMap { $0.isNaN ? nil : .number($0) } ?? .none
    }
    return try hooks.run([
      ("epoch", .number(Double(history.count - trainer.epochsMeasured))), ("net", network),
      ("loss", number(history.loss)), ("accuracy", number(history.accuracy)),
      ("val_loss", number(history.validationLoss)),
      ("val_accuracy", number(history.validationAccuracy)),
    ])
  }

  private func describe(_ progress: TrainingProgress) -> Progress {
    var figures = [("loss", NumberForm.loss(progress.loss))]
    func add(_ name: String, _ value: Double?, _ form: (Double) -> String) {
      // A task without classes has no accuracy, and says nothing of one.
      if let value, !value.isNaN { figures.append((name, form(value))) }
    }
    add("accuracy", progress.accuracy, NumberForm.percent)
    add("val_loss", progress.validationLoss, NumberForm.loss)
    add("val_accuracy", progress.validationAccuracy, NumberForm.percent)
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
    // The network goes to the state folder instead, which says so.
    if Termination.requested != nil { return }
    var reached =
      "interrupted in epoch \(epoch) of \(trainer.options.epochs), "
      + "step \(step) of \(trainer.stepsPerEpoch)"
    if let loss = history.loss.last, let accuracy = history.accuracy.last {
      reached += ": loss \(NumberForm.loss(loss))"
      if !accuracy.isNaN { reached += ", accuracy \(NumberForm.percent(accuracy))" }
    }
    // In a script that ends here the network goes to the state folder, too.
    if !endsTheProcess { reached += "\nall is kept: train \(place.description) goes on" }
    context.note(reached)
  }

  /// The last of what this training measured.
  private func row(_ outcome: TrainingOutcome, _ history: History, from first: Int) -> Value {
    var fields: [(String, Value)] = [("epochs", .number(Double(outcome.epochs)))]
    let measures = [
      ("loss", history.loss), ("accuracy", history.accuracy),
      ("val_loss", history.validationLoss), ("val_accuracy", history.validationAccuracy),
    ]
    for (name, values) in measures {
      if let value = values.dropFirst(first).last(where: { !$0.isNaN }) {
        fields.append((name, .number(value)))
      }
    }
    return .fields(fields + [("seconds", .number(outcome.seconds))])
  }

}

extension Session {
  /// What shows how far a training is, where the terminal lets it.
  ///
  /// - Parameter every: where it cannot be redrawn, how many epochs share a line.
  func progressReporter(every: Int = 1) -> ProgressReporter {
    ProgressReporter(
      isInPlace: terminal.drawsProgress, paint: Paint(isOn: terminal.colorsErrors), every: every,
      write: { self.writeError($0) })
  }
}

extension CommandContext {
  /// The curves of a training, as a small chart.
  func drawHistory(_ history: Value) throws {
    let chart = try ChartBuilder(self, values: [(history, "history")]).chart()
    print(chart.lines(width: width, height: 10, paint: paint, style: session.settings.dots))
  }
}
