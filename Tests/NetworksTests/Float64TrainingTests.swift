import Operations
import Tensors
import Testing

@testable import Networks

/// A network whose parameters are Float64 trains in it, through every layer and rule.
@Suite struct Float64TrainingTests {
  private static let bodies = ["dense", "activation", "normalized", "dropout"]

  private func layers(_ body: String, hasSoftmax: Bool) throws -> [any Layer] {
    var layers: [any Layer] = [try Dense(inputs: 4, outputs: body == "dense" ? 3 : 5)]
    switch body {
    case "activation": layers.append(ActivationLayer(.tanh))
    case "normalized":
      layers.append(BatchNormalization())
      layers.append(LayerNormalization())
    case "dropout": layers.append(try Dropout(0.3))
    default: break
    }
    if body != "dense" { layers.append(try Dense(outputs: 3)) }
    if hasSoftmax { layers.append(Softmax()) }
    return layers
  }

  private func network(_ layers: [any Layer]) throws -> Network {
    var generator = RandomGenerator(seed: 4)
    var network = try Network(layers, generator: &generator)
    try network.setParameters(network.parameters.map { try $0.tensor.cast(to: .f64) })
    return network
  }

  private func data() throws -> TrainingData {
    var generator = RandomGenerator(seed: 9)
    let x = try generator.normal([10, 4]).cast(to: .f64)
    let shifted = try Tensor.apply(.add, x, .scalar(1e-9))
    let labels = (0..<10).flatMap { row in (0..<3).map { $0 == row % 3 ? 1.0 : 0 } }
    return try TrainingData(
      inputs: shifted, targets: Tensor(doubles: labels, [10, 3], elementType: .f64))
  }

  /// One step of plain descent is W − rate·gradient, by the tape in Float64, to its last digits.
  @Test(arguments: ["dense", "activation"], [false, true])
  func aStepIsTheGradients(body: String, hasSoftmax: Bool) throws {
    let network = try network(layers(body, hasSoftmax: hasSoftmax))
    var options = TrainingOptions()
    options.batch = .full
    options.optimizer = Optimizer(.sgd, rate: 0.25)
    let trainer = try Trainer(network, data: data(), options: options)
    let losses = try trainer.takeSteps(1)
    let (x, y) = (Variable(try data().inputs), Variable(try data().targets))
    func loss(_ parameters: [Variable]) throws -> Variable {
      let output = try network.forward(x, parameters: parameters)
      return hasSoftmax
        ? try .divide(.sum(.multiply(y, .log(output))), Variable(-10))
        : try .mean(.multiply(output - y, output - y))
    }
    let start = network.parameters.map(\.tensor)
    let gradients = try gradient(of: loss, at: start)
    #expect(abs((try loss(start.map { Variable($0) }).tensor.item ?? .nan) - losses[0]) < 1e-13)
    for (index, after) in try trainer.trained().parameters.enumerated() {
      #expect(after.tensor.elementType == .f64)
      let expected = zip(start[index].doubles(), gradients[index].doubles()).map { $0 - 0.25 * $1 }
      for (one, other) in zip(after.tensor.doubles(), expected) {
        #expect(abs(one - other) < 1e-14, "\(after.name)")
      }
    }
  }

  /// Whatever the layers and the rule, the numbers stay near those of Float32 and keep their type.
  @Test(arguments: bodies, UpdateRule.all.map(\.name))
  func everythingTrainsInIt(body: String, rule: String) throws {
    var options = TrainingOptions()
    (options.epochs, options.batch) = (3, .rows(4))
    options.optimizer = Optimizer(try #require(UpdateRule.named(rule)), rate: 0.01)
    func trained(_ network: Network) throws -> Network {
      let trainer = try Trainer(network, data: data(), options: options)
      #expect(try trainer.run().ending == .finished)
      return try trainer.trained()
    }
    let wide = try network(layers(body, hasSoftmax: true))
    var narrow = wide
    try narrow.setParameters(wide.parameters.map { try $0.tensor.cast(to: .f32) })
    let (a, b) = (try trained(wide), try trained(narrow))
    for (one, other) in zip(a.parameters, b.parameters) {
      #expect(one.tensor.elementType == .f64 && other.tensor.elementType == .f32)
      // A bias before the normalization changes nothing: its gradient is rounding alone.
      if body == "normalized", one.name == "b1" { continue }
      let largest = zip(one.tensor.doubles(), other.tensor.doubles()).map { abs($0 - $1) }.max()
      #expect(largest ?? 1 < 1e-3, "\(one.name)")
      // Not Float32's numbers, written wider.
      #expect(one.tensor.doubles().contains { Double(Float($0)) != $0 })
    }
    #expect(a.statistics.allSatisfy { $0.elementType == .f64 })
    #expect(abs((a.history.loss.last ?? 0) - (b.history.loss.last ?? 1)) < 1e-4)
  }
}
