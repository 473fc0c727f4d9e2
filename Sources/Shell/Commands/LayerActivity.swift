import Console
import Language
import Networks
import Plot
import Syntax
import Tensors

/// What `describe NET on DATA` prints: what each layer gives for the examples, and the gradients of
/// the loss by each parameter.
struct LayerActivity {
  private let context: CommandContext
  private let network: Network
  private let x: Tensor
  private let y: Tensor
  private let loss: Loss

  /// Examples that are looked at.
  private static let mostRows = 1000

  init(_ context: CommandContext, _ network: Network) throws {
    self.context = context
    let data = try EvaluationData(context.requiredValue("split"), slot: "split", context)
    guard !data.split.isEmpty else {
      throw RuntimeError.other("there are no examples: the split is empty", hint: nil)
    }
    let split = try data.split.rows(0..<min(data.split.count, Self.mostRows))
    self.network = network
    try NotFiniteData.check(split.x, "inputs")
    x = split.inputs(for: network)
    y = split.y
    loss = try network.measured(on: split).lossKind
  }

  func exhibits() throws -> [Exhibit] {
    var table = Table([
      ("layer", .left), ("gives", .left), ("mean", .right), ("std", .right), ("dead", .right),
      ("saturated", .right), ("values", .left),
    ])
    var input = x
    for (position, layer) in network.layers.enumerated() {
      try Interrupt.check()
      let output = try network.part([position]).forward(input)
      table.append(try row(layer.description, output))
      input = output
    }
    let heading = "\(x.shape.dimensions[0]) examples"
    return [.lines([heading]), .table(table), .lines([""]), try gradients()]
  }

  private func row(_ name: String, _ output: Tensor) throws -> [String] {
    let numbers = try output.guardedDoubles()
    let count = Double(max(1, numbers.count))
    let mean = numbers.reduce(0, +) / count
    let variance = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    let sizes = output.shape.dimensions
    let shape = (["N"] + sizes.dropFirst().map(String.init)).joined(separator: "×")
    return [
      name, shape, NumberForm.significant(mean, 3),
      NumberForm.significant(variance.squareRoot(), 3), Self.dead(numbers, rows: sizes[0]),
      Self.saturated(numbers, name), try Self.bars(numbers),
    ]
  }

  /// The share of units that are 0 for every example.
  private static func dead(_ numbers: [Double], rows: Int) -> String {
    let units = numbers.count / max(1, rows)
    guard units > 0 else { return "" }
    var isAlive = [Bool](repeating: false, count: units)
    for (place, number) in numbers.enumerated() where number != 0 { isAlive[place % units] = true }
    let dead = isAlive.count { !$0 }
    return dead > 0 ? NumberForm.percent(Double(dead) / Double(units)) : ""
  }

  /// The share of outputs at the flat ends of a layer that has such ends.
  private static func saturated(_ numbers: [Double], _ name: String) -> String {
    let isAtEnd: (Double) -> Bool
    switch name {
    case "tanh": isAtEnd = { abs($0) > 0.99 }
    case "sigmoid": isAtEnd = { $0 < 0.01 || $0 > 0.99 }
    default: return ""
    }
    return NumberForm.percent(Double(numbers.count(where: isAtEnd)) / Double(max(1, numbers.count)))
  }

  /// A small histogram with its ends: `-1 ▂▅█▃ 2`.
  private static func bars(_ numbers: [Double]) throws -> String {
    let finite = numbers.lazy.filter(\.isFinite)
    guard let least = finite.min(), let greatest = finite.max(), least < greatest else {
      return numbers.first.map { "all \(NumberForm.significant($0, 3))" } ?? ""
    }
    let histogram = try Histogram(NumberBlocks(numbers), in: least...greatest, bins: 12)
    return NumberForm.significant(least, 2) + " " + histogram.lines(height: 1).joined() + " "
      + NumberForm.significant(greatest, 2)
  }

  // MARK: gradients

  private func gradients() throws -> Exhibit {
    let source = SourceText("grad \(loss.rawValue)(y, net(x)) wrt net", name: "describe")
    let value: Value
    do {
      value = try context.machine.evaluate(
        try Parser.parseExpression(source), in: source,
        variables: [
          ("net", .network(Box(NetworkValue(network)))), ("x", .tensor(Box(x))),
          ("y", .tensor(Box(y))),
        ])
    } catch {
      let failure = RuntimeError(error)
      if failure.isInterruption { throw error }
      return .lines(["no gradients of \(loss.rawValue): \(failure.message)"])
    }
    guard case .record(let box) = value else { return .lines([]) }
    var table = Table([
      ("gradient by", .left), ("shape", .left), ("norm", .right), ("of the weights'", .right),
      ("values", .left),
    ])
    for (name, part) in zip(box.content.names, box.content.values) {
      guard let gradient = try part.asTensor() else { continue }
      let numbers = try gradient.guardedDoubles()
      let norm = Self.norm(numbers)
      let own =
        try network.parameters.first { $0.name == name }
        .map { Self.norm(try $0.tensor.guardedDoubles()) } ?? 0
      table.append([
        name, "\(gradient.shape)", NumberForm.significant(norm, 3),
        own > 0 ? NumberForm.percent(norm / own) : "", try Self.bars(numbers),
      ])
    }
    return .table(table)
  }

  private static func norm(_ numbers: [Double]) -> Double {
    numbers.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }
}
