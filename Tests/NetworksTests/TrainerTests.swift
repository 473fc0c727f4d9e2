import Testing

@testable import Networks
@testable import Tensors

/// The trainer against training written out with the tape. Serialized: some tests ask for an
/// interruption, which is for the whole process.
@Suite(.serialized) struct TrainerTests {
  static let optimizers: [Optimizer] =
    [
      .sgd(rate: 0.1), .sgd(rate: 0.05, momentum: 0.9), .sgd(rate: 0.05, momentum: 0.9, l2: 0.01),
      .sgd(rate: 0.05, momentum: 0.9, nesterov: true, l2: 0.01),
      .sgd(
        rate: .warmup(epochs: 2, then: .cosine(rate: 0.2, final: 0.01, epochs: 3)), momentum: 0.5),
    ]
    + UpdateRule.all.flatMap { rule in
      // Each as it is, and with every number of its own another one.
      [
        Optimizer(rule, rate: 0.01),
        Optimizer(
          rule, rate: 0.02,
          Dictionary(
            uniqueKeysWithValues: rule.settings.map {
              (
                $0.name,
                $0.range == .flag ? 1 : $0.range == .fraction ? 0.7 : $0.name == "clip" ? 0.5 : 0.03
              )
            })),
      ]
    }

  /// Trains both for some epochs without shuffling; the batch of 8 leaves a remainder of 4.
  func compare(
    _ layers: [any Layer], _ options: TrainingOptions, features: Int = 5, tolerance: Double = 1e-5,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let sample = try Sample(rows: 20, features: features, classes: 3)
    var start = try network(layers)
    var generator = RandomGenerator(seed: 5)
    try start.resolve(input: [features], generator: &generator)
    var options = options
    options.shuffle = false
    options.epochs = 4
    let trainer = try trainer(start, sample.data(), options)
    _ = try trainer.run()
    var reference = try Reference(start, options)
    let batch = if case .rows(let rows) = options.batch { rows } else { 20 }
    for epoch in 0..<4 {
      for first in stride(from: 0, to: 20, by: batch) {
        let range = first..<min(20, first + batch)
        try reference.step(
          sample.inputs.rows(range), sample.targets.rows(range),
          rate: try options.optimizer.rate.rate(epoch: epoch))
      }
    }
    let error = reference.difference(to: try trainer.trained())
    #expect(error < tolerance, sourceLocation: sourceLocation)
  }

  func mlp() throws -> [any Layer] {
    [
      try Dense(inputs: 5, outputs: 7), ActivationLayer(.relu), try Dense(outputs: 3), Softmax(),
    ]
  }

  @Test(arguments: optimizers) func optimizerAgrees(_ optimizer: Optimizer) throws {
    for batch in [BatchSize.rows(8), .full, .rows(1)] {
      var options = TrainingOptions()
      options.optimizer = optimizer
      options.batch = batch
      try compare(mlp(), options, tolerance: 2e-5)
    }
  }

  @Test(arguments: Loss.allCases, LossReduction.allCases)
  func lossAgrees(_ loss: Loss, _ reduction: LossReduction) throws {
    var options = TrainingOptions()
    options.optimizer = .sgd(rate: reduction == .sum ? 0.005 : 0.1, momentum: 0.9)
    options.batch = .rows(8)
    options.loss = loss
    options.reduction = reduction
    if loss != .binaryCrossEntropy { try compare(mlp(), options) }
    if loss.recorded?.comparesDistributions ?? false { return }
    try compare([try Dense(outputs: 3), ActivationLayer(.sigmoid)], options)
  }

  @Test(arguments: ActivationLayer.kinds)
  func activationAgrees(_ kind: UnaryOperation) throws {
    var options = TrainingOptions()
    options.batch = .rows(8)
    let layer = ActivationLayer(kind)
    try compare([try Dense(outputs: 6), layer, try Dense(outputs: 3), Softmax()], options)
    try compare(
      [
        layer, try Dense(outputs: 6), layer, layer, try Dense(outputs: 4), layer,
        try Dense(outputs: 3),
      ], options)
    try compare([try Dense(outputs: 3), Softmax(), try Dense(outputs: 3), layer], options)
  }

  @Test func sixLayersAgree() throws {
    var options = TrainingOptions()
    options.batch = .rows(6)
    let layers: [any Layer] = try (0..<5).flatMap { _ -> [any Layer] in
      [try Dense(outputs: 6, initialization: .he), ActivationLayer(.relu), Flatten()]
    }
    try compare(layers + [try Dense(outputs: 3), Softmax()], options)
  }

  @Test func momentumIsTheCoursesFormula() throws {
    // One weight and no bias's influence: L = (w·x − y)²; v ← γv + αg, W ← W − v, by hand.
    var net = try network([try Dense(inputs: 1, outputs: 1)])
    try net.setParameter("W1", to: Tensor([2] as [Float], [1, 1]))
    let data = try TrainingData(
      inputs: Tensor([1] as [Float], [1, 1]), targets: Tensor([0] as [Float], [1, 1]))
    var options = TrainingOptions()
    options.epochs = 2
    options.optimizer = .sgd(rate: 0.1, momentum: 0.5)
    let run = try trainer(net, data, options)
    _ = try run.run()
    // Step 1: p = 2, g = 4, v = 0.4, w = 1.6, b = −0.4. Step 2: p = 1.2, g = 2.4, v = 0.44.
    let trained = try run.trained()
    #expect(abs(try trained.parameter("W1").doubles()[0] - 1.16) < 1e-6)
    #expect(abs(try trained.parameter("b1").doubles()[0] + 0.84) < 1e-6)
    #expect(abs((trained.optimizerState.buffers.first?.first?.doubles().first ?? 0) - 0.44) < 1e-6)
    #expect(difference(trained.history.loss, [4, 1.44]) < 1e-6)
  }

  @Test func historyIsOfTheEpochsOwnPasses() throws {
    let (sample, validation) = (
      try Sample(rows: 20, features: 5, classes: 3), try Sample(rows: 9, features: 5, classes: 3)
    )
    let start = try network(mlp())
    var options = TrainingOptions()
    options.epochs = 3
    options.batch = .full
    options.every = 2
    options.loss = .averageCrossEntropy
    let run = try trainer(start, sample.data(validation: validation), options)
    _ = try run.run()
    let history = try run.trained().history
    #expect(history.loss.count == 3)
    let before = try start.measured(sample.inputs, sample.targets, loss: .averageCrossEntropy)
    #expect(abs(history.loss[0] - before.loss) < 1e-6)
    #expect(abs(history.accuracy[0] - (before.accuracy ?? .nan)) < 1e-9)
    #expect(history.validationLoss[0].isNaN && !history.validationLoss[1].isNaN)
    let after = try run.trained().measured(
      validation.inputs, validation.targets, loss: .averageCrossEntropy)
    #expect(abs(history.validationLoss[2] - after.loss) < 1e-6)
    #expect(abs(history.validationAccuracy[2] - (after.accuracy ?? .nan)) < 1e-9)
  }

  @Test func interruptedTrainingGoesOnAsIfNothingHadHappened() throws {
    final class Stopper: TrainingDelegate {
      var questions = 0
      func trainingDidProgress(_ progress: TrainingProgress) {}
      var wantsToStop: Bool {
        questions += 1
        return questions > 7
      }
    }
    let sample = try Sample(rows: 21, features: 5, classes: 3)
    var layers = try mlp()
    layers.insert(try Dropout(0.3), at: 2)
    let start = try network(layers)
    for optimizer in [Optimizer.sgd(rate: 0.05, momentum: 0.9), Optimizer(.adam, rate: 0.01)] {
      var options = TrainingOptions()
      options.epochs = 5
      options.batch = .rows(5)
      options.optimizer = optimizer
      options.seed = 4
      let data = try sample.data(validation: sample)
      let whole = try trainer(start, data, options)
      _ = try whole.run()
      let first = try trainer(start, data, options)
      let outcome = try first.run(delegate: Stopper())
      #expect(outcome.ending == .interrupted(epoch: 2, step: 2))
      let second = try Trainer(resuming: first.trained())
      #expect(try second.run().ending == .finished)
      let (a, b) = (try whole.trained(), try second.trained())
      #expect(a.history == b.history)
      #expect(b.unfinished == nil)
      for (x, y) in zip(a.parameters, b.parameters) {
        #expect(x.tensor.doubles() == y.tensor.doubles())
      }
    }
    #expect(throws: TrainingError.self) { try Trainer(resuming: start) }
  }

  @Test func sameSeedSameTrainingAtAnyThreadCount() throws {
    let sample = try Sample(rows: 300, features: 64, classes: 10)
    let threads = Threads.count
    defer { Threads.count = threads }
    func weights(threads: Int, seed: UInt64) throws -> [[Double]] {
      Threads.count = threads
      var options = TrainingOptions()
      options.epochs = 2
      options.seed = seed
      let start = try network([
        try Dense(outputs: 300), ActivationLayer(.tanh), try Dropout(0.2), try Dense(outputs: 10),
        Softmax(),
      ])
      let run = try trainer(start, sample.data(), options)
      _ = try run.run()
      return try run.trained().parameters.map { $0.tensor.doubles() }
    }
    let one = try weights(threads: 1, seed: 1)
    #expect(try weights(threads: 2, seed: 1) == one)
    #expect(try weights(threads: 2, seed: 2) != one)
  }

  @Test func earlyStoppingRestoresTheBestWeights() throws {
    let sample = try Sample(rows: 12, features: 5, classes: 3)
    let other = try Sample(rows: 40, features: 5, classes: 3, seed: 77)
    var options = TrainingOptions()
    options.epochs = 200
    options.patience = 3
    options.optimizer = .sgd(rate: 0.5, momentum: 0.9)
    let run = try trainer(network(mlp()), sample.data(validation: other), options)
    let outcome = try run.run()
    #expect(outcome.ending == .stoppedEarly)
    let trained = try run.trained()
    let best = trained.history.validationLoss.min() ?? 0
    #expect(outcome.restoredLoss == best)
    #expect(
      trained.history.validationLoss.firstIndex(of: best).map { $0 + 1 } == outcome.restoredEpoch)
    #expect(outcome.epochs == (outcome.restoredEpoch ?? 0) + 3)
    let measured = try trained.measured(other.inputs, other.targets, loss: .crossEntropy)
    #expect(abs(measured.loss - best) < 1e-5 * max(1, best))
  }

  @Test func divergenceStopsWithTheLastGoodWeights() throws {
    let sample = try Sample(rows: 20, features: 5, classes: 3)
    var options = TrainingOptions()
    options.epochs = 100
    options.batch = .rows(8)
    options.loss = .meanSquaredError
    options.optimizer = .sgd(rate: 1e6, momentum: 0.9)
    let run = try trainer(
      network([try Dense(outputs: 7), ActivationLayer(.relu), try Dense(outputs: 3)]),
      sample.data(), options)
    let error = #expect(throws: TrainingError.self) { try run.run() }
    guard case .notFinite(let report)? = error else {
      Issue.record("another error: \(String(describing: error))")
      return
    }
    #expect(report.epoch >= 1 && report.step >= 1 && report.step <= 3)
    #expect(!report.operands.isEmpty)
    #expect(error?.message.contains("last good weights") == true)
    let trained = try run.trained()
    #expect(trained.parameters.allSatisfy { $0.tensor.doubles().allSatisfy(\.isFinite) })
    #expect(
      trained.optimizerState.buffers.joined().allSatisfy { $0.doubles().allSatisfy(\.isFinite) })
  }

  @Test func infiniteDataIsRefused() throws {
    let data = try TrainingData(
      inputs: Tensor([1, .infinity] as [Float], [1, 2]), targets: Tensor([0] as [Float], [1, 1]))
    #expect(throws: TrainingError.self) {
      try trainer(network([try Dense(outputs: 1)]), data, TrainingOptions())
    }
  }

  /// Products of rounded numbers: near Float32's, not equal to them, and the same every time.
  @Test(.enabled(if: MatmulPlan.offersHalfPrecision, "this processor has no bfloat16"))
  func halfPrecisionIsNearAndRepeatable() throws {
    let sample = try Sample(rows: 64, features: 33, classes: 3)
    var options = TrainingOptions()
    options.epochs = 20
    options.batch = .rows(24)
    options.optimizer = .sgd(rate: 0.05, momentum: 0.9)
    func losses(_ precision: Precision) throws -> [Double] {
      options.precision = precision
      var start = try network([
        try Dense(inputs: 33, outputs: 40), ActivationLayer(.relu), try Dense(outputs: 3),
        Softmax(),
      ])
      var generator = RandomGenerator(seed: 5)
      try start.resolve(input: [33], generator: &generator)
      let trainer = try trainer(start, sample.data(), options)
      _ = try trainer.run()
      return try trainer.trained().history.loss
    }
    let (plain, half) = (try losses(.f32), try losses(.bf16))
    #expect(plain != half)
    #expect(try losses(.bf16) == half)
    for (a, b) in zip(plain, half) { #expect(abs(a - b) < 0.02 * max(1, abs(a))) }
  }

  @Test func optionsThatCannotBeAreRefused() throws {
    let sample = try Sample(rows: 20, features: 5, classes: 3)
    let changes: [(inout TrainingOptions) -> Void] = [
      { $0.epochs = -1 }, { $0.batch = .rows(0) }, { $0.every = 0 }, { $0.patience = 0 },
      { $0.patience = 2 }, { $0.optimizer = .sgd(rate: -1.0) },
      { $0.optimizer = .sgd(rate: .constant(.nan)) },
      { $0.optimizer = .sgd(rate: 1.0, momentum: 1) },
      { $0.optimizer = Optimizer(.adamW, rate: 1.0, ["decay": -1]) },
    ]
    for change in changes {
      var options = TrainingOptions()
      change(&options)
      #expect(throws: TrainingError.self) { try trainer(network(mlp()), sample.data(), options) }
    }
    #expect(throws: TrainingError.self) {
      try trainer(network([try Dense(outputs: 4), Softmax()]), sample.data(), TrainingOptions())
    }
    #expect(throws: TrainingError.self) {
      try trainer(network([ActivationLayer(.relu)]), sample.data(), TrainingOptions())
    }
    #expect(throws: NetworkError.self) {
      try trainer(network([try Dense(inputs: 4, outputs: 3)]), sample.data(), TrainingOptions())
    }
    #expect(throws: TrainingError.self) {
      try TrainingData(inputs: sample.inputs, targets: Tensor.zeros([3, 3]))
    }
  }

  @Test func stepsGoOnThroughTheData() throws {
    let sample = try Sample(rows: 20, features: 5, classes: 3)
    let start = try network(mlp())
    var options = TrainingOptions()
    options.epochs = 2
    options.batch = .rows(8)
    let whole = try trainer(start, sample.data(), options)
    _ = try whole.run()
    let first = try trainer(start, sample.data(), options)
    #expect(try first.takeSteps(2).count == 2)
    let second = try trainer(first.trained(), sample.data(), options)
    #expect(try second.takeSteps(4).count == 4)
    for (x, y) in zip(try whole.trained().parameters, try second.trained().parameters) {
      #expect(x.tensor.doubles() == y.tensor.doubles())
    }
  }
}
