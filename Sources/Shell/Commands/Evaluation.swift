import Datasets
import Networks
import Runtime
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
      split = try DataSet(x: x, y: y).train
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
  /// The outputs for all examples, computed piece by piece to bound the memory.
  func predictions(for split: Split) throws -> Tensor {
    let rows = split.count
    let piece = 4096
    guard rows > piece else { return try forward(rows: split, 0..<rows) }
    let parts = try stride(from: 0, to: rows, by: piece).map { start in
      try forward(rows: split, start..<min(rows, start + piece))
    }
    return try Tensor.concatenate(parts, axis: 0)
  }

  private func forward(rows split: Split, _ range: Range<Int>) throws -> Tensor {
    // Convolutions take images, dense layers rows of numbers.
    let x = split.x
    if let shape = inputShape, shape.count > 1 {
      return try forward(x.rows(range).reshaped([range.count] + shape))
    }
    return try forward(x.rows(range))
  }
}

extension Command {
  static let test = Command(
    "test", "measures a network: loss, accuracy, a table of its classes",
    details: """
      Of a data set the test part is taken. The value is a record of loss, accuracy, confusion \
      (rows are the true classes, columns the predicted ones) and names.
      """,
    arguments: [
      .slot("net", .network, "the network"),
      .slot("split", after: "on", .split, "the examples"),
    ],
    result: "record {loss, accuracy, confusion, names}",
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

/// A network's measures on some examples.
private struct Evaluation {
  private let data: EvaluationData
  private let context: CommandContext
  private let predictions: Value
  private let targets: Value
  private let loss: Double
  private let isClassifier: Bool

  init(_ network: Network, _ data: EvaluationData, _ context: CommandContext) throws {
    self.data = data
    self.context = context
    predictions = Value(try network.predictions(for: data.split))
    targets = Value(data.split.y)
    let endsInSoftmax = network.layers.last?.description.hasPrefix("softmax") == true
    loss =
      try context.call(endsInSoftmax ? "cross_entropy" : "mse", targets, predictions)
      .asNumber() ?? .nan
    isClassifier = data.split.labels != nil && data.split.y.shape.dimensions.last ?? 0 > 1
  }

  func report() throws -> Value {
    guard isClassifier else {
      context.print("loss \(NumberForm.loss(loss))   \(data.split.count) examples")
      return .fields([("loss", .number(loss))])
    }
    let accuracy = try context.call("accuracy", targets, predictions).asNumber() ?? .nan
    let confusion = try context.call("confusion", targets, predictions)
    let measures =
      "loss \(NumberForm.loss(loss))   accuracy \(NumberForm.fixed(100 * accuracy, 2))%   "
      + "\(data.split.count) examples"
    context.print(measures)
    context.print(try classTable(confusion).lines(width: context.width, paint: context.paint))
    let classes = data.split.y.shape.dimensions.last ?? 0
    return .fields([
      ("loss", .number(loss)), ("accuracy", .number(accuracy)), ("confusion", confusion),
      ("names", .items((0..<classes).map { .text(data.name(of: $0)) })),
    ])
  }

  /// Precision is the share of the predictions of a class that are right, recall the share of the
  /// class that was found.
  private func classTable(_ confusion: Value) throws -> Table {
    var table = Table([
      ("class", .left), ("examples", .right), ("precision", .right), ("recall", .right),
      ("most often taken for", .left),
    ])
    guard let tensor = try confusion.asTensor() else { return table }
    let counts = tensor.doubles()
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
  private let predictions: Tensor

  init(_ context: CommandContext) throws {
    self.context = context
    guard context.has("net"), context.has("split") else {
      throw RuntimeError.other(
        "mistakes of which network, on what?", hint: "write show mistakes of NET on SPLIT")
    }
    let network = try context.network("net")
    data = try EvaluationData(context.requiredValue("split"), slot: "split", context)
    guard data.split.labels != nil else {
      throw RuntimeError.other(
        "mistakes need classes, and the targets are numbers to predict", hint: nil)
    }
    predictions = try network.predictions(for: data.split)
  }

  private struct Mistake {
    let row: Int
    let truth: Int
    let predicted: Int
    let certainty: Double
  }

  private func found() -> [Mistake] {
    let labels = data.split.labels?.doubles() ?? []
    let numbers = predictions.doubles()
    let classes = max(1, predictions.shape.dimensions.last ?? 1)
    var mistakes: [Mistake] = []
    for (row, label) in labels.enumerated() {
      let outputs = numbers[row * classes..<(row + 1) * classes]
      guard let best = outputs.indices.max(by: { outputs[$0] < outputs[$1] }),
        let truth = Int(exactly: label), best - row * classes != truth
      else { continue }
      mistakes.append(
        Mistake(
          row: row, truth: truth, predicted: best - row * classes, certainty: outputs[best]))
    }
    return mistakes.sorted { ($0.certainty, -$0.row) > ($1.certainty, -$1.row) }
  }

  /// Pictures with what they are and were taken for; rows of a table where there are no images.
  func lines(count: Int?) throws -> [String] {
    let mistakes = found()
    let share = NumberForm.percent(Double(mistakes.count) / Double(max(1, data.split.count)))
    let heading = "\(mistakes.count) of \(data.split.count) are wrong (\(share))"
    let shown = Array(mistakes.prefix(count ?? 12))
    guard !shown.isEmpty else { return [heading] }
    let captions = shown.map { mistake in
      "\(data.name(of: mistake.truth))→\(data.name(of: mistake.predicted)) "
        + NumberForm.percent(mistake.certainty)
    }
    let rows = try data.split.selecting(shown.map(\.row))
    guard let images = rows.images else {
      return [heading] + zip(shown, captions).map { "example \($0.row)  \($1)" }
    }
    return [heading]
      + (try Showing(context, count: count).gallery(images) { captions[$0] })
  }
}
