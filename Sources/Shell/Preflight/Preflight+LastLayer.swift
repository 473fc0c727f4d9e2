import Console
import Datasets
import Networks
import Tensors

/// Whether loss and last layer are made for each other, and for the targets.
extension Preflight {
  func lastLayer() throws -> Finding {
    if let lossProblem { return wrong(lossProblem) }
    let last = network.layers.last?.description ?? ""
    return try misshapen() ?? softmaxFault(last) ?? targetsOutOfReach()
      ?? Finding("last layer", .right, "\(last), trained with \(loss.rawValue)")
  }

  private func wrong(_ text: String, remedy: String? = nil) -> Finding {
    Finding("last layer", .wrong, text, remedy: remedy)
  }

  /// The network without its last layer, as it is written.
  private var body: String { "\(netName)[0:\(network.layers.count - 1)]" }

  private func misshapen() throws -> Finding? {
    if outputFits { return nil }
    func words(_ shape: some Sequence<Int>) -> String {
      shape.map(String.init).joined(separator: "×")
    }
    let targets = train.y.shape.dimensions.dropFirst()
    return wrong(
      "the network gives \(words(try outputShape())) a row, and the targets are \(words(targets))",
      remedy: "\(netName) = \(body) |> dense(\(targets.last ?? 1))")
  }

  /// What a softmax, or one that is missing, makes of the targets and the loss.
  private func softmaxFault(_ last: String) throws -> Finding? {
    let softmaxes = network.layers.indices.filter { network.layers[$0] is Softmax }
    if softmaxes.count > 1 {
      return wrong(
        "softmax stands in it twice: the second makes all classes alike",
        remedy: "\(netName) = \(body)")
    }
    guard softmaxes.last == network.layers.count - 1 else {
      guard train.labels != nil, loss == .meanSquaredError, last != "sigmoid" else { return nil }
      return wrong(
        "the targets are classes, and \(last) at the end trains them as numbers",
        remedy: "\(netName) = \(netName) |> softmax")
    }
    if TargetKind(train.y) == .bits, train.y.rank == 2 {
      return wrong(
        "rows of the targets hold several ones or none, and softmax shares one 1 among them",
        remedy: "\(netName) = \(body) |> sigmoid")
    }
    if train.labels == nil, task == .numbers {
      return wrong(
        "softmax gives shares of 1, and the targets are numbers", remedy: "\(netName) = \(body)")
    }
    if ["mse", "mae", "huber"].contains(loss.rawValue) {
      return wrong(
        "after softmax \(loss.rawValue) hardly learns from what is quite wrong",
        remedy: "train \(netName) on \(dataName) loss=cross_entropy")
    }
    let before = network.layers.count - 2
    return before >= 0 && network.layers[before].isRectifier ? try rectifiedLogits() : nil
  }

  /// A rectifier before softmax is a fault where it leaves a class without any logit.
  private func rectifiedLogits() throws -> Finding {
    let inputs = try rows(train, atMost: 500).inputs(for: network)
    let logits = try network.part(Array(0..<network.layers.count - 1)).forward(inputs)
    let width = max(1, logits.shape.dimensions.last ?? 1)
    var isAlive = [Bool](repeating: false, count: width)
    for (place, number) in try logits.guardedDoubles().enumerated() where number > 0 {
      isAlive[place % width] = true
    }
    let dead = isAlive.count { !$0 }
    return Finding(
      "last layer", dead > 0 ? .wrong : .remark,
      dead > 0
        ? "relu before softmax leaves \(dead) of \(width) classes without a logit above 0: they get no "
          + "gradient"
        : "relu before softmax cuts the logits at 0; here it leaves every class some",
      remedy: dead > 0 ? "leave the relu before softmax out" : nil)
  }

  /// Numbers to predict that the last activation never gives.
  private func targetsOutOfReach() throws -> Finding? {
    guard task == .numbers, let last = network.layers.last else { return nil }
    let targets = try rows(train, atMost: 2000).y.guardedDoubles()
    let (least, greatest) = (targets.min() ?? 0, targets.max() ?? 0)
    let reach: ClosedRange<Double>? =
      last.isRectifier
      ? 0...Double.infinity
      : last.description == "sigmoid" ? 0...1 : last.description == "tanh" ? -1...1 : nil
    guard let reach, least < reach.lowerBound || greatest > reach.upperBound else { return nil }
    return Finding(
      "last layer", .wrong,
      "\(last.description) never gives the targets, which go from \(NumberForm.significant(least, 3)) "
        + "to \(NumberForm.significant(greatest, 3))",
      remedy: "\(netName) = \(netName)[0:\(network.layers.count - 1)]")
  }
}
