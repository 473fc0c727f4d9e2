import Console
import Language
import Networks
import Plot
import Tensors

/// The curves of a training's losses, redrawn in place above its bar.
///
/// Nothing is drawn where nothing can be redrawn: in files, pipes, under TERM=dumb, and in terminals
/// too small for a chart and the bar.
final class LiveCurves {
  private let context: CommandContext
  private let reporter: ProgressReporter
  /// What stands on the screen, and the terminal's width then, which may have been changed since.
  private var shown: (rows: Int, columns: Int, lineFeeds: Int)?
  private var nextDrawing = 0.0

  /// Nil where nothing can be redrawn.
  init?(_ context: CommandContext, _ reporter: ProgressReporter) {
    guard context.session.terminal.drawsProgress, context.session.settings.showsProgress else {
      return nil
    }
    self.context = context
    self.reporter = reporter
  }

  /// The rows of the curves themselves, besides legend and axis.
  private static let height = 10
  private static let leastHeight = 4
  private static let rowsBesides = 5
  /// Seconds between two drawings.
  private static let pause = 0.1

  /// Draws the losses so far, unless that was just done.
  func draw(_ history: History, mustShow: Bool = false) {
    let now = MonotonicClock.now()
    guard mustShow || now >= nextDrawing, history.count > 1 else { return }
    nextDrawing = now + Self.pause
    let size = Terminal.size(of: 2)
    let height = min(Self.height, size.rows - Self.rowsBesides - 1)
    guard height >= Self.leastHeight, size.columns >= 30 else { return }
    let session = context.session
    let lines = chart(history).lines(
      width: size.columns - 1, height: height, paint: Paint(isOn: session.terminal.colorsErrors),
      ink: session.ink, style: session.settings.dots)
    reporter.clear()
    var text = ""
    // What was written in between has moved the curves up: they are drawn anew below it.
    if let shown, shown.columns == size.columns, shown.lineFeeds == session.lineFeeds {
      text = "\r\u{1B}[\(shown.rows)A\u{1B}[J"
    }
    session.writeError(text + lines.map { $0 + "\n" }.joined())
    shown = (lines.count, size.columns, session.lineFeeds)
  }

  private func chart(_ history: History) -> Chart {
    let epochs = history.loss.indices.map { Double($0 + 1) }
    var curves = [Chart.Curve("loss", x: epochs, y: history.loss)]
    if history.validationLoss.contains(where: \.isFinite) {
      curves.append(Chart.Curve("val_loss", x: epochs, y: history.validationLoss))
    }
    return Chart(title: "", panels: [Chart.Panel(xLabel: "epoch", curves: curves)])
  }
}

extension Command {
  static let live = Command(
    "live", "redraws the curves of loss and validation while training",
    details: """
      They stand above the bar and are redrawn in place, at a terminal alone; in files and pipes \
      train writes its lines as ever. live off ends it; train net on d live=true asks for it once.
      """,
    arguments: [
      .slot("state", .choice(["on", "off"]), default: .string("on"), "whether it does")
    ],
    examples: [.init("live\nlive off")],
    seeAlso: ["train", "plot", "set"]
  ) { context in
    let session = context.session
    session.settings.drawsCurves = try context.word("state") != "off"
    if session.settings.drawsCurves, !session.terminal.drawsProgress {
      context.note("curves are redrawn at a terminal alone: here train shows its lines")
    }
    return nil
  }

  /// Whether `train` draws its curves.
  static let liveArgument = Argument.option(
    "live", .bool, default: .computed("as live has set it"),
    "redraws the curves of loss and validation while training, at a terminal")
}
