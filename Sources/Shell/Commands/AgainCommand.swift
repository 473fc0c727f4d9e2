import Console
import Language
import Networks
import Tensors

extension Command {
  /// What a training that is compared with another may have otherwise than it.
  static let comparedOptions: [Argument] =
    [
      .option(
        "epochs", .integer, default: .computed("as before"),
        misnomers: ["n_epochs", "num_epochs", "iterations", "max_iter"], "times through the data")
    ]
    + stepOptions.map { option in
      .option(
        option.parameter.name, option.parameter.kind, default: .computed("as before"),
        words: option.words, misnomers: option.misnomers, option.parameter.summary)
    }

  static let again = Command(
    "again", "trains once more from the same start, with something changed, and compares",
    details: """
      A copy of the network, as it was before its last train, is trained on the same data in the same \
      order of the rows, with the options that are given in place of the old ones. The network itself \
      stays as it is; the copy is in the value, as net.
      """,
    arguments: [
      .slot(
        "net", after: "of", .network, default: .computed("the one that was trained last"),
        "the variable that holds the network")
    ] + comparedOptions,
    result: "a record {net, loss, …, before}",
    examples: [
      .init(
        """
        d = dataset([[0, 1], [1, 0], [0, 2], [2, 0]], [0, 1, 0, 1])
        net = dense(2, 2) |> softmax
        train net on d epochs=3 rate=0.1
        r = again rate=0.5
        r.loss < r.before.loss
        """, "true")
    ],
    seeAlso: ["compare", "diff", "at", "train"]
  ) { context in
    let place = try context.has("net") ? context.place("net") : context.session.lastTrained
    guard let place else {
      throw RuntimeError.other(
        "no network has been trained yet", hint: "train net on DATA, then again rate=0.05")
    }
    let changes = context.command.inputs.filter { $0.slot != "net" }
    guard !changes.isEmpty else {
      throw RuntimeError.other(
        "again needs something to change", hint: "write again rate=0.05, or again seed=2")
    }
    guard let before = try context.network(in: place).past?.lastBeginning else {
      throw RuntimeError.other(
        "the last training of \(place.description) is not kept: it cannot be begun again",
        hint: "it was in another session, or larger than set past allows")
    }
    let settings = TrainingSettings(context, over: before.options)
    var options = try settings.options()
    if context.has("only") || context.has("freeze") {
      options.frozen = try settings.frozen(of: before.network)
    }
    let result = try context.trainCopy(before.network, on: before.data, options)
    let words = changes.map { "\($0.slot)=\(context.sourceText($0.input))" }
    let comparison = RunComparison(before.history, result.history)
    context.print(
      comparison.table(["as it was", words.joined(separator: " ")])
        .lines(width: context.width, paint: context.paint))
    return .fields(
      [("net", .network(Box(NetworkValue(result.network))))] + comparison.fields(of: result.history)
        + [("before", .fields(comparison.fields(of: before.history)))])
  }
}

extension CommandContext {
  /// Trains a network that nobody else sees.
  ///
  /// - Returns: it, and what this training measured.
  func trainCopy(
    _ network: Network, on data: TrainingData, _ options: TrainingOptions
  ) throws -> (network: Network, history: History) {
    // A training of no epochs never looks.
    try Interrupt.check()
    var options = options
    options.savePath = nil
    options.logPath = nil
    let trainer = try Trainer(network, data: data, options: options)
    let outcome = try trainer.run(delegate: CopyProgress(self))
    if case .interrupted = outcome.ending {
      session.interruptIsExplained = true
      note("interrupted: the network is as it was")
      throw RuntimeError.interrupted
    }
    return (try trainer.trained(), trainer.history.after(trainer.epochsMeasured))
  }
}

/// The last measures of two trainings side by side.
private struct RunComparison {
  private let rows: [(series: History.Series, before: Double, after: Double)]

  init(_ before: History, _ after: History) {
    rows = zip(before.allSeries, after.allSeries).compactMap { old, new in
      let values = [old, new].map { $0.values.last { !$0.isNaN } ?? .nan }
      guard old.measure.isFollowed, values.contains(where: { !$0.isNaN }) else { return nil }
      return (new, values[0], values[1])
    }
  }

  func table(_ headers: [String]) -> Table {
    var table = Table([("", .left)] + headers.map { ($0, .right) } + [("difference", .right)])
    for (series, before, after) in rows {
      let unit = series.measure
      let difference = after - before
      table.append([
        series.name, unit.text(before), unit.text(after),
        (difference < 0 ? "-" : "+") + unit.text(abs(difference)),
      ])
    }
    return table
  }

  /// The last of each measure.
  func fields(of history: History) -> [(String, Value)] {
    history.allSeries.compactMap { series in
      series.values.last { !$0.isNaN }.map { (series.name, .number($0)) }
    }
  }
}
