import Console
import Datasets
import Language
import Networks
import Tensors

extension Command {
  static let preflight = Command(
    "preflight", "looks for what will make a training fail, before it begins",
    details: """
      Of the data: range and scale, constant and duplicate columns, labels, how the classes are \
      spread, rows that train shares with valid and test. Of the network: whether loss and last \
      layer fit, layers that no activation parts, dead and saturated units, the loss at the start, \
      gradients against differences. Then copies are trained for a few seconds: 20 rows must be \
      learnt by heart, and the whole must do better than with blank inputs and with shuffled \
      targets. ✗ is a fault, with a remedy below it; · is worth knowing. The network stays as it is.
      """,
    arguments: [
      .slot("net", .network, "the network"),
      .slot("data", after: "on", .dataSet, "a data set, a split or a record with x and y"),
      .option(
        "loss", .function, default: .computed("what train would take"),
        words: Loss.allCases.map(\.rawValue), misnomers: ["criterion", "objective"],
        "what is to be made small"),
    ],
    result: "a record {ok, wrong, remarks, right}",
    examples: [
      .init(
        """
        load moons
        net = dense(2, 16) |> relu |> dense(2)
        r = preflight net on moons
        r.wrong
        """, "[\"last layer\"]")
    ],
    seeAlso: ["train", "describe", "find", "check"]
  ) { context in
    let findings = try Preflight(context).findings()
    Finding.tell(findings, in: context)
    return Finding.value(of: findings)
  }
}

/// A network and the data that it is to be trained on, before that happens.
struct Preflight {
  let context: CommandContext
  /// With all layers completed by the data.
  let network: Network
  let train: Split
  /// The other parts that have rows, by their names.
  let held: [(name: String, split: Split)]
  /// What network and data are called in remedies.
  let netName: String
  let dataName: String
  /// How the parts are written, those to train on first.
  let partNames: [String]
  /// How the inputs to train on are written.
  var inputsName: String { partNames[0] + ".x" }
  /// The loss that would be trained, and the one that was asked for.
  let loss: Loss
  let requestedLoss: Loss?
  /// Why that loss cannot be trained; nil where it can.
  let lossProblem: String?
  let task: LearningTask

  init(_ context: CommandContext) throws {
    self.context = context
    let value = try context.requiredValue("data")
    if case .dataSet(let box) = value {
      let set = box.content
      train = set.train
      held = [("valid", set.valid), ("test", set.test)].filter { !$0.1.isEmpty }
        .map { (name: $0.0, split: $0.1) }
    } else {
      train = try EvaluationData(value, slot: "data", context).split
      held = []
    }
    // What is no name cannot be assigned to.
    func name(_ slot: String, or other: String) -> String {
      let text = context.command.first(slot).map { context.sourceText($0) } ?? other
      return text.allSatisfy { $0.isLetter || $0.isNumber || "_.".contains($0) } ? text : other
    }
    let data = name("data", or: "d")
    (netName, dataName) = (name("net", or: "net"), data)
    if case .dataSet = value {
      partNames = (["train"] + held.map(\.name)).map { data + "." + $0 }
    } else {
      partNames = [data]
    }
    guard !train.isEmpty else { throw TrainingError.noRows }
    var network = try context.network("net")
    network.past = nil
    let inputs = train.inputs(for: network)
    try network.resolve(input: Array(inputs.shape.dimensions.dropFirst()))
    self.network = network
    requestedLoss = try TrainingSettings(context).options().loss
    (loss, lossProblem, task) = try Self.purpose(of: network, requestedLoss, train)
  }

  /// Of a training that has been made.
  ///
  /// - Parameters:
  ///   - network: as it was before, all of its layers completed.
  ///   - held: what it was validated on; nil for nothing.
  init(
    _ context: CommandContext, _ network: Network, netName: String, dataName: String,
    train: Split, held: Split?, loss requested: Loss?
  ) throws {
    self.context = context
    self.network = network
    self.netName = netName
    self.dataName = dataName
    self.train = train
    self.held = held.map { [("valid", $0)] } ?? []
    partNames = held == nil ? [dataName] : [dataName + ".train", dataName + ".valid"]
    requestedLoss = requested
    (loss, lossProblem, task) = try Self.purpose(of: network, requested, train)
  }

  /// What would be trained, why it cannot be, and what the examples ask for.
  private static func purpose(
    of network: Network, _ requested: Loss?, _ train: Split
  ) throws -> (Loss, String?, LearningTask) {
    let inputs = train.inputs(for: network)
    let targets = network.fitted(targets: train.y, inputs: inputs)
    let few = min(8, train.count)
    let (loss, problem) = network.lossOrProblem(
      requested, try inputs.rows(0..<few), try train.y.rows(0..<few), fitted: targets)
    return (loss, problem, LearningTask(network, loss: loss, inputs: inputs, targets: targets))
  }

  /// All checks, in the order in which a person would make them.
  func findings() throws -> [Finding] {
    if let broken = try finiteness() { return [broken] }
    var found = try [range(), columns()].compactMap { $0 } + labels()
    found += try [sharedRows(), lastLayer(), layersInARow(), units(), firstLoss()].compactMap { $0 }
    // Where the shapes do not fit there is nothing to train.
    guard outputFits else { return found }
    found += try [gradients(), twentyRows()]
    return try found + controls()
  }

  /// Whether the network gives rows like the targets, which the loss compares.
  var outputFits: Bool {
    guard lossProblem == nil else { return false }
    let inputs = train.inputs(for: network)
    let targets = network.fitted(targets: train.y, inputs: inputs)
    return (try? outputShape()) == Array(targets.shape.dimensions.dropFirst())
      || loss.recorded != nil
  }

  /// What the network gives for a row.
  func outputShape() throws -> [Int] {
    try network.outputShape(
      for: Array(train.inputs(for: network).shape.dimensions.dropFirst()))
  }

  /// So many rows of a part, from all over it.
  func rows(_ split: Split, atMost count: Int) throws -> Split {
    guard split.count > count else { return split }
    return try split.selecting((0..<count).map { $0 * split.count / count })
  }
}

extension Network {
  /// The loss that would be trained; where it cannot be, why.
  ///
  /// - Parameters:
  ///   - inputs: some rows, beside their targets.
  ///   - fitted: all targets as the network is to give them.
  fileprivate func lossOrProblem(
    _ requested: Loss?, _ inputs: Tensor, _ targets: Tensor, fitted: Tensor
  ) -> (Loss, String?) {
    var found = Loss.meanSquaredError
    do {
      found = try loss(requested: requested, for: fitted)
      let output = try outputShape(for: Array(inputs.shape.dimensions.dropFirst()))
      // Shapes that do not fit have a finding of their own.
      if output == Array(fitted.shape.dimensions.dropFirst()) {
        var options = TrainingOptions()
        options.loss = requested
        _ = try Trainer(
          self, data: TrainingData(inputs: inputs, targets: targets), options: options)
      }
      return (found, nil)
    } catch {
      return (found, RuntimeError(error).message)
    }
  }
}
