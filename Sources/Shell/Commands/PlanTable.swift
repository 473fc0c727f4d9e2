import Console
import Graph
import Language
import Operations
import Tensors

extension CommandContext {
  /// `explain plan L() wrt W`: the passes by which a loss and its gradients are computed.
  func explainPlan(of loss: Thunk) throws {
    let noVariables = RuntimeError.other(
      "explain plan needs variables after wrt", hint: "explain plan L() wrt W1, b1")
    let places = try command.all("variables").map { try place(of: $0, otherwise: noVariables) }
    guard !places.isEmpty else { throw noVariables }
    try machine.plan(of: loss, at: places) { plan, deferral in
      let table = PlanTable(plan, seconds: try PlanTable.measure(plan, deferral))
      try show { table.exhibits() }
    }
  }
}

/// The passes of a plan, with what they cost.
private struct PlanTable {
  private let summaries: [StepSummary]
  private let lifetimes: [Plan.Lifetime?]
  private let seconds: [Double]
  private let bytes: Int

  init(_ plan: Plan, seconds: [Double]) {
    summaries = plan.summaries
    lifetimes = plan.lifetimes
    self.seconds = seconds
    bytes = plan.byteCount
  }

  /// The least time of each pass in a few runs.
  static func measure(_ plan: Plan, _ deferral: Deferral) throws -> [Double] {
    var seconds = [Double](repeating: .infinity, count: plan.summaries.count)
    for _ in 0..<5 {
      _ = try plan.run(deferral) { index, step in
        let start = MonotonicClock.now()
        try step()
        seconds[index] = Swift.min(seconds[index], MonotonicClock.now() - start)
      }
    }
    return seconds
  }

  func exhibits() -> [Exhibit] {
    let peak = summaries.contains { $0.work >= 1e6 } ? Profile.peak() : 0
    var table = Table([
      ("pass", .right), ("result", .left), ("operations", .right), ("bytes", .right),
      ("time", .right), ("of peak", .right), ("kept until", .right), ("computes", .left),
    ])
    for (index, summary) in summaries.enumerated() {
      let share = peak > 0 ? summary.work / seconds[index] / peak : 0
      table.append([
        "\(index + 1)", "\(summary.shape.description) \(summary.type)",
        NumberForm.grouped(Int(summary.work)), NumberForm.bytes(Int(summary.bytes)),
        NumberForm.duration(seconds[index]),
        share >= 0.01 ? "\(NumberForm.fixed(100 * share, 0)) %" : "",
        Self.words(lifetimes[index]), Self.words(summary),
      ])
    }
    let fused = summaries.filter { $0.operations.count > 1 }.count
    let total = seconds.reduce(0, +)
    let summary =
      "\(summaries.count) passes, \(fused) of several operations; "
      + "\(NumberForm.grouped(Int(summaries.reduce(0) { $0 + $1.work }))) operations in "
      + "\(NumberForm.duration(total)); \(NumberForm.bytes(bytes)) kept between runs"
    return [.table(table), .lines([summary])]
  }

  private static func words(_ lifetime: Plan.Lifetime?) -> String {
    switch lifetime {
    case .until(let step)?: "pass \(step + 1)"
    case .result?: "the end"
    case nil: ""
    }
  }

  /// The operations of a pass; a long chain by its beginning.
  private static func words(_ summary: StepSummary) -> String {
    let shown = summary.operations.prefix(6).joined(separator: " · ")
    let more = summary.operations.count - 6
    return (more > 0 ? shown + " · \(more) more" : shown)
      + (summary.isUnplanned ? " (as without a plan)" : "")
  }
}
