import Console
import Datasets
import Language
import Networks
import Platform
import Tensors

/// Examples to measure a network on.
struct EvaluationData {
  let split: Split
  /// The classes' names, where the data set that the split came from is known.
  let names: [String]

  /// - Parameters:
  ///   - value: a split, a data set (its test part, or else its training part), or a record with
  ///     `x` and `y`.
  ///   - context: the command, whose source may name the data set.
  init(_ value: Value, slot: String, _ context: CommandContext) throws {
    switch value {
    case .split(let box):
      split = box.content
      names = Self.names(slot, context)
    case .dataSet(let box):
      let set = box.content
      split = set.test.isEmpty ? set.train : set.test
      names = set.names
    case .record(let box):
      guard let x = try box.content["x"]?.asTensor(), let y = try box.content["y"]?.asTensor()
      else {
        throw context.mismatch(slot, "a split, a data set or a record with x and y", value)
      }
      // Targets of several axes, as images or the steps of a sequence, are taken as they are.
      split =
        y.rank > 2 && x.rank >= 2 && x.shape[0] == y.shape[0]
        ? Split(x: x, y: y, labels: nil, imageDimensions: [])
        : try DataSet(x: x, y: y).train
      names = Showing.strings(box.content["names"])
    default: throw context.mismatch(slot, "a split, a data set or a record with x and y", value)
    }
  }

  /// The names of the data set whose field the argument is: `letters.test`.
  private static func names(_ slot: String, _ context: CommandContext) -> [String] {
    guard case .thunk(let thunk) = context.command.first(slot),
      case .field(let owner, _) = thunk.expression.kind, case .name(let name) = owner.kind,
      case .dataSet(let box)? = context.machine.globals[name]
    else { return [] }
    return box.content.names
  }

  /// What a class is called.
  func name(of index: Int) -> String { names.indices.contains(index) ? names[index] : "\(index)" }
}

extension Network {
  /// The network's measures on a split, whose rows convolutions take as images.
  func measured(on split: Split) throws -> Measurement {
    try NotFiniteData.check(split.x, "inputs")
    try NotFiniteData.check(split.y, "targets")
    return try measured(split.inputs(for: self), split.y)
  }
}

extension Split {
  /// The examples as the network takes them: images, or rows of numbers.
  func inputs(for network: Network) -> Tensor {
    guard let images else { return x }
    if network.takesImages { return images }
    // Sequences, too, come flat and with their axes, steps × features: what the network takes goes in.
    func fits(_ inputs: Tensor) -> Bool {
      (try? network.outputShape(for: Array(inputs.shape.dimensions.dropFirst()))) != nil
    }
    return !fits(x) && fits(images) ? images : x
  }
}

extension Command {
  static let test = Command(
    "test", "measures a network: its loss and the scores that fit the task",
    details: """
      Of a data set the test part is taken. The loss is the one that the network was trained with. \
      Classes are scored by accuracy, a table with precision, recall and F1 of each and their means \
      (macro), the area under the ROC curve (auc: each class against the others, averaged) and, of \
      many classes, how often the right one is among the first 3 and 5; confusion has the true \
      classes in its rows. Several yes or no a row are scored one by one. Numbers have no accuracy, \
      but r2 (the part of the targets' variance that is explained), mae (the mean absolute error) \
      and the worst rows. Sequences of classes have a perplexity.
      """,
    arguments: [
      .slot("net", .network, "the network"),
      .slot("split", after: "on", .split, "the examples"),
    ],
    result:
      "record {loss, accuracy, confusion, names, precision, recall, f1, macro, auc}, or {loss, r2, "
      + "mae, worst}",
    examples: [
      .init(
        """
        d = dataset([[0, 1], [1, 0], [0, 2], [2, 0]], [0, 1, 0, 1], names=["up", "right"])
        net = dense(2, 2) |> softmax
        net.W1 = [[-1, 1], [1, -1]]
        test net on d.train
        """,
        """
        loss 0.0725   accuracy 100.00%   4 examples
        class  examples  precision  recall      F1  most often taken for
        up            2     100.0%  100.0%  100.0%
        right         2     100.0%  100.0%  100.0%
        macro               100.0%  100.0%  100.0%
        AUC 1.0000
        """)
    ],
    seeAlso: ["train", "show", "accuracy"]
  ) { context in
    let network = try context.network("net")
    let data = try EvaluationData(context.requiredValue("split"), slot: "split", context)
    guard !data.split.isEmpty else {
      throw RuntimeError.other(
        "there are no examples to test on: the split is empty", hint: nil)
    }
    var evaluation = try Evaluation(network, data, context)
    return try evaluation.report()
  }
}
