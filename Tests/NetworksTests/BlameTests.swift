import Testing

@testable import Networks
@testable import Tensors

/// The shares of rows in what a training has done.
@Suite struct BlameTests {
  static let optimizers: [@Sendable () -> Optimizer] = [
    { Optimizer(.sgd, rate: 0.2) }, { .sgd(rate: 0.05, momentum: 0.9) },
    { .sgd(rate: 0.05, momentum: 0.9, l2: 0.02) },
    { .sgd(rate: 0.05, momentum: 0.8, nesterov: true, l2: 0.02) },
    { Optimizer(.sgd, rate: 0.1, ["momentum": 0.9, "clip": 0.2]) },
    { Optimizer(.sgd, rate: .cosine(rate: 0.2, final: 0, epochs: 4)) },
    { Optimizer(.adam, rate: 0.02) }, { Optimizer(.adamW, rate: 0.02) },
    { Optimizer(.adam, rate: 0.02, ["l2": 0.01]) }, { Optimizer(.rmsprop, rate: 0.01) },
    { Optimizer(.adagrad, rate: 0.05) },
  ]

  private static func start() throws -> Network {
    try network([
      try Dense(outputs: 6), ActivationLayer(.relu), try Dropout(0.2), try Dense(outputs: 3),
      Softmax(),
    ])
  }

  private static func trained(
    _ network: Network, _ optimizer: Optimizer, epochs: Int = 4, batch: BatchSize = .rows(7)
  ) throws -> Network {
    var options = TrainingOptions()
    options.epochs = epochs
    options.batch = batch
    options.optimizer = optimizer
    let trainer = try trainer(
      network, Sample(rows: 30, features: 4, classes: 3).data(), options)
    trainer.remember()
    _ = try trainer.run()
    return try trainer.finished()
  }

  /// Each is seen in a process of its own: the past's limit is one for all networks.
  private static let claims: [@Sendable () throws -> Void] =
    optimizers.indices.map { rule in { @Sendable in try sharesMakeUpTheWhole(rule) } } + [
      aRowsShareIsItsOwnStep, momentumOfAnEarlierTrainingIsNamed, whatCannotBeFollowedIsSaid,
      rowsLikeAnExampleMakeItsAnswer,
    ]

  @Test(arguments: claims.indices) func holds(claim: Int) async {
    await #expect(processExitsWith: .success) { [claim] in try BlameTests.claims[claim]() }
  }

  private static func sharesMakeUpTheWhole(_ rule: Int) throws {
    let network = try trained(start(), optimizers[rule]())
    for (name, tensor) in network.parameters {
      for element in [0, tensor.count - 1] {
        let blame = try network.blame(parameter: name, element: element)
        #expect(blame.after == tensor.doubles()[element])
        #expect(abs(blame.rest) < 2e-6, "\(name) \(element): \(blame.rest)")
        #expect(blame.rows.count == 30)
      }
    }
  }

  /// In one step of plain descent a row has done what it does alone.
  private static func aRowsShareIsItsOwnStep() throws {
    var begun = try network([
      try Dense(outputs: 6), ActivationLayer(.tanh), try Dense(outputs: 3), Softmax(),
    ])
    try begun.resolve(input: [4])
    let sample = try Sample(rows: 30, features: 4, classes: 3)
    let network = try trained(begun, Optimizer(.sgd, rate: 0.3), epochs: 1, batch: .full)
    let blame = try network.blame(parameter: "W1", element: 5)
    for row in [0, 11, 29] {
      var options = TrainingOptions()
      options.epochs = 1
      options.optimizer = Optimizer(.sgd, rate: 0.3)
      let alone = try trainer(
        begun,
        TrainingData(
          inputs: sample.inputs.rows(row..<row + 1), targets: sample.targets.rows(row..<row + 1)),
        options)
      _ = try alone.run()
      let moved =
        try alone.trained().parameter("W1").doubles()[5] - begun.parameter("W1").doubles()[5]
      #expect(abs(blame.rows[row] - moved / 30) < 1e-6)
    }
  }

  private static func momentumOfAnEarlierTrainingIsNamed() throws {
    let optimizer = Optimizer.sgd(rate: 0.05, momentum: 0.9)
    let network = try trained(trained(start(), optimizer), optimizer, epochs: 2)
    let blame = try network.blame(parameter: "W2", element: 3)
    #expect(blame.earlier != 0 && blame.epochs == 2)
    #expect(abs(blame.rest) < 1e-6)
  }

  private static func whatCannotBeFollowedIsSaid() throws {
    #expect(throws: TrainingError.self) { try start().blame(parameter: "W1", element: 0) }
    let lion = try trained(start(), Optimizer(.lion, rate: 0.01))
    #expect(throws: TrainingError.self) { try lion.blame(parameter: "W1", element: 0) }
    let network = try trained(start(), Optimizer(.sgd, rate: 0.1))
    #expect(throws: NetworkError.self) { try network.blame(parameter: "W7", element: 0) }
    #expect(throws: NetworkError.self) { try network.blame(parameter: "W1", element: 1000) }
    // Its weights lie in a normalization, whose rows are not apart.
    let normalized = try trained(
      Network.testing([BatchNormalization(), try Dense(outputs: 3), Softmax()]),
      Optimizer(.sgd, rate: 0.1))
    #expect(throws: TrainingError.self) { try normalized.blame(parameter: "gamma1", element: 0) }
  }

  /// Rows are told apart in every layer that does not look at whole batches, by its own stages and
  /// by what is recorded of it.
  @Test(arguments: RecordedLayerTests.cases.indices, [true, false])
  func everyLayer(of example: Int, ownStages: Bool) async {
    await #expect(processExitsWith: .success) { [example, ownStages] in
      StageBuilder.usesOwnStages = ownStages
      try BlameTests.sharesMakeUpTheWhole(RecordedLayerTests.cases[example])
    }
  }

  private static func sharesMakeUpTheWhole(_ example: RecordedLayerTests.Case) throws {
    var start = try network(example.layers())
    try start.resolve(input: example.input)
    let data = try example.data(rows: 18)
    var options = TrainingOptions()
    options.epochs = 2
    options.batch = .rows(7)
    options.optimizer = .sgd(rate: 0.05, momentum: 0.9)
    let trainer = try trainer(start, data, options)
    trainer.remember()
    _ = try trainer.run()
    let network = try trainer.finished()
    let mixing = network.layers.filter { $0.needsWholeBatch(for: example.input) }
    for (name, tensor) in network.parameters {
      for element in Set([0, tensor.count / 2, tensor.count - 1]) {
        do {
          let blame = try network.blame(parameter: name, element: element)
          #expect(abs(blame.rest) < 5e-6, "\(example.name), \(name) \(element): \(blame.rest)")
        } catch TrainingError.cannotBlame {
          #expect(!mixing.isEmpty, "\(example.name), \(name)")
        }
      }
    }
    let answer = try network.blame(answer: data.targets.rows(0..<1), to: data.inputs.rows(0..<1))
    #expect(answer.leftOut.isEmpty || !mixing.isEmpty, "\(example.name): \(answer.leftOut)")
  }

  /// What a row does to an answer through every layer is what its step alone does, to first order.
  @Test(arguments: RecordedLayerTests.cases.indices, [true, false])
  func pullsOfEveryLayer(of example: Int, ownStages: Bool) async {
    await #expect(processExitsWith: .success) { [example, ownStages] in
      StageBuilder.usesOwnStages = ownStages
      try BlameTests.pullsMakeUpTheFall(RecordedLayerTests.cases[example])
    }
  }

  private static func pullsMakeUpTheFall(_ example: RecordedLayerTests.Case) throws {
    var start = try network(example.layers())
    try start.resolve(input: example.input)
    let differs = start.layers.contains { $0.differsInTraining || $0.needsWholeBatch }
    guard !differs else { return }
    let data = try example.data(rows: 5)
    var options = TrainingOptions()
    options.batch = .full
    options.epochs = 1
    options.optimizer = Optimizer(.sgd, rate: 1e-4)
    let trainer = try trainer(start, data, options)
    trainer.remember()
    _ = try trainer.run()
    let blame = try trainer.finished().blame(
      answer: data.targets.rows(1..<2), to: data.inputs.rows(1..<2))
    let (sum, fallen) = (blame.rows.reduce(0, +), blame.before - blame.after)
    #expect(abs(sum - fallen) < 0.05 * abs(fallen) + 1e-6, "\(example.name): \(sum), \(fallen)")
  }

  /// A row that was trained on lowers its own loss more than others do.
  private static func rowsLikeAnExampleMakeItsAnswer() throws {
    var begun = try network([try Dense(outputs: 3), Softmax()])
    try begun.resolve(input: [4])
    let network = try trained(begun, Optimizer(.sgd, rate: 0.05), epochs: 1, batch: .full)
    let sample = try Sample(rows: 30, features: 4, classes: 3)
    let row = 4
    let blame = try network.blame(
      answer: sample.targets.rows(row..<row + 1), to: sample.inputs.rows(row..<row + 1))
    #expect(blame.rows[row] > 0)
    #expect(abs(blame.rows.reduce(0, +) - (blame.before - blame.after)) < 0.05 * blame.before)
    let own = try #require(blame.rows.max())
    let classes = sample.targets.doubles()
    let strongest = try #require(blame.rows.firstIndex(of: own))
    #expect(classes[3 * strongest..<3 * strongest + 3] == classes[3 * row..<3 * row + 3])
  }
}

extension Network {
  fileprivate static func testing(_ layers: [any Layer]) throws -> Network {
    var generator = RandomGenerator(seed: 11)
    return try Network(layers, generator: &generator)
  }
}
