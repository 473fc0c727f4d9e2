import Console
import Datasets
import Language
import Networks
import Tensors

/// A `minimize` under way: what it changes, and where it stands, so that it can go on after an
/// interruption.
final class MinimizeRun {
  let machine: Machine
  let gradient: LossGradient
  private let names: String
  /// The variables that it changes, where all are global.
  let variables: [String]?
  /// The command as it was written.
  let statement: String
  private let data: Rows?
  let options: TrainingOptions
  private let shared: SharedLoss
  private let hooks: EpochHooks
  private let drawsHistory: Bool
  /// Where the measures of each epoch are written; made when it begins.
  private var log: TrainingLog?
  var seed: UInt64
  private let epochs: Int
  var optimizer: Optimizer
  var state = State()

  /// Where a run stands.
  struct State {
    var epoch = 0
    var step = 0
    var lossSum = 0.0
    var rows = 0
    var losses: [Double] = []
    var validationLosses: [Double] = []
    var best: (loss: Double, epoch: Int, parameters: [Tensor])?
    var stale = 0
    /// What the loss of the latest step was measured of.
    var measured: [Tensor] = []
    var seconds = 0.0
    /// Whether it has come to its end, or was ended.
    var isOver = false
  }

  /// The rows of a run.
  private struct Rows {
    let train: Split
    let valid: Split?
    let batch: Int
    var all: [Split] { [train, valid].compactMap { $0 } }
    var steps: Int { (train.count + batch - 1) / batch }
  }

  /// What a run ended with.
  private enum Ending { case finished, stoppedEarly, ended, interrupted }

  init(_ context: CommandContext) throws {
    machine = context.machine
    var options = try TrainingSettings(context).options()
    options.savePath = try context.word("save")
    options.logPath = try context.word("log")
    self.options = options
    statement = MinimizeCheckpoint.statement(context.command)
    guard case .thunk(let loss)? = context.command.first("loss") else {
      throw RuntimeError.other("minimize needs an expression", hint: "minimize LOSS wrt NAMES")
    }
    let places = try Self.places(context)
    gradient = LossGradient(of: loss, at: places)
    shared = SharedLoss(gradient, machine)
    names = places.map(\.description).joined(separator: ", ")
    variables =
      places.allSatisfy { $0.isGlobal }
      ? places.map(\.rootName) : nil
    if options.savePath != nil, variables == nil {
      throw RuntimeError.other(
        "minimize: save= keeps global variables, and \(names) belongs to a function", hint: nil)
    }
    hooks = EpochHooks(context)
    drawsHistory = try context.bool("plot") ?? false
    optimizer = options.optimizer
    try options.optimizer.check()
    data = try context.has("data") ? Self.rows(context, options) : nil
    try Self.refuseRows(among: places, data)
    let steps = try context.count("steps")
    if data != nil, steps != nil {
      throw RuntimeError.other(
        "steps= is for an expression without data", hint: "with on, write epochs=")
    }
    epochs = steps ?? options.epochs
    if options.patience != nil, let data, data.valid == nil {
      throw TrainingError.patienceNeedsValidation
    }
    var generator = context.machine.random.generator
    seed = options.seed ?? generator.next()
    if try gradient.parameters().isEmpty, try !gradient.lacksParameters() {
      throw RuntimeError.other("\(names) holds no numbers that could change", hint: nil)
    }
  }

  private static func places(_ context: CommandContext) throws -> [Place] {
    let places = try context.command.all("names").map { input in
      try context.place(
        of: input,
        otherwise: .other(
          "minimize changes variables, and \(context.sourceText(input)) is none",
          hint: "give it a name first: m = …"))
    }
    for (position, place) in places.enumerated() {
      if let other = places[..<position].first(where: { $0.overlaps(place) }) {
        throw RuntimeError.other(
          "minimize: \(other.description) and \(place.description) are one, or one a part of the other",
          hint: "name each once")
      }
    }
    guard !places.isEmpty else {
      throw RuntimeError.other(
        "minimize needs the variables that it may change", hint: "write minimize LOSS wrt NAMES")
    }
    return places
  }

  /// Throws where a variable that is to change holds the rows of the data while it runs.
  private static func refuseRows(among places: [Place], _ data: Rows?) throws {
    let taken = RowVariables.names(holding: data?.all ?? [])
    guard let place = places.first(where: { $0.isGlobal && taken.contains($0.rootName) }) else {
      return
    }
    throw RuntimeError.other(
      "minimize: \(place.rootName) holds rows of the data here, so that it is no variable to change",
      hint: "give the variable another name")
  }

  private static func rows(_ context: CommandContext, _ options: TrainingOptions) throws -> Rows {
    let value = try context.requiredValue("data")
    let train: Split
    var valid: Split?
    if case .dataSet(let box) = value {
      train = box.content.train
      valid = box.content.valid.isEmpty ? nil : box.content.valid
    } else {
      train = try EvaluationData(value, slot: "data", context).split
    }
    guard !train.isEmpty else { throw TrainingError.noRows }
    switch options.batch {
    case .full: return Rows(train: train, valid: valid, batch: train.count)
    case .rows(let rows): return Rows(train: train, valid: valid, batch: min(rows, train.count))
    }
  }

  // MARK: running

  /// Runs to the end, or until it is interrupted.
  ///
  /// - Returns: the record of what was measured.
  func finish(_ context: CommandContext) throws -> Value {
    if log == nil { log = try TrainingLog(options.logPath) }
    let reporter = MinimizeProgress(context, epochs: epochs, isStepwise: data == nil)
    let start = MonotonicClock.now()
    let before = state.seconds
    let saved = RowVariables(machine, holding: data?.all ?? [])
    let ending: Ending
    do {
      defer {
        saved.restore()
        state.seconds = before + MonotonicClock.now() - start
      }
      ending = try run(reporter)
    } catch {
      reporter.finish()
      throw error
    }
    reporter.finish()
    if ending == .interrupted {
      try saveInterrupted()
      context.session.interruptIsExplained = true
      context.session.unfinishedMinimization = self
      context.note(
        "interrupted in \(reporter.unit) \(min(state.epoch + 1, epochs)) of \(epochs)"
          + (state.losses.last.map { ": loss \(NumberForm.loss($0))" } ?? "")
          + "\nall is kept: minimize goes on")
      throw RuntimeError.interrupted
    }
    try restoreBest(context, ending)
    state.isOver = true
    try save()
    let record = record
    if drawsHistory, case .record(let box) = record, let history = box.content["history"] {
      try context.drawHistory(history)
    }
    return record
  }

  private func run(_ reporter: MinimizeProgress) throws -> Ending {
    if try gradient.lacksParameters() {
      if let data { RowVariables.set(try data.train.rows(0..<data.batch), machine) }
      try gradient.complete()
    }
    while state.epoch < epochs {
      let rate = try optimizer.rate.rate(
        epoch: state.epoch, after: data?.valid == nil ? state.losses : state.validationLosses)
      do {
        guard try runEpoch(rate, reporter) else { return .interrupted }
        try endEpoch()
      } catch let error where RuntimeError(error).isInterruption {
        return .interrupted
      }
      reporter.epochDidEnd(state.epoch, state.losses.last, state.validationLosses.last)
      do {
        try log?.write(
          [("loss", state.losses.last), ("val_loss", state.validationLosses.last)], rate: rate,
          step: state.epoch)
        try save()
        if try Ranks.current.isEnd({ try hooks.run(measures) }) { return .ended }
      } catch let error where RuntimeError(error).isInterruption {
        return .interrupted
      }
      if let patience = options.patience, state.stale >= patience { return .stoppedEarly }
    }
    return .finished
  }

  /// The rest of an epoch's steps; false where a stop was asked for.
  private func runEpoch(_ rate: Double, _ reporter: MinimizeProgress) throws -> Bool {
    guard let data else {
      if try isStopDue() { return false }
      try takeStep(rate, nil)
      return true
    }
    var order = Array(0..<data.train.count)
    let isShuffled = options.shuffle && data.batch < data.train.count
    if isShuffled {
      var generator = RandomGenerator(
        seed: seed, stream: UInt64(truncatingIfNeeded: state.epoch))
      order = generator.permutation(data.train.count)
    }
    while state.step < data.steps {
      if try isStopDue() { return false }
      let range = state.step * data.batch..<min(data.train.count, (state.step + 1) * data.batch)
      let rows =
        isShuffled
        ? try data.train.selecting(Array(order[range])) : try data.train.rows(range)
      try takeStep(rate, augmented(rows))
      reporter.update(state.epoch, Double(state.step) / Double(data.steps), meanLoss)
    }
    return true
  }

  private func augmented(_ rows: Split) throws -> Split {
    guard let augmentation = options.augmentation else { return rows }
    let x = try augmentation.apply(
      rows.images ?? rows.x, seed: seed, epoch: state.epoch, step: state.step)
    return Split(
      x: try x.contiguous().reshaped(rows.x.shape.dimensions), y: rows.y, labels: rows.labels,
      imageDimensions: rows.imageDimensions, weights: rows.weights)
  }

  /// Writes the variables and where the run stands to the file of `save=`.
  func save() throws {
    guard let path = options.savePath else { return }
    try MinimizeCheckpoint.write(self, to: path)
  }

  private var meanLoss: Double { state.lossSum / Double(max(1, state.rows)) }

  /// Whether a stop was asked for: of any rank, where there are several.
  private func isStopDue() throws -> Bool {
    let ranks = Ranks.current
    if ranks.ranks == 1 { return Interrupt.isRequested }
    guard try ranks.isAgreed(Interrupt.isRequested) else { return false }
    Interrupt.request()
    return true
  }

  private func takeStep(_ rate: Double, _ split: Split?) throws {
    let isFirst = optimizer.state.steps == 0
    let rows = split?.count ?? 1
    var parameters = try gradient.parameters()
    if data == nil, options.patience != nil { state.measured = parameters }
    let found = try Ranks.current.together {
      try shared.evaluate(split, tellingCuts: isFirst)
    }
    try checkFinite(found.loss, found.gradients)
    try optimizer.update(&parameters, by: found.gradients, rate: rate)
    try gradient.write(parameters)
    state.lossSum += found.loss * Double(rows)
    state.rows += rows
    state.step += 1
  }

  private func checkFinite(_ loss: Double, _ gradients: [Tensor]) throws {
    let isFinite =
      try loss.isFinite && gradients.allSatisfy { try $0.reduce(.sum).item?.isFinite ?? false }
    if isFinite { return }
    let place =
      data.map { "epoch \(state.epoch + 1), step \(state.step + 1) of \($0.steps)" }
      ?? "step \(state.epoch + 1)"
    throw RuntimeError.other(
      loss.isFinite
        ? "a gradient became nan or infinite in \(place): \(names) stays as it was before"
        : "the loss became \(loss.displayed) in \(place): \(names) stays as it was before",
      hint: "a smaller rate often helps; explain nan tells where it was born")
  }

  private func endEpoch() throws {
    var measured = Double.nan
    if let valid = data?.valid,
      (state.epoch + 1) % options.every == 0 || state.epoch + 1 == epochs
    {
      measured = try validationLoss(valid)
    }
    state.losses.append(meanLoss)
    if data?.valid != nil { state.validationLosses.append(measured) }
    state.epoch += 1
    (state.step, state.lossSum, state.rows) = (0, 0, 0)
    guard options.patience != nil else { return }
    let judged = data == nil ? state.losses.last ?? .nan : measured
    if judged.isNaN { return }
    if judged < state.best?.loss ?? .infinity {
      state.best = (
        judged, state.epoch, data == nil ? state.measured : try gradient.parameters()
      )
      state.stale = 0
    } else {
      state.stale += 1
    }
  }

  /// The loss on all rows to validate on, in pieces that are averaged by their rows.
  private func validationLoss(_ valid: Split) throws -> Double {
    let piece = max(data?.batch ?? 0, 1024)
    let pieces = stride(from: 0, to: valid.count, by: piece).map {
      $0..<min(valid.count, $0 + piece)
    }
    let losses = try Ranks.current.together {
      try shared.losses(pieces.count) { number in
        RowVariables.set(try valid.rows(pieces[number]), machine)
        return try gradient.value()
      }
    }
    return zip(losses, pieces).reduce(0) { $0 + $1.0 * Double($1.1.count) } / Double(valid.count)
  }

  private var measures: [(name: String, value: Value)] {
    func number(_ values: [Double]) -> Value { values.last.map { .number($0) } ?? .none }
    return [
      ("epoch", .number(Double(state.epoch))), ("loss", number(state.losses)),
      ("val_loss", number(state.validationLosses)),
    ]
  }

  // MARK: the end

  /// The signal that stopped the run must not stop the saving, too.
  private func saveInterrupted() throws {
    Interrupt.clear()
    defer { Interrupt.request() }
    try save()
  }

  /// Whether there is nothing to go on with.
  var isAtEnd: Bool {
    state.isOver || state.epoch >= epochs || options.patience.map { state.stale >= $0 } ?? false
  }

  private func restoreBest(_ context: CommandContext, _ ending: Ending) throws {
    var text = ""
    if ending == .stoppedEarly {
      text = "stopped early: the loss has not improved \(options.patience ?? 0) times"
    }
    if let best = state.best, data == nil || best.epoch < state.epoch {
      try gradient.write(best.parameters)
      text +=
        (text.isEmpty ? "" : "; ") + "\(names) is back as it was "
        + (data == nil ? "before step " : "after epoch ")
        + "\(best.epoch) (loss \(NumberForm.loss(best.loss)))"
    }
    if !text.isEmpty { context.note(text) }
  }

  private var record: Value {
    func list(_ numbers: [Double]) -> Value { .items(numbers.map { .number($0) }) }
    var fields: [(String, Value)] = [
      (data == nil ? "steps" : "epochs", .number(Double(state.epoch)))
    ]
    if let loss = state.losses.last { fields.append(("loss", .number(loss))) }
    if let loss = state.validationLosses.last(where: { !$0.isNaN }) {
      fields.append(("val_loss", .number(loss)))
    }
    fields.append(("seconds", .number(state.seconds)))
    var history = [("loss", list(state.losses))]
    if data?.valid != nil { history.append(("val_loss", list(state.validationLosses))) }
    return .fields(fields + [("history", .fields(history))])
  }
}
