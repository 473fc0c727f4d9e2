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
      their own; a schedule is its rate from epoch to epoch. With against, X gives where the points \
      lie: numbers, or strings. With over, functions are drawn over an interval, as \
      `plot sin over 0...6`. kind= chooses points that are not joined (scatter), bars (bar), how \
      often values occur (hist) or the colours of a matrix (heat). Values that are not finite leave \
      gaps and are told. Files are drawn by gnuplot.
      """,
    arguments: [
      .slot("values", .any, isVariadic: true, "what to draw"),
      .slot("X", after: "against", .any, default: .computed("0, 1, …"), "where the points lie"),
      .slot(
        "interval", after: "over", .any, default: .computed("none"), "where functions are drawn"),
      .slot("path", after: "to", .path, default: .computed("the terminal"), "the file"),
      .option("kind", .choice(ChartOptions.kinds), default: .string("line"), "how it is drawn"),
      .option("log", .choice(["x", "y", "xy"]), default: .computed("neither"), "logarithmic axes"),
      .option("title", .string, default: .string(""), "what stands above"),
      .option(
        "x", .string, default: .string(""), misnomers: ["xlabel"], "what stands below the axis"),
      .option(
        "y", .string, default: .string(""), misnomers: ["ylabel"], "what stands beside the axis"),
      .option(
        "by", .any, default: .computed("none"), misnomers: ["hue", "color", "c"],
        "the points' classes: rows of two numbers, or values against X, in a colour each"),
      .option(
        "names", .list, default: .computed("as they are written"),
        misnomers: ["label", "labels", "legend", "name"], "the curves' names, a list of strings"),
      .option("xlim", .any, default: .computed("all"), "from where to where x goes, as [0, 1]"),
      .option("ylim", .any, default: .computed("all"), "from where to where y goes"),
      .option(
        "size", .any, default: .computed("[720, 450]"), misnomers: ["figsize"],
        "width and height: pixels of a file, columns and rows of the terminal"),
      .option(
        "bins", .integer, default: .computed("by the values"), "with kind=hist: how many bars"),
    ],
    examples: [.init("plot [1, 4, 9, 16, 25]", nil), .init("plot sin over 0...6", nil)],
    seeAlso: ["show", "describe"]
  ) { context in
    let chart = try ChartBuilder(context).chart()
    guard let path = try context.word("path") else {
      context.draw(chart)
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

extension CommandContext {
  /// Shows a chart in the terminal.
  func draw(_ chart: Chart) {
    if session.terminal.showsOutput, Environment["TERM"] == "dumb" { return print(chart.summary) }
    let height = min(16, max(6, (Terminal.size().rows - 6) / chart.panels.count - 5))
    print(drawing: { lines(of: chart, height: height) })
  }

  /// A chart in characters; for a page, a figure.
  func lines(of chart: Chart, height: Int) -> [String] {
    if session.drawsForPage { return [PageFigure.text(chart.svg)] }
    return chart.lines(
      width: width, height: height, paint: paint, ink: session.ink, style: session.settings.dots)
  }
}
