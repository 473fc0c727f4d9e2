import Console
import Language
import Networks
import Platform
import Tensors

/// A network's measures on some examples, as `test` shows them.
struct Evaluation {
  private let data: EvaluationData
  private let context: CommandContext
  private let measured: Measurement
  private var line = ""
  /// How well the outputs put the examples in order, in words.
  private var ranking: [String] = []
  private var fields: [(String, Value)] = []

  init(_ network: Network, _ data: EvaluationData, _ context: CommandContext) throws {
    self.data = data
    self.context = context
    measured = try network.measured(on: data.split)
  }

  private mutating func add(_ name: String, _ field: String, _ value: Double, _ text: String) {
    guard !value.isNaN else { return }
    line += "   \(name) \(text)"
    fields.append((field, .number(value)))
  }

  private mutating func addShare(_ name: String, _ field: String, _ value: Double) {
    add(name, field, value, NumberForm.fixed(100 * value, 2) + "%")
  }

  /// Shows the line of scores and the table that fits the task.
  ///
  /// - Returns: all scores.
  mutating func report() throws -> Value {
    line = "loss \(NumberForm.loss(measured.loss))"
    fields = [("loss", .number(measured.loss))]
    if let accuracy = measured.accuracy { addShare("accuracy", "accuracy", accuracy) }
    let bad = try measured.predictions.countElements { !$0.isFinite }
    if bad > 0 {
      context.say(line + "   \(data.split.count) examples")
      context.note(
        "\(bad) of the network's outputs are not finite: so are the loss and what follows from it; "
          + "look at its weights, as any(isnan(net.W1))")
      return .fields(fields)
    }
    let table = try scores()
    context.say(line + "   \(data.split.count) examples")
    if let table { try context.show { [.table(table)] } }
    if !ranking.isEmpty { context.say(ranking.joined(separator: "   ")) }
    return .fields(fields)
  }

  private mutating func scores() throws -> Table? {
    switch measured.task {
    case .numbers:
      let (determination, error) = (
        try measured.determination(), try measured.meanAbsoluteError()
      )
      add("R²", "r2", determination, NumberForm.fixed(determination, 4))
      add("MAE", "mae", error, NumberForm.loss(error))
      return try WorstRows(measured, count: 5).map { worst in
        fields.append(("worst", .items(worst.rows.map { .number(Double($0)) })))
        return worst.table
      }
    case .classes where measured.targets.rank > 2:
      if measured.lossKind == .crossEntropy {
        let perplexity = exp(measured.loss)
        add("perplexity", "perplexity", perplexity, NumberForm.loss(perplexity))
      }
      return nil
    case .classes, .binary: return try classScores()
    case .labels: return try labelScores()
    }
  }

  // MARK: classes

  private static let mostRanked = 100

  private mutating func classScores() throws -> Table {
    let confusion = try Metrics.confusion(
      targets: measured.targets, predictions: measured.predictions)
    let classes = confusion.shape.dimensions.first ?? 0
    let counts = try confusion.guardedDoubles()
    let scores = ClassScores(confusion: counts, classes: classes)
    fields.append(("confusion", Value(confusion)))
    fields.append(("names", .items((0..<classes).map { .text(data.name(of: $0)) })))
    try addTable(scores)
    try addRanking(classes)
    return classTable(counts, scores)
  }

  private mutating func addRanking(_ classes: Int) throws {
    func add(_ name: String, _ field: String, _ value: Double, _ text: String) {
      guard !value.isNaN else { return }
      ranking.append("\(name) \(text)")
      fields.append((field, .number(value)))
    }
    let labels = try Metrics.classes(measured.targets, measured.predictions).truths
    let numbers = try measured.predictions.guardedDoubles()
    if measured.task == .binary {
      let area = Ranking.areaUnderCurve(numbers, isPositive: labels.map { $0 == 1 })
      add("AUC", "auc", area, NumberForm.fixed(area, 4))
    } else if classes <= Self.mostRanked, numbers.count == labels.count * classes {
      let area = try Ranking.meanArea(numbers, labels: labels, columns: classes)
      add("AUC", "auc", area, NumberForm.fixed(area, 4))
    }
    for count in [3, 5] where classes > count + 1 && numbers.count == labels.count * classes {
      let share = Ranking.topShare(numbers, labels: labels, columns: classes, count: count)
      add("top-\(count)", "top\(count)", share, NumberForm.fixed(100 * share, 2) + "%")
    }
  }

  private mutating func addTable(_ scores: ClassScores) throws {
    let columns = [
      ("precision", scores.precision), ("recall", scores.recall), ("f1", scores.f1),
    ]
    for (name, values) in columns {
      fields.append((name, Value(try Tensor(doubles: values, elementType: .f32))))
    }
    fields.append(
      ("macro", .fields(columns.map { ($0.0, .number(scores.macro($0.1))) })))
  }

  private func classTable(_ counts: [Double], _ scores: ClassScores) -> Table {
    var table = Table([
      ("class", .left), ("examples", .right), ("precision", .right), ("recall", .right),
      ("F1", .right), ("most often taken for", .left),
    ])
    let size = scores.f1.count
    for row in 0..<size {
      let truths = (0..<size).map { counts[row * size + $0] }
      let wrong = truths.enumerated().filter { $0.offset != row && $0.element > 0 }
      let worst = wrong.max { ($0.element, -$0.offset) < ($1.element, -$1.offset) }
      table.append(
        [data.name(of: row), truths.reduce(0, +).displayed] + Self.shares(scores, row)
          + [worst.map { "\(data.name(of: $0.offset)) (\($0.element.displayed))" } ?? ""])
    }
    table.append(["macro", ""] + Self.macros(scores))
    return table
  }

  private static func shares(_ scores: ClassScores, _ row: Int) -> [String] {
    [scores.precision[row], scores.recall[row], scores.f1[row]].map(share)
  }

  private static func macros(_ scores: ClassScores) -> [String] {
    [scores.precision, scores.recall, scores.f1].map { share(scores.macro($0)) }
  }

  private static func share(_ value: Double) -> String {
    value.isNaN ? "-" : NumberForm.percent(value)
  }

  // MARK: several yes or no a row

  private mutating func labelScores() throws -> Table {
    let columns = measured.targets.shape.dimensions.dropFirst().reduce(1, *)
    let targets = try measured.targets.guardedDoubles()
    let numbers = try measured.predictions.guardedDoubles()
    var table = Table([
      ("output", .left), ("ones", .right), ("accuracy", .right), ("precision", .right),
      ("recall", .right), ("F1", .right), ("AUC", .right),
    ])
    var accuracies: [Double] = []
    var (precision, recall, f1, areas) = (accuracies, accuracies, accuracies, accuracies)
    for column in 0..<columns {
      try Interrupt.check()
      let rows = stride(from: column, to: targets.count, by: columns)
      let truths = rows.map { targets[$0] > 0.5 }
      let guesses = rows.map { numbers[$0] > 0.5 }
      var counts = [Double](repeating: 0, count: 4)
      for (truth, guess) in zip(truths, guesses) { counts[(truth ? 2 : 0) + (guess ? 1 : 0)] += 1 }
      let scores = ClassScores(confusion: counts, classes: 2)
      precision.append(scores.precision[1])
      recall.append(scores.recall[1])
      f1.append(scores.f1[1])
      accuracies.append((counts[0] + counts[3]) / Double(max(1, truths.count)))
      areas.append(Ranking.areaUnderCurve(rows.map { numbers[$0] }, isPositive: truths))
      table.append([
        data.name(of: column), (counts[2] + counts[3]).displayed, Self.share(accuracies[column]),
        Self.share(precision[column]), Self.share(recall[column]), Self.share(f1[column]),
        areas[column].isNaN ? "-" : NumberForm.fixed(areas[column], 4),
      ])
    }
    for (name, values) in [
      ("accuracies", accuracies), ("precision", precision), ("recall", recall), ("f1", f1),
      ("auc", areas),
    ] {
      fields.append((name, Value(try Tensor(doubles: values, elementType: .f32))))
    }
    return table
  }
}

/// The rows whose predicted numbers are farthest from their targets.
struct WorstRows {
  let rows: [Int]
  let table: Table

  /// Nil where there are no rows, or too many numbers in each to be read.
  init?(_ measured: Measurement, count: Int) throws {
    let columns = max(1, measured.targets.shape.dimensions.dropFirst().reduce(1, *))
    guard measured.predictions.shape == measured.targets.shape, measured.targets.count > 0,
      columns <= 8
    else { return nil }
    let y = try measured.targets.guardedDoubles()
    let p = try measured.predictions.guardedDoubles()
    let errors = stride(from: 0, to: y.count, by: columns).map { start -> Double in
      var squares = 0.0
      for place in start..<start + columns {
        squares += (y[place] - p[place]) * (y[place] - p[place])
      }
      return sqrt(squares)
    }
    let order = errors.indices.sorted { (errors[$0], -$0) > (errors[$1], -$1) }
    rows = Array(order.prefix(count))
    var table = Table([
      ("worst rows", .right), ("target", .right), ("predicted", .right), ("error", .right),
    ])
    func text(_ numbers: [Double], _ row: Int) -> String {
      numbers[row * columns..<(row + 1) * columns].map { NumberForm.significant($0, 4) }
        .joined(separator: ", ")
    }
    for row in rows {
      table.append(["\(row)", text(y, row), text(p, row), NumberForm.loss(errors[row])])
    }
    self.table = table
  }
}
