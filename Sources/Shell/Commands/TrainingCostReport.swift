import Console
import Language
import Networks

/// `explain train net on data ranks=8`: what a step costs, and whether ranks pay.
struct TrainingCostReport {
  private let cost: TrainingCost
  private let ranks: Int

  init(_ cost: TrainingCost, ranks: Int) {
    self.cost = cost
    self.ranks = ranks
  }

  func exhibits() -> [Exhibit] {
    let one = cost.step(ranks: 1, on: TrainingCost.Network.known[0])
    let parameters = cost.numbers
    var lines = [
      "a step of \(cost.rows) rows in \(cost.blocks) \(cost.blocks == 1 ? "block" : "blocks") of "
        + "\(cost.blockRows), \(parameters) parameters; one process takes "
        + NumberForm.duration(cost.aloneSeconds),
      "arithmetic  \(operations(Double(cost.rows) * cost.multiplyAdds)) in "
        + NumberForm.duration(one.arithmetic),
      "sums        \(cost.blocks - 1) of \(NumberForm.bytes(cost.numbers * cost.numberBytes)) in "
        + NumberForm.duration(one.sums),
      "memory      \(NumberForm.bytes(cost.memory(ranks: 1))) on one rank, "
        + "\(NumberForm.bytes(cost.memory(ranks: ranks))) on each of \(ranks)",
    ]
    guard ranks > 1 else { return [.lines(lines)] }
    lines += [
      "",
      "\(ranks) ranks, each on a machine like this one; on one machine they share its processors:",
    ]
    let sent = cost.step(ranks: ranks, on: TrainingCost.Network.known[0]).bytes
    let legend =
      "each rank sends \(NumberForm.bytes(sent)) a step: waiting is for what of it does not go on beside "
      + "the backward pass"
    return [.lines(lines), .table(table), .lines([legend, ""] + verdict)]
  }

  private func operations(_ count: Double) -> String {
    count >= 1e9
      ? "\(NumberForm.significant(count / 1e9, 3)) billion multiply-adds"
      : "\(NumberForm.significant(count / 1e6, 3)) million multiply-adds"
  }

  private var table: Table {
    var table = Table([
      ("over", .left), ("arithmetic", .right), ("sums", .right), ("waiting", .right),
      ("beside", .right), ("step", .right), ("speed-up", .right),
    ])
    for network in TrainingCost.Network.known {
      let step = cost.step(ranks: ranks, on: network)
      table.append([
        network.name, NumberForm.duration(step.arithmetic), NumberForm.duration(step.sums),
        NumberForm.duration(step.exchange), NumberForm.duration(step.hidden),
        NumberForm.duration(step.total),
        NumberForm.fixed(cost.speedUp(ranks: ranks, on: network), 2) + "×",
      ])
    }
    return table
  }

  /// Less than this is no gain worth the machines.
  private static let worthwhile = 1.2

  private var verdict: [String] {
    let paying = TrainingCost.Network.known.filter {
      cost.speedUp(ranks: ranks, on: $0) >= Self.worthwhile
    }
    var lines: [String] = []
    if paying.isEmpty {
      lines.append("ranks do not pay: a step of \(cost.rows) rows is too short for its exchange")
    } else if paying.count == TrainingCost.Network.known.count {
      lines.append("ranks pay over any of these")
    } else {
      lines.append("ranks pay over \(paying.map(\.name).joined(separator: ", "))")
    }
    if cost.blocks < ranks {
      lines.append(
        "\(ranks - cost.blocks) of \(ranks) ranks have no rows: a batch of \(cost.rows) makes "
          + "\(cost.blocks) \(cost.blocks == 1 ? "block" : "blocks")")
    }
    if let rows = payingRows {
      lines.append("over 10 Gbit Ethernet they pay from batch=\(rows) on")
    }
    return lines
  }

  /// The least batch, of those twice as large each, with which ranks pay over Ethernet; nil where
  /// this one does already, or none does.
  private var payingRows: Int? {
    let network = TrainingCost.Network.known[2]
    if cost.speedUp(ranks: ranks, on: network) >= Self.worthwhile { return nil }
    var rows = cost.rows
    while rows < 1 << 20 {
      rows *= 2
      let larger = cost.with(rows: rows, fewestBlockRows: min(32, cost.blockRows))
      if larger.speedUp(ranks: ranks, on: network) >= Self.worthwhile { return rows }
    }
    return nil
  }
}

extension CommandContext {
  /// Prints what the training that is asked about costs.
  func explainTraining() throws {
    let network = try network("network")
    let settings = TrainingSettings(self)
    var options = try settings.options()
    options.frozen = try settings.frozen(of: network)
    let ranks = try count("ranks") ?? max(2, Ranks.current.ranks)
    guard ranks <= 65_536 else {
      throw RuntimeError.other("ranks= is from 1 to 65536, not \(ranks)", hint: nil)
    }
    let cost = try Trainer.cost(
      of: network, data: trainingData("data", for: network), options: options)
    let exhibits = TrainingCostReport(cost, ranks: ranks).exhibits()
    try show { exhibits }
  }
}
