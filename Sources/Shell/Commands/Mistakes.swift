import Console
import Language
import Networks
import Tensors

/// The examples that a network is most certain and most wrong about.
struct Mistakes {
  private let context: CommandContext
  private let data: EvaluationData
  private let mistakes: [Metrics.Mistake]
  /// Where numbers are predicted: the rows that are farthest off.
  private let worst: WorstRows?

  init(_ context: CommandContext) throws {
    self.context = context
    guard context.has("net"), context.has("split") else {
      throw RuntimeError.other(
        "mistakes of which network, on what?", hint: "write show mistakes of NET on SPLIT")
    }
    let network = try context.network("net")
    data = try EvaluationData(context.requiredValue("split"), slot: "split", context)
    let measured = try network.measured(on: data.split)
    if measured.task == .numbers,
      let worst = try WorstRows(measured, count: context.count("count") ?? 12)
    {
      self.worst = worst
      mistakes = []
      return
    }
    worst = nil
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
  func exhibits(count: Int?) throws -> [Exhibit] {
    if let worst {
      return [.lines(worst.table.lines(width: context.width, paint: context.paint))]
    }
    let share = NumberForm.percent(Double(mistakes.count) / Double(max(1, data.split.count)))
    let heading = "\(mistakes.count) of \(data.split.count) are wrong (\(share))"
    let shown = Array(mistakes.prefix(count ?? 12))
    guard !shown.isEmpty else { return [.lines([heading])] }
    let captions = shown.map { mistake in
      "\(data.name(of: mistake.truth))→\(data.name(of: mistake.guess)) "
        + NumberForm.percent(mistake.confidence)
    }
    let rows = try data.split.selecting(shown.map(\.row))
    guard let images = rows.images else {
      return [.lines([heading] + zip(shown, captions).map { "example \($0.row)  \($1)" })]
    }
    return [.lines([heading])]
      + (try Showing(context, count: count).gallery(images) { captions[$0] })
  }
}
