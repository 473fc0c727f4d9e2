import Graph
import Testing

@testable import Networks
@testable import Operations
@testable import Tensors

/// Passes through recorded layers: by a plan or without, on memory that the trainer lends them.
@Suite(.serialized) struct RecordedPassTests {
  private struct Outcome: Equatable {
    let losses: [Double]
    let parameters: [[Double]]
    let statistics: [[Double]]
  }

  private func outcome(
    _ start: Network, _ data: TrainingData, _ options: TrainingOptions, planned: Bool
  ) throws -> Outcome {
    let wasOn = PlanCache.isOn
    PlanCache.isOn = planned
    defer { PlanCache.isOn = wasOn }
    let run = try trainer(start, data, options)
    _ = try run.run()
    let network = try run.trained()
    return Outcome(
      losses: network.history.loss + network.history.validationLoss,
      parameters: network.parameters.map { $0.tensor.doubles() },
      statistics: network.statistics.map { $0.doubles() })
  }

  /// - Parameter loss: a loss that is recorded, too.
  private func compare(
    _ layers: [any Layer], _ data: TrainingData, input: [Int], loss: Loss? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    var start = try network(layers)
    try start.resolve(input: input)
    start.layers = start.layers.map { PlainLayer($0) }
    let optimizers: [Optimizer] = [
      .sgd(rate: 0.05, momentum: 0.9), .sgd(rate: 0.05, momentum: 0),
      Optimizer(.adam, rate: 0.01),
    ]
    for optimizer in optimizers {
      var options = TrainingOptions()
      options.epochs = 3
      options.batch = .rows(7)
      options.optimizer = optimizer
      options.loss = loss
      let planned = try outcome(start, data, options, planned: true)
      let unplanned = try outcome(start, data, options, planned: false)
      #expect(planned == unplanned, "\(optimizer.name)", sourceLocation: sourceLocation)
    }
  }

  @Test(arguments: RecordedLayerTests.cases.filter { $0.codes == nil })
  func plannedPassesGiveTheBitsOfUnplannedOnes(_ example: RecordedLayerTests.Case) throws {
    var generator = RandomGenerator(seed: 8)
    let x = try generator.normal(Shape(checking: [18] + example.input))
    let y = try Sample(rows: 18, features: 4, classes: 3).targets
    try compare(
      example.layers(), try TrainingData(inputs: x, targets: y, validation: (x, y)),
      input: example.input)
  }

  /// What a layer gives may be its input, be wider than the training's numbers, leave parameters
  /// alone, or be asked for its values.
  @Test func unusualLayersAreReplayed() throws {
    struct Unusual: TestLayer {
      let kind: Int
      var parameterGroups: [[LayerParameter]]
      var description: String { "unusual" }
      var groupCount: Int { 1 }
      init(kind: Int) throws {
        self.kind = kind
        parameterGroups = [
          [
            LayerParameter(letter: "s", tensor: try .full([4], 1.5)),
            LayerParameter(letter: "t", tensor: try .full([4], 0.5)),
          ]
        ]
      }
      func outputShape(for input: [Int], position: Int) throws(NetworkError) -> [Int] { input }
      func apply(_ x: Variable, _ pass: LayerPass) throws -> Variable {
        let (scale, shift) = (pass.parameters.first ?? x, pass.parameters.last ?? x)
        switch kind {
        case 0: return x
        case 1: return try x * .cast(scale, to: .f64) + shift
        case 2: return try .tanh(x * scale)
        case 3: return x.tensor.doubles()[0] > 0 ? try x * scale : try x - shift
        default: return shift.tensor.doubles()[0] > 0.45 ? try .tanh(x) * shift : try x + shift
        }
      }
    }
    let sample = try Sample(rows: 20, features: 5, classes: 3)
    for kind in 0..<5 {
      try compare(
        [try Dense(outputs: 4), try Unusual(kind: kind), try Dense(outputs: 3), Softmax()],
        sample.data(validation: sample), input: [5])
    }
  }

  /// Whoever keeps what a layer was lent finds in it what was there.
  @Test func whatALayerKeepsStaysAsItWas() throws {
    final class Kept: @unchecked Sendable {
      var tensors: [(tensor: Tensor, numbers: [Double])] = []
    }
    struct Keeping: TestLayer {
      let kept: Kept
      var parameterGroups: [[LayerParameter]]
      var description: String { "keeping" }
      var groupCount: Int { 1 }
      init(_ kept: Kept) throws {
        self.kept = kept
        parameterGroups = [[LayerParameter(letter: "s", tensor: try .full([4], 1.5))]]
      }
      func outputShape(for input: [Int], position: Int) throws(NetworkError) -> [Int] { input }
      func apply(_ x: Variable, _ pass: LayerPass) throws -> Variable {
        guard let scale = pass.parameters.first else { return x }
        for tensor in [x.tensor, scale.tensor] { kept.tensors.append((tensor, tensor.doubles())) }
        return try .multiply(x, scale)
      }
    }
    let kept = Kept()
    do {
      let sample = try Sample(rows: 20, features: 4, classes: 3)
      var options = TrainingOptions()
      options.epochs = 3
      options.batch = .rows(8)
      let run = try trainer(
        network([
          try Keeping(kept), try Dense(inputs: 4, outputs: 4), try Keeping(kept),
          try Dense(inputs: 4, outputs: 3), Softmax(),
        ]), sample.data(validation: sample), options)
      _ = try run.run()
    }
    #expect(kept.tensors.count >= 18)
    for (tensor, numbers) in kept.tensors { #expect(tensor.doubles() == numbers) }
    #expect(Set(kept.tensors.map(\.numbers)).count > 6)
  }
}
