import Console
import Language
import Networks
import Tensors

extension Command {
  static let diff = Command(
    "diff", "what has changed between two networks, on some examples",
    details: """
      The losses of both, how many answers have become wrong and how many right, and what each \
      layer's new weights do alone: the loss of the first network with that layer of the second.
      """,
    arguments: [
      .slot("nets", .network, isVariadic: true, "two networks of the same layers"),
      .slot("split", after: "on", .split, "the examples"),
    ],
    result: "a record {loss, wrong, right, layers}",
    examples: [
      .init(
        """
        d = dataset([[0, 1], [1, 0], [0, 2], [2, 0]], [0, 1, 0, 1])
        net = dense(2, 2) |> softmax
        net.W1 = [[-1, 1], [1, -1]]
        other = net
        other.W1 = -net.W1
        diff net, other on d
        """,
        "loss 0.0725 → 3.0725   4 now wrong, 0 now right   layer 1 alone 3.0725")
    ],
    seeAlso: ["at", "test", "compare"]
  ) { context in
    let networks = try context.values("nets").map { value -> Network in
      guard case .network(let box) = value else {
        throw context.mismatch("nets", "networks", value)
      }
      return box.content.network
    }
    guard networks.count == 2 else {
      throw RuntimeError.other(
        "diff takes two networks, and \(networks.count) are given",
        hint: "write diff at(net, 4), net on letters.valid")
    }
    let data = try EvaluationData(context.requiredValue("split"), slot: "split", context)
    guard !data.split.isEmpty else {
      throw RuntimeError.other("there are no examples to compare on: the split is empty", hint: nil)
    }
    let difference = try NetworkDifference(networks[0], networks[1], on: data)
    context.say(difference.line)
    return difference.value
  }
}

/// Two networks beside each other on some examples.
private struct NetworkDifference {
  private let before: Measurement
  private let after: Measurement
  /// How many answers have become wrong, and right; nil where answers are numbers.
  private let changed: (wrong: Int, right: Int)?
  /// The loss of the first with one layer of the second, by the layer's number.
  private let layers: [Double]

  init(_ first: Network, _ second: Network, on data: EvaluationData) throws {
    before = try first.measured(on: data.split)
    after = try second.measured(on: data.split)
    changed = try Self.changes(before, after)
    layers = try Self.exchanges(first, second).map { try $0.measured(on: data.split).loss }
  }

  /// The first network with each of the second's layers in turn.
  private static func exchanges(_ first: Network, _ second: Network) throws -> [Network] {
    let (mine, theirs) = (first.parameters, second.parameters)
    guard mine.map(\.name) == theirs.map(\.name),
      mine.map(\.tensor.shape) == theirs.map(\.tensor.shape)
    else {
      throw RuntimeError.other(
        "the two networks have different layers: \(first.description) and \(second.description)",
        hint: "test shows each by itself")
    }
    let numbers = first.parameterNumbers
    return try Set(numbers).sorted().map { number in
      var mixed = first
      try mixed.setParameters(
        zip(numbers, zip(mine, theirs)).map { $0 == number ? $1.1.tensor : $1.0.tensor })
      return mixed
    }
  }

  private static func changes(
    _ before: Measurement, _ after: Measurement
  ) throws -> (wrong: Int, right: Int)? {
    guard let old = try before.areRight(), let new = try after.areRight(), old.count == new.count
    else { return nil }
    let pairs = zip(old, new)
    return (pairs.count { $0 && !$1 }, pairs.count { !$0 && $1 })
  }

  var line: String {
    var parts = ["loss \(NumberForm.loss(before.loss)) → \(NumberForm.loss(after.loss))"]
    if let changed { parts.append("\(changed.wrong) now wrong, \(changed.right) now right") }
    parts.append(
      layers.enumerated().map { "layer \($0 + 1) alone \(NumberForm.loss($1))" }
        .joined(separator: " · "))
    return parts.joined(separator: "   ")
  }

  var value: Value {
    var fields: [(String, Value)] = [
      ("loss", .items([.number(before.loss), .number(after.loss)]))
    ]
    if let changed {
      fields.append(("wrong", .number(Double(changed.wrong))))
      fields.append(("right", .number(Double(changed.right))))
    }
    return .fields(fields + [("layers", .items(layers.map { .number($0) }))])
  }
}
