import Console
import Language
import Networks
import Platform
import Plot
import Tensors

extension Command {
  static let findRate = Command(
    "find", "looks for a learning rate: the loss against the rate, and a proposal",
    details: """
      A copy of the network takes steps whose rate grows from a millionth to 10, or until \
      the loss has risen fourfold (Smith, 2017). Proposed is the rate at which the smoothed loss \
      falls fastest. The network stays as it is. ans has rate, rates and losses.
      """,
    arguments: [
      .slot("what", .choice(["rate"]), "rate"),
      .slot("net", .network, "the network"),
      .slot("data", after: "on", .dataSet, "a data set, a split or a record with x and y"),
      .option(
        "steps", .integer, default: .number(Double(RateSearch.steps)), "how many rates are tried"),
    ] + stepOptions.filter { $0.parameter.name != "rate" },
    result: "record {rate, rates, losses}",
    examples: [
      .init(
        """
        x = randn(200, 2)
        d = dataset(x, where(x[:, 0] > x[:, 1], 1, 0))
        net = dense(2, 16) |> relu |> dense(2) |> softmax
        r = find rate net on d batch=32
        r.rate > 0.001
        """, nil)
    ],
    seeAlso: ["train", "plot", "cosine", "one_cycle"]
  ) { context in
    let network = try context.network("net")
    let settings = TrainingSettings(context)
    var options = try settings.options()
    options.frozen = try settings.frozen(of: network)
    let steps = try context.count("steps") ?? RateSearch.steps
    guard (10...100_000).contains(steps) else {
      throw RuntimeError.other("find rate: steps= is from 10 to 100000, not \(steps)", hint: nil)
    }
    let trainer = try Trainer(
      network, data: context.trainingData("data", for: network), options: options)
    let search = try RateSearch(trainer, steps: steps)
    try context.show { [.chart(search.chart, height: 12)] }
    guard let rate = search.proposal else {
      throw RuntimeError.other(
        "the loss falls at none of the rates: there is nothing to propose",
        hint: "look at the data and the network; a test of both is train net on 20 rows of it")
    }
    let text = NumberForm.significant(rate, 2)
    context.say("the loss falls fastest at rate \(text): train … rate=\(text)")
    func list(_ numbers: [Double]) -> Value { .items(numbers.map { .number($0) }) }
    return .fields([
      ("rate", .number(rate)), ("rates", list(search.rates)), ("losses", list(search.losses)),
    ])
  }
}

/// The losses of steps whose rate grows, and what follows from them.
struct RateSearch {
  static let steps = 120
  /// From the least to the greatest, each by the same factor larger than the one before.
  let rates: [Double]
  let losses: [Double]
  /// The losses without the noise of single batches.
  private let smooth: [Double]

  init(_ trainer: Trainer, steps: Int) throws {
    let (first, last) = (1e-6, 10.0)
    let tried = (0..<steps).map { first * pow(last / first, Double($0) / Double(steps - 1)) }
    losses = try trainer.lossesAtRates(tried) { losses in
      let smooth = Self.smoothed(losses)
      guard losses.count > 10, let now = smooth.last, let least = smooth.min() else { return true }
      return now < 4 * least
    }
    rates = Array(tried.prefix(losses.count))
    smooth = Self.smoothed(losses)
  }

  /// Each loss averaged with the ones before, whose weights fall by a factor.
  private static func smoothed(_ losses: [Double]) -> [Double] {
    let kept = 0.9
    var (mean, weight) = (0.0, 1.0)
    return losses.map { loss in
      mean = kept * mean + (1 - kept) * loss
      weight *= kept
      return mean / (1 - weight)
    }
  }

  /// The rate at the steepest fall of the smoothed loss, against the rate's logarithm, before its
  /// least; nil where it never falls.
  var proposal: Double? {
    guard let least = smooth.indices.min(by: { smooth[$0] < smooth[$1] }), least > 0,
      smooth[least] < smooth[0] - 1e-3 * abs(smooth[0])
    else { return nil }
    let reach = max(1, losses.count / 20)
    func slope(_ place: Int) -> Double {
      let (a, b) = (max(0, place - reach), min(smooth.count - 1, place + reach))
      return (smooth[b] - smooth[a]) / Double(max(1, b - a))
    }
    return (0...least).min { slope($0) < slope($1) }.map { rates[$0] }
  }

  var chart: Chart {
    Chart(
      title: "",
      panels: [
        Chart.Panel(
          xLabel: "log10 of the rate", yLabel: "loss",
          curves: [
            Chart.Curve("loss", x: rates.map { log10($0) }, y: losses),
            Chart.Curve("smoothed", x: rates.map { log10($0) }, y: smooth),
          ])
      ])
  }
}
