import Console
import Language
import Networks
import Platform
import Tensors

extension Command {
  static let compare = Command(
    "compare", "trains copies with different options, paired by start and order",
    details: """
      An option that is given a list is tried with each of its elements; several lists, with all \
      combinations. Each is trained seeds= times, from new weights and in an order of the rows that \
      are the same for all options; the first time from the network's own, where it is not trained \
      yet. So differences are those of pairs, whose mean and standard deviation are given beside \
      the means; a win is a pair in which an option is better than the first. Compared is val_loss, \
      or loss where there is nothing to validate on. The network stays as it is.
      """,
    arguments: [
      .slot("net", .network, "the network"),
      .slot("data", after: "on", .dataSet, "a data set, a split or a record with x and y"),
      .option(
        "seeds", .integer, default: .number(3), misnomers: ["runs", "repeat"], "how many starts"),
    ] + comparedOptions.filter { $0.parameter.name != "seed" },
    result: "a record {options, val_loss, …, differences, wins}",
    examples: [
      .init(
        """
        load moons
        net = dense(2, 8) |> tanh |> dense(2) |> softmax
        r = compare net on moons rate=[0.001, 0.1] epochs=5 seeds=3
        r.wins
        """, "2 tensor f32\n  0  3")
    ],
    seeAlso: ["again", "train", "find"]
  ) { context in
    let network = try context.network("net")
    let data = try context.trainingData("data", for: network)
    let seeds = try context.count("seeds") ?? 3
    let variants = try Variant.all(context)
    guard variants.count > 1 else {
      throw RuntimeError.other(
        "compare needs an option with a list of values", hint: "write rate=[0.03, 0.1]")
    }
    let settled = try Command.settled(network, data)
    var results: [[History]] = []
    for variant in variants {
      let settings = TrainingSettings(variant.context)
      var options = try settings.options()
      options.frozen = try settings.frozen(of: network)
      // One after the other: nobody knows how many are asked for.
      var histories: [History] = []
      for start in 0..<seeds {
        let copy = try Command.start(start, of: settled)
        histories.append(try context.trainCopy(copy, on: data, options).history)
      }
      results.append(histories)
    }
    let comparison = PairedComparison(variants.map(\.name), results)
    context.print(comparison.table.lines(width: context.width, paint: context.paint))
    return comparison.value
  }

  /// The network with its shapes settled and without a past.
  private static func settled(_ network: Network, _ data: TrainingData) throws -> Network {
    var settled = network
    settled.past = nil
    try settled.resolve(input: Array(data.inputs.shape.dimensions.dropFirst()))
    return settled
  }

  /// The network with new weights from a seed, the first time as it is unless it has been trained.
  private static func start(_ index: Int, of network: Network) throws -> Network {
    if index == 0, network.history.count == 0, network.optimizerState.steps == 0 { return network }
    var start = network
    var generator = RandomGenerator(seed: UInt64(index))
    try start.reset(generator: &generator)
    return start
  }
}

/// One choice of options among those that are compared.
private struct Variant {
  let name: String
  let context: CommandContext

  /// All combinations of the elements of lists.
  static func all(_ context: CommandContext) throws -> [Variant] {
    var variants = [Variant(name: "", context: context)]
    for (slot, input) in context.command.inputs where !["net", "data", "seeds"].contains(slot) {
      guard let values = try elements(slot, input, context) else { continue }
      variants = variants.flatMap { variant in
        values.map { name, value in
          var changed = variant.context
          changed.substitutes[slot] = value
          return Variant(
            name: (variant.name.isEmpty ? "" : variant.name + " ") + "\(slot)=\(name)",
            context: changed)
        }
      }
    }
    return variants
  }

  /// Lists of layers or of class weights are one value.
  private static let lists: Set<String> = ["only", "freeze", "weights"]

  private static func elements(
    _ slot: String, _ input: CommandInput, _ context: CommandContext
  ) throws -> [(name: String, value: Value)]? {
    guard case .thunk(let thunk) = input else { return nil }
    let value = try thunk.evaluate()
    let values: [Value]
    switch value {
    case .list(let box): values = box.content
    case .tensor(let box) where box.content.rank == 1 && !lists.contains(slot):
      values = box.content.doubles().map { .number($0) }
    default: return nil
    }
    return values.map { value in
      if case .string(let box) = value { return (box.content, value) }
      return (value.inline(), value)
    }
  }
}

/// Trainings that differ in their options, each with the same starts.
private struct PairedComparison {
  private let names: [String]
  /// The last of each measure, by option and start.
  private let results: [[[(series: History.Series, value: Double)]]]
  /// What is compared.
  private let judged: String

  init(_ names: [String], _ histories: [[History]]) {
    self.names = names
    results = histories.map { runs in
      runs.map { history in
        let measured = history.allSeries.filter(\.measure.isFollowed).compactMap { series in
          series.values.last { !$0.isNaN }.map { (series: series, value: $0) }
        }
        // What was measured on rows that are not trained on tells more.
        let isValidated = measured.contains(where: \.series.isValidation)
        return measured.filter { $0.series.isValidation == isValidated }
      }
    }
    judged = results.first?.first?.first?.series.name ?? "loss"
  }

  private func values(_ name: String, _ option: Int) -> [Double] {
    results[option].compactMap { run in run.first { $0.series.name == name }?.value }
  }

  /// An option's measure less the first option's, start by start.
  private func differences(_ option: Int) -> [Double] {
    zip(values(judged, option), values(judged, 0)).map { $0 - $1 }
  }

  private func wins(_ option: Int) -> Int { differences(option).count { $0 < 0 } }

  private static func mean(_ values: [Double]) -> Double {
    values.isEmpty ? .nan : values.reduce(0, +) / Double(values.count)
  }

  /// The standard deviation of single values; nan of one alone.
  private static func deviation(_ values: [Double]) -> Double {
    guard values.count > 1 else { return .nan }
    let mean = mean(values)
    return sqrt(
      values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1))
  }

  private static func text(_ values: [Double], _ measure: Measures.Measure) -> String {
    let deviation = deviation(values)
    return measure.text(mean(values)) + (deviation.isNaN ? "" : " ± \(measure.text(deviation))")
  }

  var table: Table {
    let series = (results.first?.first ?? []).map(\.series)
    var table = Table(
      [("", .left)] + series.map { ($0.name, .right) }
        + [("less the first's", .right), ("wins", .right)])
    let loss = Measures.all[0]
    for option in names.indices {
      var cells = [names[option]]
      cells += series.map { Self.text(values($0.name, option), $0.measure) }
      let differences = differences(option)
      cells.append(
        option == 0
          ? "" : (Self.mean(differences) < 0 ? "" : "+") + Self.text(differences, loss))
      cells.append(option == 0 ? "" : "\(wins(option)) of \(differences.count)")
      table.append(cells)
    }
    return table
  }

  var value: Value {
    func tensor(_ numbers: [Double]) -> Value {
      (try? Tensor(numbers.map(Float.init), Shape(checking: [numbers.count])))
        .map { .tensor(Box($0)) } ?? .none
    }
    let series = (results.first?.first ?? []).map(\.series.name)
    return .fields(
      [("options", .items(names.map { .text($0) }))]
        + series.map { name in
          (name, tensor(names.indices.map { Self.mean(values(name, $0)) }))
        } + [
          ("differences", tensor(names.indices.map { Self.mean(differences($0)) })),
          ("wins", tensor(names.indices.map { Double(wins($0)) })),
        ])
  }
}
