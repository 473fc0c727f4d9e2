import Console
import Datasets
import Networks
import Platform
import Tensors

/// What is looked for in the network, and where it begins.
extension Preflight {
  /// Dense layers or convolutions with nothing between that is not linear; nil for a single one.
  func layersInARow() throws -> Finding? {
    var lastLinear: Int?
    for (place, layer) in network.layers.enumerated() {
      if layer is Dense || layer is ConvolutionLayer {
        if let before = lastLinear {
          return Finding(
            "activations", .wrong,
            "nothing bends between layer \(before + 1), \(network.layers[before].description), and "
              + "layer \(place + 1), \(layer.description): together they are one linear layer",
            remedy: "\(netName) = \(netName)[0:\(before + 1)] |> relu |> "
              + "\(netName)[\(before + 1):\(network.layers.count)]")
        }
        lastLinear = place
      } else if !(layer is Dropout || layer is Flatten || layer is BatchNormalization) {
        lastLinear = nil
      }
    }
    let count = network.layers.count { $0 is Dense || $0 is ConvolutionLayer }
    return count > 1 ? Finding("activations", .right, "between all layers with weights") : nil
  }

  /// The layer whose units are idle more than those of any other.
  struct IdleUnits {
    /// Where it stands in the network, from 1.
    let position: Int
    let name: String
    let share: Double
    /// Whether they are 0 for every row, rather than at the flat ends of their function.
    let isDead: Bool

    /// Whether so many are idle that little can be learnt.
    var isFault: Bool { share > (isDead ? 0.9 : 0.6) }

    var words: String {
      "\(NumberForm.percent(share)) of layer \(position), \(name), "
        + (isDead ? "are 0 for every row" : "lie at its flat ends")
    }
  }

  /// What of the units is 0 for every row, or at the flat ends of their function, with the weights
  /// as they are.
  ///
  /// - Returns: whether any layer can have such, and the one that has most.
  func idleUnits() throws -> (isPossible: Bool, worst: IdleUnits?) {
    // Statistics that are only measured in training would not be those of the data yet.
    guard !network.differsInTraining || network.history.count > 0 else { return (false, nil) }
    var input = try rows(train, atMost: 300).inputs(for: network)
    var worst: IdleUnits?
    var isPossible = false
    for (place, layer) in network.layers.enumerated() {
      try Interrupt.check()
      let output = try network.part([place]).forward(input)
      input = output
      guard place < network.layers.count - 1 else { break }
      guard let share = try Self.idleShare(of: layer.description, output) else { continue }
      isPossible = true
      guard share > worst?.share ?? 0 else { continue }
      worst = IdleUnits(
        position: place + 1, name: layer.description, share: share, isDead: layer.isRectifier)
    }
    return (isPossible, worst)
  }

  /// The same as a finding; nil where no layer can have such.
  func units() throws -> Finding? {
    let (isPossible, worst) = try idleUnits()
    guard isPossible else { return nil }
    guard let worst, worst.share > 0.3 else {
      return Finding(
        "units", .right, worst.map { "at most " + $0.words } ?? "none dead or saturated")
    }
    return Finding(
      "units", worst.isFault ? .wrong : .remark, worst.words,
      remedy: worst.isFault ? "reset \(netName)" : nil)
  }

  /// The share of a layer's outputs that no row moves, or that lie where its function is flat; nil
  /// for a layer that has neither.
  private static func idleShare(of layer: String, _ output: Tensor) throws -> Double? {
    let numbers = try output.guardedDoubles()
    let count = Double(max(1, numbers.count))
    switch layer {
    case "relu":
      let units = max(1, numbers.count / max(1, output.shape.dimensions.first ?? 1))
      var isAlive = [Bool](repeating: false, count: units)
      for (unit, number) in numbers.enumerated() where number > 0 { isAlive[unit % units] = true }
      return Double(isAlive.count { !$0 }) / Double(units)
    case "tanh": return Double(numbers.count { abs($0) > 0.99 }) / count
    case "sigmoid": return Double(numbers.count { $0 < 0.01 || $0 > 0.99 }) / count
    default: return nil
    }
  }

  /// Whether the loss is that of somebody who knows nothing.
  func firstLoss() throws -> Finding? {
    guard outputFits else { return nil }
    let first = try lossOfStep(rows(train, atMost: 2000))
    let words = NumberForm.loss(first)
    if network.history.count > 0 || network.optimizerState.steps > 0 {
      return Finding("first loss", .remark, "\(words): the network has been trained before")
    }
    guard loss == .crossEntropy, task == .classes,
      let classes = try outputShape().last, classes > 1
    else { return Finding("first loss", .right, words) }
    let ignorant = log(Double(classes))
    let expected = "ln \(classes) = \(NumberForm.loss(ignorant)) is that of equal chances"
    if first > 2 * ignorant + 1 {
      return Finding(
        "first loss", .wrong, "\(words), where \(expected): it is sure of wrong answers",
        remedy: "describe \(netName) on \(dataName)")
    }
    return Finding("first loss", .right, "\(words); \(expected)")
  }
}

extension Preflight {
  /// The loss of a step of training that changes nothing.
  private func lossOfStep(_ part: Split) throws -> Double {
    var options = TrainingOptions()
    options.batch = .full
    options.loss = requestedLoss
    options.optimizer = Optimizer(.sgd, rate: 0.0)
    let trainer = try Trainer(
      network, data: TrainingData(inputs: part.inputs(for: network), targets: part.y),
      options: options)
    return try trainer.takeSteps(1).first ?? .nan
  }
}
