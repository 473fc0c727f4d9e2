import Testing

@testable import Networks
@testable import Tensors

/// Going back to any epoch gives the bits that the training had then, whether the state was kept or
/// is replayed.
@Suite struct PastTests {
  /// What is trained, and how: one training of each kind of memory that a replay must bring back.
  static let trainings: [(name: String, options: @Sendable () -> TrainingOptions)] = [
    ("momentum", { options(.sgd(rate: 0.05, momentum: 0.9)) }),
    ("adam", { options(Optimizer(.adam, rate: 0.01)) }),
    (
      "lion and a cosine",
      { options(Optimizer(.lion, rate: .cosine(rate: 0.01, final: 0, epochs: 5))) }
    ),
    (
      "a rate that follows val_loss",
      { options(.sgd(rate: .plateau(rate: 0.5, factor: 0.5, patience: 0))) }
    ),
    (
      "patience and rare measurements",
      {
        var options = Self.options(.sgd(rate: 1.5, momentum: 0.5))
        options.patience = 2
        options.every = 2
        return options
      }
    ),
    (
      "a seed, a full batch, a frozen layer",
      {
        var options = Self.options(Optimizer(.adam, rate: 0.01))
        options.batch = .full
        options.seed = 77
        options.frozen = [1]
        return options
      }
    ),
  ]

  static func options(_ optimizer: Optimizer) -> TrainingOptions {
    var options = TrainingOptions()
    options.epochs = 5
    options.batch = .rows(6)
    options.optimizer = optimizer
    return options
  }

  static func start() throws -> Network {
    try network([
      try Dense(outputs: 6), BatchNormalization(), ActivationLayer(.relu), try Dropout(0.3),
      try Dense(outputs: 3), Softmax(),
    ])
  }

  static func data() throws -> TrainingData {
    let sample = try Sample(rows: 20, features: 5, classes: 3)
    return try sample.data(validation: Sample(rows: 10, features: 5, classes: 3, seed: 8))
  }

  /// Everything that training changes.
  static func numbers(_ network: Network) -> [[UInt64]] {
    let tensors =
      network.parameters.map(\.tensor) + network.statistics
      + network.optimizerState.buffers.flatMap { $0 }
    return tensors.map { $0.doubles().map(\.bitPattern) }
  }

  /// Trains, keeping what the network was after each epoch.
  static func train(
    _ network: Network, _ options: TrainingOptions, _ after: inout [Int: [[UInt64]]],
    stoppingAfter steps: Int = .max
  ) throws -> Network {
    let trainer = try NetworksTests.trainer(network, data(), options)
    return try run(trainer, &after, stoppingAfter: steps)
  }

  static func run(
    _ trainer: Trainer, _ after: inout [Int: [[UInt64]]], stoppingAfter steps: Int = .max
  ) throws -> Network {
    let witness = Witness(steps: steps)
    trainer.remember()
    _ = try trainer.run(delegate: witness)
    after.merge(witness.after) { $1 }
    return try trainer.finished()
  }

  /// What holds of the past. Each is seen in a process of its own: the limit of its memory is one for
  /// all networks, and scripts that are tested beside this set it.
  static let claims: [@Sendable () throws -> Void] =
    trainings.indices.map { kind in { @Sendable in try everyEpochComesBack(kind: kind) } } + [
      anInterruptionWithinAnEpochIsReplayedThrough,
      whatWasChangedByHandIsKept,
      theFutureIsKeptUntilItIsOverwritten,
      statesOnTheWayLeadToTheSame,
      aReplayThatGoesAnotherWayIsRefused,
      memoryIsBounded,
    ]

  @Test(arguments: claims.indices) func holds(claim: Int) async {
    await #expect(processExitsWith: .success) { [claim] in try PastTests.claims[claim]() }
  }

  private static func everyEpochComesBack(kind: Int) throws {
    let options = Self.trainings[kind].options()
    var after: [Int: [[UInt64]]] = [:]
    let first = try Self.train(Self.start(), options, &after)
    let second = try Self.train(first, Self.options(.sgd(rate: 0.1)), &after)
    let epochs = second.history.count
    // Where the best weights came back, the network is not what the last epoch left.
    for network in [first, second] { after[network.history.count] = Self.numbers(network) }
    for epoch in 1...epochs {
      let past = try second.at(epoch: epoch)
      #expect(Self.numbers(past) == after[epoch], "epoch \(epoch)")
      #expect(past.history == second.history.first(epoch))
    }
    let start = try Self.resolved(seed: options.seed)
    #expect(try Self.numbers(second.at(epoch: 0)) == Self.numbers(start))
    // Going on from the past is going on from then.
    let again = try Self.train(
      second.at(epoch: first.history.count), Self.options(.sgd(rate: 0.1)), &after)
    #expect(Self.numbers(again) == Self.numbers(second))
    #expect(again.fingerprint == second.fingerprint)
  }

  private static func resolved(seed: UInt64?) throws -> Network {
    var network = try start()
    if let seed { network.seed = seed }
    try network.resolve(input: [5])
    return network
  }

  private static func anInterruptionWithinAnEpochIsReplayedThrough() throws {
    let options = Self.options(Optimizer(.adam, rate: 0.01))
    var after: [Int: [[UInt64]]] = [:]
    let whole = try Self.train(Self.start(), options, &after)
    var none: [Int: [[UInt64]]] = [:]
    // 4 steps an epoch: the 7th lies in the second.
    let stopped = try Self.train(Self.start(), options, &none, stoppingAfter: 6)
    #expect(stopped.unfinished != nil && stopped.history.count == 1)
    let resumed = try Self.run(Trainer(resuming: stopped), &none)
    for epoch in 1...5 {
      #expect(try Self.numbers(resumed.at(epoch: epoch)) == after[epoch], "epoch \(epoch)")
    }
    #expect(resumed.fingerprint == whole.fingerprint)
  }

  private static func whatWasChangedByHandIsKept() throws {
    var after: [Int: [[UInt64]]] = [:]
    let options = Self.options(.sgd(rate: 0.1))
    var edited = try Self.train(Self.start(), options, &after)
    try edited.setParameter("b3", to: Tensor([Float](arrayLiteral: 1, 2, 3), [3]))
    let network = try Self.train(edited, options, &after)
    #expect(try Self.numbers(network.at(epoch: 5)) == Self.numbers(edited))
    for epoch in [1, 4, 6, 9, 10] {
      #expect(try Self.numbers(network.at(epoch: epoch)) == after[epoch], "epoch \(epoch)")
    }
  }

  private static func theFutureIsKeptUntilItIsOverwritten() throws {
    var after: [Int: [[UInt64]]] = [:]
    let options = Self.options(.sgd(rate: 0.1))
    let network = try Self.train(Self.start(), options, &after)
    let back = try network.at(epoch: 2)
    #expect(back.history.count == 2 && back.past?.epochs == 5)
    #expect(try Self.numbers(back.at(epoch: 5)) == Self.numbers(network))
    #expect(try Self.numbers(back.at(epoch: 4)) == after[4])
    var other = after
    var changed = options
    changed.optimizer = .sgd(rate: 0.01)
    changed.epochs = 1
    let branch = try Self.train(back, changed, &other)
    #expect(branch.past?.epochs == 3)
    #expect(try Self.numbers(branch.at(epoch: 2)) == after[2])
    #expect(try Self.numbers(branch.at(epoch: 3)) == other[3])
    #expect(throws: TrainingError.self) { try branch.at(epoch: 4) }
    // The network that was copied before still has its own.
    #expect(try Self.numbers(network.at(epoch: 4)) == after[4])
  }

  private static func statesOnTheWayLeadToTheSame() throws {
    var after: [Int: [[UInt64]]] = [:]
    var options = Self.options(Optimizer(.adam, rate: 0.01))
    options.epochs = 60
    let trainer = try NetworksTests.trainer(Self.start(), Self.data(), options)
    let keeper = Keeper()
    trainer.remember()
    _ = try trainer.run(delegate: keeper)
    after = keeper.after
    let past = try #require(trainer.finished().past)
    let network = try trainer.finished()
    for epoch in [7, 23, 24, 59] {
      #expect(try Self.numbers(network.at(epoch: epoch)) == after[epoch], "epoch \(epoch)")
    }
    // Without any state on the way it is replayed from the start.
    for state in past.runs[0].between { state.forget() }
    #expect(try Self.numbers(network.at(epoch: 7)) == after[7])
    #expect(past.forgotten(of: 0..<60).isEmpty)
    past.runs[0].start.forget()
    #expect(past.forgotten(of: 0..<61) == [0...59])
    #expect(throws: TrainingError.self) { try network.at(epoch: 7) }
  }

  private static func aReplayThatGoesAnotherWayIsRefused() throws {
    let calls = Calls()
    let schedule = OwnSchedule("f", code: nil, of: calls) { _ in calls.rate }
    var after: [Int: [[UInt64]]] = [:]
    let network = try Self.train(
      Self.start(), Self.options(.sgd(rate: .own(schedule))), &after)
    #expect(try Self.numbers(network.at(epoch: 3)) == after[3])
    calls.rate = 0.2
    #expect(throws: TrainingError.self) { try network.at(epoch: 3) }
  }

  private static func memoryIsBounded() throws {
    PastMemory.limit = 300_000
    var networks: [Network] = []
    var none: [Int: [[UInt64]]] = [:]
    for seed in 0..<40 {
      var options = PastTests.options(Optimizer(.adam, rate: 0.01))
      options.seed = UInt64(seed)
      let wide = try network([
        try Dense(inputs: 5, outputs: 100), try Dense(outputs: 3), Softmax(),
      ])
      networks.append(try PastTests.train(wide, options, &none))
      #expect(PastMemory.used <= 300_000)
    }
    #expect(networks[0].past?.forgotten(of: 0..<5) == [0...4])
    #expect(try networks[39].at(epoch: 2).history.count == 2)
    networks = []
    #expect(PastMemory.used == 0)
    PastMemory.limit = 0
    let forgetful = try PastTests.train(
      PastTests.start(), PastTests.options(.sgd(rate: 0.1)), &none)
    #expect(forgetful.past == nil)
  }
}

/// Keeps what a network is after each epoch, and stops after so many steps.
private final class Witness: TrainingDelegate {
  var after: [Int: [[UInt64]]] = [:]
  private var steps: Int

  init(steps: Int) { self.steps = steps }

  var wantsToStop: Bool {
    steps -= 1
    return steps < 0
  }

  func trainingDidProgress(_ progress: TrainingProgress) {}
  func trainingDidEndEpoch(_ trainer: Trainer) throws -> Bool {
    after[trainer.history.count] = PastTests.numbers(try trainer.trained())
    return false
  }
}

/// The same, keeping states on the way at every third epoch.
private final class Keeper: TrainingDelegate {
  var after: [Int: [[UInt64]]] = [:]

  func trainingDidProgress(_ progress: TrainingProgress) {}
  func trainingDidEndEpoch(_ trainer: Trainer) throws -> Bool {
    let network = try trainer.trained()
    after[trainer.history.count] = PastTests.numbers(network)
    if trainer.history.count % 3 == 0 {
      trainer.recording?.keep(network, since: trainer.clock.now, clock: trainer.clock)
    }
    return false
  }
}

/// What a schedule reads.
private final class Calls: @unchecked Sendable {
  var rate = 0.1
}
