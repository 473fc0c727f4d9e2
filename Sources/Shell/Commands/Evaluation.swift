import Console
import Datasets
import Glibc
import Language
import Networks
import Tensors

/// Examples to measure a network on.
struct EvaluationData {
  let split: Split
  /// The classes' names, where the data set that the split came from is known.
  let names: [String]

  /// - Parameters:
  ///   - value: a split, a data set (its test part, or else its training part), or a record with
  ///     `x` and `y`.
  ///   - context: the command, whose source may name the data set.
  init(_ value: Value, slot: String, _ context: CommandContext) throws {
    switch value {
    case .split(let box):
      split = box.content
      names = Self.names(slot, context)
    case .dataSet(let box):
      let set = box.content
      split = set.test.isEmpty ? set.train : set.test
      names = set.names
    case .record(let box):
      guard let x = try box.content["x"]?.asTensor(), let y = try box.content["y"]?.asTensor()
      else {
        throw context.mismatch(slot, "a split, a data set or a record with x and y", value)
      }
      // Targets of several axes, as images or the steps of a sequence, are taken as they are.
      split =
        y.rank > 2 && x.rank >= 2 && x.shape[0] == y.shape[0]
        ? Split(x: x, y: y, labels: nil, imageDimensions: [])
        : try DataSet(x: x, y: y).train
      names = Showing.strings(box.content["names"])
    default: throw context.mismatch(slot, "a split, a data set or a record with x and y", value)
    }
  }

  /// The names of the data set whose field the argument is: `letters.test`.
  private static func names(_ slot: String, _ context: CommandContext) -> [String] {
    guard case .thunk(let thunk) = context.command.first(slot),
      case .field(let owner, _) = thunk.expression.kind, case .name(let name) = owner.kind,
      case .dataSet(let box)? = context.machine.globals[name]
    else { return [] }
    return box.content.names
  }

  /// What a class is called.
  func name(of index: Int) -> String { names.indices.contains(index) ? names[index] : "\(index)" }
}

extension Network {
  /// The network's measures on a split, whose rows convolutions take as images.
  func measured(on split: Split) throws -> Measurement {
    try NotFiniteData.check(split.x, "inputs")
    try NotFiniteData.check(split.y, "targets")
    return try measured(split.inputs(for: self), split.y)
  }
}

extension Split {
  /// The examples as the network takes them: images, or rows of numbers.
  func inputs(for network: Network) -> Tensor {
    guard let images else { return x }
    if network.takesImages { return images }
    // Sequences, too, come flat and with their axes, steps × features: what the network takes goes in.
    func fits(_ inputs: Tensor) -> Bool {
      (try? network.outputShape(for: Array(inputs.shape.dimensions.dropFirst()))) != nil
    }
    return !fits(x) && fits(images) ? images : x
  }
}

extension Command {
  static let test = Command(
    "test", "measures a network: its loss and the scores that fit the task",
    details: """
      Of a data set the test part is taken. The loss is the one that the network was trained with. \
      Classes are scored by accuracy and a table; its record has confusion (rows are the true \
      classes, columns the predicted ones) and names. Several yes or no a row are scored one by \
      one. Numbers have no accuracy, but r2 (the part of the targets' variance that is explained) \
      and mae (the mean absolute error).
      """,
    arguments: [
      .slot("net", .network, "the network"),
      .slot("split", after: "on", .split, "the examples"),
    ],
    result: "record {loss, accuracy, confusion, names}, or {loss, r2, mae}",
    examples: [
      .init(
        """
        d = dataset([[0, 1], [1, 0], [0, 2], [2, 0]], [0, 1, 0, 1], names=["up", "right"])
        net = dense(2, 2) |> softmax
        net.W1 = [[-1, 1], [1, -1]]
        test net on d.train
        """,
        """
        loss 0.0725   accuracy 100.00%   4 examples
        class  examples  precision  recall  most often taken for
        up            2     100.0%  100.0%
        right         2     100.0%  100.0%
        """)
    ],
    seeAlso: ["train", "show", "accuracy"]
  ) { context in
    let network = try context.network("net")
    let data = try EvaluationData(context.requiredValue("split"), slot: "split", context)
    guard !data.split.isEmpty else {
      throw RuntimeError.other(
        "there are no examples to test on: the split is empty", hint: nil)
    }
    return try Evaluation(network, data, context).report()
  }
}

/// A network's measures on some examples, as `test` shows them.
private struct Evaluation {
  private let data: EvaluationData
  private let context: CommandContext
  private let measured: Measurement

  init(_ network: Network, _ data: EvaluationData, _ context: CommandContext) throws {
    self.data = data
    self.context = context
    measured = try network.measured(on: data.split)
  }

  func report() throws -> Value {
    var line = "loss \(NumberForm.loss(measured.loss))"
    var fields: [(String, Value)] = [("loss", .number(measured.loss))]
    func add(_ name: String, _ field: String, _ value: Double, _ text: String) {
      guard !value.isNaN else { return }
      line += "   \(name) \(text)"
      fields.append((field, .number(value)))
    }
    if let accuracy = measured.accuracy {
      add("accuracy", "accuracy", accuracy, NumberForm.fixed(100 * accuracy, 2) + "%")
      if measured.targets.rank > 2, measured.lossKind == .crossEntropy {
        let perplexity = exp(measured.loss)
        add("perplexity", "perplexity", perplexity, NumberForm.loss(perplexity))
      }
    } else if measured.task == .numbers {
      let (determination, error) = (measured.determination, measured.meanAbsoluteError)
      add("R²", "r2", determination, NumberForm.fixed(determination, 4))
      add("MAE", "mae", error, NumberForm.loss(error))
    }
    context.print(line + "   \(data.split.count) examples")
    let bad = try measured.predictions.guardedDoubles().count { !$0.isFinite }
    if bad > 0 {
      context.note(
        "\(bad) of the network's outputs are not finite: so are the loss and what follows from it; "
          + "look at its weights, as any(isnan(net.W1))")
      return .fields(fields)
    }
    guard measured.task == .classes || measured.task == .binary else { return .fields(fields) }
    if measured.targets.rank > 2 { return .fields(fields) }
    let confusion = try Metrics.confusion(
      targets: measured.targets, predictions: measured.predictions)
    context.print(try classTable(confusion).lines(width: context.width, paint: context.paint))
    let classes = confusion.shape.dimensions.first ?? 0
    return .fields(
      fields + [
        ("confusion", Value(confusion)),
        ("names", .items((0..<classes).map { .text(data.name(of: $0)) })),
      ])
  }

  /// Precision is the share of the predictions of a class that are right, recall the share of the
  /// class that was found.
  private func classTable(_ tensor: Tensor) throws -> Table {
    var table = Table([
      ("class", .left), ("examples", .right), ("precision", .right), ("recall", .right),
      ("most often taken for", .left),
    ])
    let counts = try tensor.guardedDoubles()
    let size = tensor.shape.dimensions.first ?? 0
    for row in 0..<size {
      let truths = (0..<size).map { counts[row * size + $0] }
      let predicted = (0..<size).reduce(0) { $0 + counts[$1 * size + row] }
      let total = truths.reduce(0, +)
      let wrong = truths.enumerated().filter { $0.offset != row && $0.element > 0 }
      let worst = wrong.max { ($0.element, -$0.offset) < ($1.element, -$1.offset) }
      table.append([
        data.name(of: row), total.displayed, Self.share(truths[row], predicted),
        Self.share(truths[row], total),
        worst.map { "\(data.name(of: $0.offset)) (\($0.element.displayed))" } ?? "",
      ])
    }
    return table
  }

  private static func share(_ part: Double, _ whole: Double) -> String {
    whole > 0 ? NumberForm.percent(part / whole) : "-"
  }
}

/// The examples that a network is most certain and most wrong about.
struct Mistakes {
  private let context: CommandContext
  private let data: EvaluationData
  private let mistakes: [Metrics.Mistake]

  init(_ context: CommandContext) throws {
    self.context = context
    guard context.has("net"), context.has("split") else {
      throw RuntimeError.other(
        "mistakes of which network, on what?", hint: "write show mistakes of NET on SPLIT")
    }
    let network = try context.network("net")
    data = try EvaluationData(context.requiredValue("split"), slot: "split", context)
    let measured = try network.measured(on: data.split)
    guard measured.task == .classes || measured.task == .binary else {
      throw RuntimeError.other(
        measured.task == .labels
          ? "mistakes need one class a row, and these rows hold several zeros and ones"
          : "mistakes need classes, and the targets are numbers to predict", hint: nil)
    }
    mistakes = try Metrics.mistakes(
      targets: measured.targets, predictions: measured.predictions)
  }

  /// Pictures with what they are and were taken for; rows of a table where there are no images.
  func lines(count: Int?) throws -> [String] {
    let share = NumberForm.percent(Double(mistakes.count) / Double(max(1, data.split.count)))
    let heading = "\(mistakes.count) of \(data.split.count) are wrong (\(share))"
    let shown = Array(mistakes.prefix(count ?? 12))
    guard !shown.isEmpty else { return [heading] }
    let captions = shown.map { mistake in
      "\(data.name(of: mistake.truth))→\(data.name(of: mistake.guess)) "
        + NumberForm.percent(mistake.confidence)
    }
    let rows = try data.split.selecting(shown.map(\.row))
    guard let images = rows.images else {
      return [heading] + zip(shown, captions).map { "example \($0.row)  \($1)" }
    }
    return [heading]
      + (try Showing(context, count: count).gallery(images) { captions[$0] })
  }
}
