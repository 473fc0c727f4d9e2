import Testing

@testable import Networks
@testable import Operations
@testable import Tensors

/// A layer by its shape rule, its parameters and its `apply` alone.
struct PlainLayer: TestLayer {
  var layer: any Layer

  init(_ layer: any Layer) { self.layer = layer }

  var description: String { layer.description }
  var parameterGroups: [[LayerParameter]] {
    get { layer.parameterGroups }
    set { layer.parameterGroups = newValue }
  }
  var groupCount: Int { layer.groupCount }
  var statistics: [Tensor] {
    get { layer.statistics }
    set { layer.statistics = newValue }
  }
  var isResolved: Bool { layer.isResolved }
  var needsWholeBatch: Bool { layer.needsWholeBatch }

  func outputShape(for input: [Int], position: Int) throws(NetworkError) -> [Int] {
    try layer.outputShape(for: input, position: position)
  }
  mutating func resolve(
    input: [Int], position: Int, generator: inout RandomGenerator
  ) throws -> [Int] {
    try layer.resolve(input: input, position: position, generator: &generator)
  }
  func apply(_ x: Variable, _ pass: LayerPass) throws -> Variable { try layer.apply(x, pass) }
}

/// A layer that a person may write: no more than what the protocol asks for.
struct Scaling: TestLayer {
  var parameterGroups: [[LayerParameter]] = []
  var description: String { "scaling" }
  var groupCount: Int { 1 }
  var isResolved: Bool { !parameterGroups.isEmpty }

  func outputShape(for input: [Int], position: Int) throws(NetworkError) -> [Int] { input }
  mutating func resolve(
    input: [Int], position: Int, generator: inout RandomGenerator
  ) throws -> [Int] {
    if !isResolved {
      parameterGroups = [[LayerParameter(letter: "s", tensor: try Tensor.full([input[0]], 1.5))]]
    }
    return input
  }
  func apply(_ x: Variable, _ pass: LayerPass) throws -> Variable {
    guard let scale = pass.parameters.first else { return x }
    return try .multiply(x, scale)
  }
}

/// Stages that record `apply` beside those written by hand.
@Suite struct RecordedLayerTests {
  private func trained(
    _ start: Network, _ data: TrainingData, _ options: TrainingOptions
  ) throws -> Network {
    let trainer = try trainer(start, data, options)
    _ = try trainer.run()
    return try trainer.trained()
  }

  /// The same network, trained with the layers' own stages and with none.
  ///
  /// No bias comes straight before a batch_norm: its gradient is nothing but rounding.
  private func compare(
    _ example: Case, _ change: (inout TrainingOptions) -> Void
  ) throws {
    let (layers, input) = (try example.layers(), example.input)
    let data = try example.data(rows: 18)
    var options = TrainingOptions()
    options.epochs = 3
    options.batch = .rows(7)
    options.optimizer = .sgd(rate: 0.05, momentum: 0.9)
    change(&options)
    var start = try network(layers)
    try start.resolve(input: input)
    var plainStart = start
    plainStart.layers = start.layers.map { PlainLayer($0) }
    let tuned = try trained(start, data, options)
    let plain = try trained(plainStart, data, options)
    for (a, b) in zip(tuned.parameters, plain.parameters) {
      #expect(difference(a.tensor, b.tensor) < 2e-5, "\(a.name)")
    }
    for (a, b) in zip(tuned.statistics, plain.statistics) { #expect(difference(a, b) < 2e-5) }
    #expect(tuned.statistics.count == plain.statistics.count)
    #expect(difference(tuned.history.loss, plain.history.loss) < 2e-5)
    #expect(difference(tuned.history.validationLoss, plain.history.validationLoss) < 2e-5)
    #expect(tuned.history.accuracy == plain.history.accuracy)
  }

  @Test(arguments: cases) func recordedLayersTrainAsTunedOnes(_ example: Case) throws {
    try compare(example) { _ in }
    try compare(example) {
      $0.optimizer =
        example.hasIdleBias
        ? .sgd(rate: 0.05, momentum: 0.9, nesterov: true) : Optimizer(.adam, rate: 0.01)
    }
    var start = try network(example.layers())
    try start.resolve(input: example.input)
    if start.parameterNumbers.contains(2) { try compare(example) { $0.frozen = [1] } }
    try compare(example) {
      $0.batch = .full
      $0.reduction = .sum
      $0.optimizer = .sgd(rate: 0.002, momentum: 0.5, l2: 0.01)
    }
  }

  /// A layer of one file: shape, parameters, `apply`.
  @Test func aLayerOfOnesOwnTrains() throws {
    var options = TrainingOptions()
    options.shuffle = false
    options.epochs = 4
    options.batch = .rows(8)
    let sample = try Sample(rows: 20, features: 5, classes: 3)
    let start = try network([
      try Dense(inputs: 5, outputs: 4), Scaling(), ActivationLayer(.relu), try Dense(outputs: 3),
      Softmax(),
    ])
    let run = try trainer(start, sample.data(), options)
    _ = try run.run()
    var reference = try Reference(start, options)
    for _ in 0..<4 {
      for first in stride(from: 0, to: 20, by: 8) {
        let rows = first..<min(20, first + 8)
        try reference.step(sample.inputs.rows(rows), sample.targets.rows(rows), rate: 0.1)
      }
    }
    let trained = try run.trained()
    #expect(reference.difference(to: trained) < 1e-5)
    #expect(try trained.parameter("s2").doubles() != [1.5, 1.5, 1.5, 1.5])
  }

  /// What a shape rule promises is what must come.
  @Test func aWrongShapeRuleIsAnError() throws {
    struct Liar: TestLayer {
      var description: String { "liar" }
      func outputShape(for input: [Int], position: Int) throws(NetworkError) -> [Int] { [2] }
      func apply(_ x: Variable, _ pass: LayerPass) throws -> Variable { x }
    }
    let sample = try Sample(rows: 20, features: 5, classes: 3)
    let run = try trainer(
      network([try Dense(outputs: 4), Liar(), try Dense(inputs: 2, outputs: 3)]), sample.data(),
      TrainingOptions())
    let error = #expect(throws: NetworkError.self) { try run.run() }
    #expect(error?.message == "layer 2, liar, is to give 20×2 and computes 20×4")
  }

  /// NaN born in a recorded layer has its layer named.
  @Test func notFiniteIsFoundInRecordedLayers() throws {
    struct Reciprocal: TestLayer {
      var description: String { "reciprocal" }
      func outputShape(for input: [Int], position: Int) throws(NetworkError) -> [Int] { input }
      func apply(_ x: Variable, _ pass: LayerPass) throws -> Variable {
        try .divide(Variable(1), .subtract(x, x))
      }
    }
    let sample = try Sample(rows: 20, features: 5, classes: 3)
    let run = try trainer(
      network([try Dense(outputs: 4), Reciprocal(), try Dense(outputs: 3)]), sample.data(),
      TrainingOptions())
    let error = #expect(throws: TrainingError.self) { try run.run() }
    guard case .notFinite(let report)? = error else {
      Issue.record("another error: \(String(describing: error))")
      return
    }
    #expect(report.layer == 2 && report.layerName == "reciprocal" && report.phase == "forward")
  }

  /// A stop in the middle of a recorded step takes the step back, and going on gives the same bits.
  @Test func aRecordedStepIsTakenBack() async {
    await #expect(processExitsWith: .success) {
      for rule in [UpdateRule.sgd, .adam] {
        var options = TrainingOptions()
        options.batch = .rows(6)
        options.epochs = 4
        options.optimizer = Optimizer(trainingBy: rule)
        let whole = try StoppingLayer.trainer(.init(), options)
        _ = try whole.run()
        // 4 steps an epoch and the validation after them: at each of their places.
        for place in 1...10 {
          let count = StoppingLayer.Count()
          count.left = place
          let first = try StoppingLayer.trainer(count, options)
          #expect(try first.run().ending != .finished)
          Interrupt.clear()
          let second = try Trainer(resuming: first.trained())
          #expect(try second.run().ending == .finished)
          let (a, b) = (try whole.trained(), try second.trained())
          #expect(a.history == b.history)
          #expect(
            a.parameters.map { $0.tensor.doubles() } == b.parameters.map { $0.tensor.doubles() })
          #expect(a.statistics.map { $0.doubles() } == b.statistics.map { $0.doubles() })
        }
      }
    }
  }

  @Test func dropoutsInsideOneLayerDiffer() throws {
    let pass = TrainingPass(seed: 1, position: 2, step: 3, firstRow: 0)
    let masks = try (0..<3).map { _ in try pass.dropout(0.5, like: .zeros([4, 50])).doubles() }
    #expect(Set(masks).count == 3)
    #expect(masks.allSatisfy { Set($0) == [0, 2] })
    // A piece of a batch finds its part of the mask.
    let rest = TrainingPass(seed: 1, position: 2, step: 3, firstRow: 1)
    #expect(
      try rest.dropout(0.5, like: .zeros([3, 50])).doubles() == Array(masks[0].dropFirst(50)))
  }
}

/// Asks for a stop when it is applied for the n-th time.
private struct StoppingLayer: TestLayer {
  final class Count: @unchecked Sendable { var left = 0 }

  let count: Count
  var description: String { "stopping" }

  func outputShape(for input: [Int], position: Int) throws(NetworkError) -> [Int] { input }
  func apply(_ x: Variable, _ pass: LayerPass) throws -> Variable {
    count.left -= 1
    if count.left == 0 { Interrupt.request() }
    return try .tanh(x)
  }

  static func trainer(_ count: Count, _ options: TrainingOptions) throws -> Trainer {
    let sample = try Sample(rows: 20, features: 5, classes: 3)
    return try NetworksTests.trainer(
      network([
        try Dense(inputs: 5, outputs: 4), StoppingLayer(count: count),
        PlainLayer(BatchNormalization()), try Dense(outputs: 3), Softmax(),
      ]), sample.data(validation: sample), options)
  }
}
