import Testing

@testable import Networks
@testable import Operations
@testable import Tensors

/// The update rules: what their records say, and steps worked out by hand.
@Suite struct UpdateRuleTests {
  /// One weight, which starts at 2; L = (w − 0)² has the gradient 2w.
  private func weights(_ optimizer: Optimizer, steps: Int) throws -> [Double] {
    var net = try network([try Dense(inputs: 1, outputs: 1)])
    try net.setParameter("W1", to: Tensor([2] as [Float], [1, 1]))
    let data = try TrainingData(
      inputs: Tensor([1, -1] as [Float], [2, 1]), targets: Tensor([0, 0] as [Float], [2, 1]))
    var options = TrainingOptions()
    options.optimizer = optimizer
    options.epochs = 1
    return try (0..<steps).map { _ in
      let run = try trainer(net, data, options)
      _ = try run.run()
      net = try run.trained()
      #expect(try net.parameter("b1").doubles() == [0])
      return try net.parameter("W1").doubles()[0]
    }
  }

  /// Of p = ±w the loss's gradient for w is 2w, and that for the bias 0.
  @Test func adagradByHand() throws {
    // g = 4, s = 16: w = 2 − 0.5·4/4 = 1.5. g = 3, s = 25: 1.5 − 0.5·3/5 = 1.2.
    // g = 2.4, s = 30.76: 1.2 − 0.5·2.4/√30.76.
    let steps = try weights(Optimizer(.adagrad, rate: 0.5), steps: 3)
    #expect(difference(steps, [1.5, 1.2, 1.2 - 1.2 / 30.76.squareRoot()]) < 1e-6)
    // With l2 = 1 the gradient is 3w: g = 6, s = 36: w = 2 − 0.5 = 1.5. g = 4.5, s = 56.25.
    let decayed = try weights(Optimizer(.adagrad, rate: 0.5, ["l2": 1]), steps: 2)
    #expect(difference(decayed, [1.5, 1.5 - 0.5 * 4.5 / 7.5]) < 1e-6)
  }

  @Test func rmspropByHand() throws {
    // s = 0.5·16 = 8: w = 2 − 0.1·4/√8.
    let steps = try weights(Optimizer(.rmsprop, rate: 0.1, ["rho": 0.5]), steps: 1)
    #expect(difference(steps, [2 - 0.4 / 8.0.squareRoot()]) < 1e-6)
  }

  @Test(arguments: UpdateRule.all) func recordsAreWhole(_ rule: UpdateRule) throws {
    #expect(UpdateRule.named(rule.name) == rule)
    #expect(Set(rule.settings.map(\.name)).count == rule.settings.count)
    #expect((1...2).contains(rule.states.count))
    for optimizer in [Optimizer(rule), Optimizer(trainingBy: rule)] {
      try optimizer.check()
      // Gradients go straight onto a state only where it is the only one.
      #expect(optimizer.step.retained == nil || rule.states.count == 1)
    }
    var optimizer = Optimizer(rule, rate: 0.25)
    #expect(optimizer.description == "\(rule.name)(0.25)")
    for setting in rule.settings {
      #expect(optimizer[setting.name] == setting.defaultValue)
      optimizer[setting.name] = -1
      #expect(throws: TrainingError.self) { try optimizer.check() }
      optimizer[setting.name] = setting.defaultValue
    }
    #expect(optimizer["no such setting"] == nil)
  }

  /// Another rule starts afresh, the same goes on with what it remembers.
  @Test(arguments: UpdateRule.all) func statesAreKept(_ rule: UpdateRule) throws {
    let sample = try Sample(rows: 6, features: 3, classes: 2)
    var options = TrainingOptions()
    options.optimizer = Optimizer(rule, rate: 0.01)
    options.batch = .full
    options.epochs = 3
    let start = try network([try Dense(inputs: 3, outputs: 2), Softmax()])
    let whole = try trainer(start, sample.data(), options)
    _ = try whole.run()
    options.epochs = 1
    var net = start
    for _ in 0..<3 {
      let part = try trainer(net, sample.data(), options)
      _ = try part.run()
      net = try part.trained()
    }
    #expect(net.optimizerState.buffers.allSatisfy { $0.count == rule.states.count })
    #expect(
      net.parameters.map { $0.tensor.doubles() }
        == (try whole.trained()).parameters.map { $0.tensor.doubles() })
  }
}

/// Optimizers by themselves, outside a training.
@Suite struct OptimizerValueTests {
  static let optimizers: [Optimizer] =
    UpdateRule.all.flatMap { rule in
      [Optimizer(rule, rate: 0.1), Optimizer(rule, rate: 0.1, ["l2": 0.3])]
    } + [
      Optimizer(.sgd, rate: 0.1, ["momentum": 0.9]),
      Optimizer(.sgd, rate: 0.1, ["momentum": 0.9, "nesterov": 1]),
      Optimizer(.sgd, rate: 0.1, ["momentum": 0.9, "l2": 0.3]),
      Optimizer(.sgd, rate: 0.1, ["momentum": 0.9, "clip": 0.5, "l2": 0.3]),
      Optimizer(.adamW, rate: 0.1, ["decay": 0.2]), Optimizer(.adagrad, rate: 0.1, ["clip": 0.5]),
      Optimizer(.lion, rate: 0.1, ["decay": 0.2]),
    ]

  @Test(arguments: optimizers, [ElementType.f32, .f64])
  func agreesWithTheFormula(_ optimizer: Optimizer, _ type: ElementType) throws {
    var optimizer = optimizer
    let start = [0.5, -1.25, 2, 0.125]
    var tensors = [try Tensor(doubles: start, [4], elementType: type)]
    var (w, m, v) = (start, [0.0, 0, 0, 0], [0.0, 0, 0, 0])
    for step in 1...4 {
      let gradient = [0.3, -0.2, 0.7 / Double(step), -1]
      try optimizer.update(
        &tensors, by: [try Tensor(doubles: gradient, [4], elementType: type)], rate: 0.1)
      let scale = Reference.clipping(gradient, optimizer)
      for i in w.indices {
        let g = scale * gradient[i] + (optimizer["l2"] ?? 0) * w[i]
        w[i] = Reference.update(
          w[i], g, &m[i], &v[i], optimizer, rate: 0.1, step: Double(step))
      }
    }
    #expect(tensors[0].elementType == type)
    #expect(difference(tensors[0].doubles(), w) < (type == .f64 ? 1e-12 : 5e-6))
    #expect(optimizer.state.steps == 4)
  }

  @Test func otherShapesAreRefused() throws {
    var optimizer = Optimizer(.adam)
    var first = [try Tensor.zeros([2])]
    try optimizer.update(&first, by: [Tensor.zeros([2])], rate: 0.1)
    var other = [try Tensor.zeros([3])]
    #expect(throws: TrainingError.self) {
      try optimizer.update(&other, by: [Tensor.zeros([3])], rate: 0.1)
    }
  }
}
