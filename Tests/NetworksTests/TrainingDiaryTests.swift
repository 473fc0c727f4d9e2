import Testing

@testable import Networks
@testable import Tensors

/// What a training notes of itself once an epoch.
@Suite struct TrainingDiaryTests {
  private static let layers: @Sendable () throws -> [any Layer] = {
    [
      try Dense(outputs: 6), ActivationLayer(.relu), try Dense(outputs: 5), ActivationLayer(.tanh),
      try Dense(outputs: 3), Softmax(),
    ]
  }

  private static func entries(
    _ network: Network, _ optimizer: Optimizer, epochs: Int = 3, batch: BatchSize = .rows(8)
  ) throws -> TrainingDiary {
    var options = TrainingOptions()
    options.epochs = epochs
    options.batch = batch
    options.optimizer = optimizer
    let data = try Sample(rows: 30, features: 4, classes: 3).data()
    let trainer = try trainer(network, data, options)
    _ = try trainer.run()
    return try #require(trainer.trained().diary)
  }

  /// Rules whose gradient is found in different ways.
  static let optimizers: [Optimizer] =
    [
      Optimizer(.sgd, rate: 0.5), .sgd(rate: 0.5, momentum: 0.9),
      .sgd(rate: 0.5, momentum: 0.9, nesterov: true),
    ] + UpdateRule.all.dropFirst().map { Optimizer($0) }

  /// A step of gradient descent at rate 1 subtracts the gradient itself.
  @Test(arguments: optimizers.indices) func theGradientIsThatOfTheStep(_ rule: Int) throws {
    let network = try network(Self.layers())
    let plain = try Self.entries(network, Optimizer(.sgd, rate: 1.0), epochs: 1)
    let first = try #require(plain.entries.first?.motions)
    #expect(first.map(\.layer) == [1, 2, 3])
    let own = try #require(
      Self.entries(network, Self.optimizers[rule], epochs: 1).entries.first?.motions)
    for (a, b) in zip(first, own) {
      #expect(abs(a.step - a.gradient) < 1e-5 * a.gradient)
      #expect(abs(b.gradient - a.gradient) < 1e-4 * a.gradient)
      #expect(a.weights == b.weights && b.step > 0)
    }
  }

  /// The velocity of earlier steps is no gradient.
  @Test func momentumIsTakenOut() throws {
    let diary = try Self.entries(
      network(Self.layers()), .sgd(rate: 1e-6, momentum: 0.9), epochs: 3, batch: .full)
    let norms = diary.entries.map { $0.motions[0].gradient }
    #expect(norms.count == 3)
    for norm in norms { #expect(abs(norm - norms[0]) < 0.02 * norms[0]) }
  }

  @Test func deadAndFlatUnitsAreSeen() throws {
    var network = try network(Self.layers())
    try network.resolve(input: [4])
    let start = try Self.entries(network, Optimizer(.sgd, rate: 0.0), epochs: 1).entries[0].units
    #expect(start.map(\.name) == ["relu", "tanh"] && start.map(\.position) == [2, 4])
    #expect(start.allSatisfy { $0.idleShare < 0.5 })
    try network.setParameter("b1", to: Tensor.full(Shape(checking: [6]), -100, .f32))
    try network.setParameter("b2", to: Tensor.full(Shape(checking: [5]), 50, .f32))
    let idle = try Self.entries(network, Optimizer(.sgd, rate: 0.0), epochs: 1).entries[0].units
    #expect(idle.map(\.idleShare) == [1, 1])
    #expect(idle.map(\.isRectifier) == [true, false])
  }

  @Test(arguments: [1, 2, 3]) func threadsMakeNoDifference(_ threads: Int) throws {
    let before = Threads.count
    defer { Threads.count = before }
    Threads.count = threads
    let diary = try Self.entries(network(Self.layers()), .sgd(rate: 0.1, momentum: 0.9))
    Threads.count = 1
    let single = try Self.entries(network(Self.layers()), .sgd(rate: 0.1, momentum: 0.9))
    #expect(
      diary.entries.map { $0.motions.map(\.gradient) }
        == single.entries.map { $0.motions.map(\.gradient) })
    #expect(
      diary.entries.map { $0.units.map(\.idleShare) }
        == single.entries.map { $0.units.map(\.idleShare) })
  }

  @Test func longTrainingsAreNotedNowAndThen() {
    #expect((1...32).allSatisfy(TrainingDiary.hasEntry))
    #expect((1...100_000).count(where: TrainingDiary.hasEntry) < 32 * 13)
    for power in 5..<16 {
      #expect((1 << power..<2 << power).count(where: TrainingDiary.hasEntry) == 32)
    }
  }

  // MARK: symptoms

  /// Losses of epochs, with those of held rows, and what is to be said of them.
  private static func symptom(
    _ losses: [Double], held: [Double] = [], step: Double = 0.01, gradient: Double = 1,
    idle: Double = 0, isStoppedEarly: Bool = false
  ) -> TrainingSymptom? {
    var diary = TrainingDiary()
    for epoch in losses.indices {
      diary.append(
        .init(
          epoch: epoch + 1,
          units: [.init(position: 2, name: "relu", isRectifier: true, idleShare: idle)],
          motions: [.init(layer: 1, weights: 1, step: step, gradient: gradient)]))
    }
    func measures(_ values: [Double]) -> ArraySlice<Measures> {
      values.map { value in
        var measured = Measures()
        measured.loss = value
        return measured
      }[...]
    }
    return TrainingJudge(
      losses: measures(losses), validation: measures(held.isEmpty ? losses : held), diary: diary,
      isStoppedEarly: isStoppedEarly, ignorant: { 1 }
    ).symptom()
  }

  private static let falling: [Double] = (0..<20).map { 0.9 / Double($0 + 1) }
  /// Least after the fifth epoch.
  private static let rising: [Double] = (0..<20).map { epoch in
    let time = Double(epoch)
    return epoch < 5 ? 0.9 - 0.1 * time : 0.3 + 0.05 * time
  }

  private static let creeping: [Double] = (0..<9).map { 2 - 1e-4 * Double($0) }

  @Test func whatIsSoundGetsNoLine() {
    #expect(Self.symptom(Self.falling) == nil)
    #expect(Self.symptom([1]) == nil)
    #expect(Self.symptom([0.5, 0.6, 0.4, 0.5, 0.3]) == nil)
    // As good as it gets.
    #expect(Self.symptom([Double](repeating: 0.2, count: 20)) == nil)
    #expect(Self.symptom(Self.falling, held: Self.rising, isStoppedEarly: true) == nil)
    #expect(Self.symptom([0, 0, 0], gradient: 0) == nil)
  }

  @Test func whatIsSickGetsOne() {
    #expect(
      Self.symptom([0.7, 0.7], gradient: 0) == .died(position: nil, name: "", isRectifier: false))
    #expect(
      Self.symptom([0.7, 0.7], idle: 1) == .died(position: 2, name: "relu", isRectifier: true))
    #expect(
      Self.symptom([1, 0.5, 3], step: 2)
        == .diverged(best: 0.5, loss: 3, layer: 1, relativeStep: 2))
    #expect(
      Self.symptom([Double](repeating: 0.99, count: 9))
        == .stalls(loss: 0.99, since: 4, ignorant: 1))
    #expect(
      Self.symptom(Self.creeping, step: 1e-6)
        == .isTooSlow(loss: Self.creeping[8], layer: 1, relativeStep: 1e-6))
    guard case .overfits(since: 5, _, _)? = Self.symptom(Self.falling, held: Self.rising) else {
      Issue.record("no overfitting")
      return
    }
  }
}
