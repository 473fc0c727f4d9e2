import Console
import Language
import Networks
import Plot
import Tensors

extension Command {
  /// Curves.
  static let plotting: [Command] = [plot]

  static let plot = Command(
    "plot", "draws curves in the terminal, or into a .png, .svg or .pdf",
    details: """
      A tensor of one dimension or a list of numbers is a curve; a tensor of two is one a column; \
      a record of lists, as `net.history`, is one a field, losses and accuracies in panels of \
      their own; a schedule is its rate from epoch to epoch. Files are drawn by gnuplot.
      """,
    arguments: [
      .slot("values", .any, isVariadic: true, "what to draw"),
      .slot("path", after: "to", .path, default: .computed("the terminal"), "the file"),
      .option("title", .string, default: .string(""), "what stands above"),
      .option("x", .string, default: .string(""), "what stands below the axis"),
      .option("y", .string, default: .string(""), "what stands beside the axis"),
    ],
    examples: [.init("plot [1, 4, 9, 16, 25]", nil)],
    seeAlso: ["show", "describe"]
  ) { context in
    let chart = try ChartBuilder(context).chart()
    guard let path = try context.word("path") else {
      let height = min(16, max(6, (Terminal.size().rows - 6) / chart.panels.count - 5))
      context.print(chart.lines(width: context.width, height: height, paint: context.paint))
      return nil
    }
    guard let format = Gnuplot.Format(path: path) else {
      throw RuntimeError.other(
        "cannot tell from its name in which form to draw \(path)",
        hint: "end it with .png, .svg or .pdf")
    }
    do throws(GnuplotError) {
      try Gnuplot.write(chart, to: path, format: format)
    } catch {
      throw error == .interrupted
        ? RuntimeError.interrupted : RuntimeError.other(error.message, hint: error.hint)
    }
    return nil
  }
}

/// Turns the values of a `plot` command into curves.
struct ChartBuilder {
  private let context: CommandContext
  private var losses: [Chart.Curve] = []
  private var accuracies: [Chart.Curve] = []
  private var others: [Chart.Curve] = []

  init(_ context: CommandContext) throws {
    self.context = context
    for input in context.command.all("values") {
      let value: Value
      switch input {
      case .word(let word, _): value = .text(word)
      case .thunk(let thunk): value = try thunk.evaluate()
      }
      try add(value, named: context.sourceText(input))
    }
  }

  func chart() throws -> Chart {
    let title = try context.word("title") ?? ""
    let xLabel = try context.word("x") ?? ""
    let yLabel = try context.word("y") ?? ""
    var panels: [Chart.Panel] = []
    // A history's two measures have different scales.
    let isHistory = others.isEmpty && !losses.isEmpty && !accuracies.isEmpty
    if isHistory {
      let x = xLabel.isEmpty ? "epoch" : xLabel
      panels = [
        Chart.Panel(title: "loss", xLabel: x, yLabel: yLabel, curves: losses),
        Chart.Panel(title: "accuracy", xLabel: x, yLabel: yLabel, curves: accuracies),
      ]
    } else {
      let curves = losses + accuracies + others
      panels = [Chart.Panel(xLabel: xLabel, yLabel: yLabel, curves: curves)]
    }
    guard panels.contains(where: { !$0.isEmpty }) else {
      throw RuntimeError.other(
        "there is nothing to plot: no finite number among the values", hint: nil)
    }
    return Chart(title: title, panels: panels.filter { !$0.isEmpty })
  }

  /// Curves of values that no argument names.
  init(_ context: CommandContext, values: [(Value, String)]) throws {
    self.context = context
    for (value, name) in values { try add(value, named: name) }
  }

  private mutating func add(_ value: Value, named name: String) throws {
    switch value {
    case .record(let box):
      for (field, content) in zip(box.content.names, box.content.values) {
        guard let numbers = try NumberBlocks(content) else {
          throw RuntimeError.other(
            "cannot plot the field \(field), a \(content.kindName)",
            hint: "its fields must be lists of numbers or tensors of one dimension")
        }
        try addMeasure(field, numbers)
      }
    case .table(let box):
      // Columns of text have no curve.
      for (column, content) in zip(box.content.names, box.content.columns.values) {
        guard let numbers = try NumberBlocks(content) else { continue }
        others.append(try Chart.Curve(column, thinning: numbers))
      }
    case .schedule(let box):
      let epochs = min(max(1, box.content.length ?? 100), 10_000)
      let rates = try (0...epochs).map { Value.number(try box.content.rate(epoch: $0)) }
      guard let numbers = try NumberBlocks(.items(rates)) else { return }
      others.append(try Chart.Curve(box.content.description, thinning: numbers))
    case .network(let box): try add(box.content.network.history.record, named: name)
    case .tensor(let box) where box.content.rank == 2: try addColumns(box.content, name)
    case .tensor(let box) where box.content.rank > 2:
      throw RuntimeError.other(
        "cannot plot a \(box.content.shape) tensor: curves have one dimension",
        hint: "show draws it as pictures")
    default:
      guard let numbers = try NumberBlocks(value) else {
        throw context.mismatch(
          "values", "numbers: a tensor, a list, a table or a record of them", value)
      }
      others.append(try Chart.Curve(name, thinning: numbers))
    }
  }

  private mutating func addMeasure(_ name: String, _ numbers: NumberBlocks) throws {
    // Measures taken every few epochs have gaps; a line joins what there is.
    let curve = try Chart.Curve(name, first: 1, isJoined: true, thinning: numbers)
    guard !curve.y.isEmpty else { return }
    if name.hasSuffix("loss") {
      losses.append(curve)
    } else if name.hasSuffix("accuracy") {
      accuracies.append(curve)
    } else {
      others.append(try Chart.Curve(name, thinning: numbers))
    }
  }

  private mutating func addColumns(_ tensor: Tensor, _ name: String) throws {
    let columns = tensor.shape.dimensions[1]
    guard columns <= 12 else {
      throw RuntimeError.other(
        "cannot plot \(columns) curves at once, one a column of a \(tensor.shape) tensor",
        hint: "choose columns: plot \(name)[:, 0]; or look at it: show \(name)")
    }
    for column in 0..<columns {
      let numbers = try NumberBlocks(tensor.subscripted([.all, .at(column)]))
      others.append(try Chart.Curve("\(name)[:, \(column)]", thinning: numbers))
    }
  }
}

extension History {
  /// The history as `net.history` gives it.
  var record: Value { .fields(Value.history(self)) }
}
