import Testing

@testable import Networks
@testable import Operations
@testable import Tensors

/// What the targets ask for, and what is measured: the same in training and in tests.
@Suite struct ScoringTests {
  enum Ending: CaseIterable, Sendable {
    case softmax, sigmoid, none

    var layers: [any Layer] {
      switch self {
      case .softmax: [Softmax()]
      case .sigmoid: [ActivationLayer(.sigmoid)]
      case .none: []
      }
    }
  }

  static let oneHot: [Double] = [1, 0, 0, 1, 1, 0, 0, 1]
  static let bits: [Double] = [1, 1, 0, 1, 0, 0, 1, 0]
  static let numbers: [Double] = [0.5, 3, -1, 2, 7, 0.25, 1, 1]

  func targets(_ numbers: [Double]) throws -> Tensor { try Tensor(numbers, [4, 2]).cast(to: .f32) }

  @Test(arguments: [
    (Ending.softmax, oneHot, Loss.crossEntropy, LearningTask.classes),
    (.sigmoid, oneHot, .binaryCrossEntropy, .classes),
    (.sigmoid, bits, .binaryCrossEntropy, .labels),
    (.sigmoid, numbers, .meanSquaredError, .numbers),
    (.none, oneHot, .meanSquaredError, .classes), (.none, bits, .meanSquaredError, .numbers),
    (.none, numbers, .meanSquaredError, .numbers),
  ])
  func theTaskFollowsFromTheTargets(
    _ ending: Ending, _ numbers: [Double], _ loss: Loss, _ task: LearningTask
  ) throws {
    let net = try network([try Dense(inputs: 3, outputs: 2)] + ending.layers)
    let (x, y) = (try normal([4, 3], seed: 1), try targets(numbers))
    let measured = try net.measured(x, y)
    #expect(measured.lossKind == loss && measured.task == task)
    #expect((measured.accuracy == nil) == (task == .numbers))
    // Training reports, before its first step, what was measured.
    let run = try trainer(net, TrainingData(inputs: x, targets: y), TrainingOptions())
    _ = try run.run()
    let history = try run.trained().history
    #expect(difference([history.loss[0]], [measured.loss]) < 1e-5)
    #expect(history.accuracy[0].isNaN == (task == .numbers))
    if let accuracy = measured.accuracy { #expect(history.accuracy[0] == accuracy) }
  }

  @Test func whatIsGivenBackHasNoAccuracy() throws {
    let x = try Tensor([1, 0, 0, 1] as [Float], [2, 2])
    for ending in Ending.allCases {
      let net = try network([try Dense(inputs: 2, outputs: 2)] + ending.layers)
      #expect(try net.measured(x, x).task == .numbers)
    }
  }

  @Test func oneSigmoidTakesTwoClasses() throws {
    let net = try network([try Dense(inputs: 3, outputs: 1), ActivationLayer(.sigmoid)])
    let (x, y) = (try normal([4, 3], seed: 1), try targets(Self.oneHot))
    let measured = try net.measured(x, y)
    #expect(measured.targets.doubles() == [0, 1, 0, 1] && measured.task == .binary)
    let run = try trainer(net, TrainingData(inputs: x, targets: y), TrainingOptions())
    _ = try run.run()
    #expect(try run.trained().history.accuracy[0] == measured.accuracy)
  }

  /// The loss of a network that is very sure, from every place that can say it.
  @Test(arguments: [ElementType.f32, .f64], [Ending.softmax, .sigmoid])
  func lossesDoNotSaturate(_ type: ElementType, _ ending: Ending) throws {
    var net = try network([try Dense(inputs: 2, outputs: 2)] + ending.layers)
    try net.setParameter(
      "W1", to: Tensor([2000, -2000, -2000, 2000] as [Double], [2, 2]).cast(to: type))
    let x = try Tensor([1, 0, 0, 1] as [Double], [2, 2]).cast(to: type)
    let y = try Tensor([0, 1, 1, 0] as [Double], [2, 2]).cast(to: type)
    let expected = ending == .softmax ? 4000.0 : 2000.0
    #expect(try net.measured(x, y).loss == expected)
    let (target, output) = (Variable(y), Variable(try net.forward(x)))
    let called =
      ending == .softmax
      ? try Variable.crossEntropy(target: target, prediction: output)
      : try Variable.binaryCrossEntropy(target: target, prediction: output)
    #expect(called.tensor.item == expected)
    let run = try trainer(net, TrainingData(inputs: x, targets: y), TrainingOptions())
    #expect(try run.takeSteps(1) == [expected])
  }

  @Test func probabilitiesForgetTheirLogitsWhenWrittenTo() throws {
    var p = try Tensor([0, 200] as [Float], [1, 2]).softmax()
    #expect(p.origin(of: .softmax) != nil && p.origin(of: .sigmoid) == nil)
    #expect(try p.transposed().origin(of: .softmax) == nil)
    try p.withMutableFloats { $0[0] = 0.5 }
    #expect(p.origin(of: .softmax) == nil)
    // A chain of them would never be released.
    #expect(try Tensor([0, 1] as [Float]).softmax().softmax().origin(of: .softmax) == nil)
  }

  @Test(
    arguments: [
      ([5, 3], [2]), ([2, -1], [2]), ([0.5, 0.6], [2]), ([0.2, 0.2], [2]), ([0.5, 0.5], [2, 1]),
    ] as [([Double], [Int])])
  func whatIsNoDistributionIsRefused(_ numbers: [Double], _ shape: [Int]) throws {
    let prediction = try Tensor(numbers, Shape(checking: shape))
    #expect(throws: NetworkError.self) { try Distribution.check(prediction, loss: "cross_entropy") }
  }

  @Test(
    arguments: [
      [0.5, 0.5], [1, 0], [0.33, 0.66], [0.5001, 0.5], [.nan, 0.5], [.infinity, 0],
    ] as [[Double]])
  func whatIsNearlyOnePasses(_ numbers: [Double]) throws {
    try Distribution.check(Tensor(numbers, [1, 2]), loss: "cross_entropy")
  }

  @Test(
    arguments: [
      ([0, 1, 1], [3], [0, 1, 0], [3], 2.0 / 3), ([0, 1, 1], [3], [0.2, 0.9, 0.4], [3], 2.0 / 3),
      ([0.2, 0.9], [2], [0, 1], [2], 1),
      ([1, 0, 0, 1], [2, 2], [0.4, 0.6, 0.1, 0.9], [2, 2], 0.5),
      ([0, 1], [2], [0.9, 0.1, 0.2, 0.8], [2, 2], 1),
      ([1, 1, 0, 1], [2, 2], [0.9, 0.2, 0.1, 0.8], [2, 2], 0.75),
      ([-1, 1], [2], [-1, -1], [2], 0.5),
    ] as [([Double], [Int], [Double], [Int], Double)])
  func accuracyOfClasses(
    _ y: [Double], _ yShape: [Int], _ p: [Double], _ pShape: [Int], _ expected: Double
  ) throws {
    let accuracy = try Metrics.accuracy(
      targets: Tensor(y, Shape(checking: yShape)), predictions: Tensor(p, Shape(checking: pShape)))
    #expect(abs(accuracy - expected) < 1e-12)
  }

  @Test(
    arguments: [
      ([10.5, 20.5], [2], [99, 77], [2]), ([7, 8], [2], [1, 0, 0, 1], [2, 2]),
      ([0.3, 0.6], [2], [0.1, 0.7], [2]), ([0, 2], [2], [0.1, 0.7], [2]),
      ([0, 1], [2], [-3, 2.5], [2]), ([0, 1], [2], [.nan, 0.5], [2]),
      ([1.5, 2, 3, 4], [2, 2], [1, 2, 3, 4], [2, 2]), ([0, 1, 2], [3], [0, 1], [2]),
      ([0.5, 1], [2], [1, 0, 0, 1], [2, 2]),
    ] as [([Double], [Int], [Double], [Int])])
  func numbersAreNoClasses(_ y: [Double], _ yShape: [Int], _ p: [Double], _ pShape: [Int]) throws {
    let (y, p) = (
      try Tensor(y, Shape(checking: yShape)), try Tensor(p, Shape(checking: pShape))
    )
    #expect(throws: NetworkError.self) { try Metrics.accuracy(targets: y, predictions: p) }
    #expect(throws: NetworkError.self) { try Metrics.confusion(targets: y, predictions: p) }
  }

  @Test func scoresOfNumbers() throws {
    var net = try network([try Dense(inputs: 1, outputs: 1)])
    try net.setParameter("W1", to: Tensor([1] as [Float], [1, 1]))
    let x = try Tensor([1, 2, 3] as [Float], [3, 1])
    let y = try Tensor([1, 2, 6] as [Float], [3, 1])
    let measured = try net.measured(x, y)
    #expect(measured.loss == 3)
    #expect(try measured.meanAbsoluteError() == 1)
    #expect(try abs(measured.determination() - (1 - 9.0 / 14)) < 1e-12)
  }

  // MARK: what a network keeps

  @Test func copiesTrainedAlikeEndAlike() throws {
    let sample = try Sample(rows: 50, features: 4, classes: 3)
    var options = TrainingOptions()
    options.batch = .rows(8)
    options.epochs = 2
    for layers: [any Layer] in [
      [try Dense(inputs: 4, outputs: 3), Softmax()],
      [try Dense(outputs: 6), try Dropout(0.5), try Dense(outputs: 3), Softmax()],
    ] {
      let start = try network(layers)
      let copy = start
      let first = try trainer(start, sample.data(), options)
      _ = try first.run()
      let second = try trainer(copy, sample.data(), options)
      _ = try second.run()
      #expect(
        try first.trained().parameters.map { $0.tensor.doubles() }
          == second.trained().parameters.map { $0.tensor.doubles() })
      let other = try trainer(network(layers, seed: 12), sample.data(), options)
      #expect(try other.trained().seed != start.seed)
    }
  }

  @Test func trainingKeepsTheElementType() throws {
    let sample = try Sample(rows: 20, features: 4, classes: 3)
    var net = try network([try Dense(inputs: 4, outputs: 3), Softmax()])
    let weights = try normal([4, 3], seed: 3)
    try net.setParameter("W1", to: weights)
    var options = TrainingOptions()
    options.epochs = 0
    let still = try trainer(net, sample.data(), options).trained()
    #expect(try still.parameter("W1").doubles() == weights.doubles())
    options.epochs = 2
    let run = try trainer(net, sample.data(), options)
    _ = try run.run()
    #expect(try run.trained().parameters.map(\.tensor.elementType) == [.f64, .f32])
    #expect(try run.trained().loss == .crossEntropy)
  }

  @Test func aLossNeedsItsActivation() throws {
    let sample = try Sample(rows: 20, features: 4, classes: 3)
    for (loss, ending) in [
      (Loss.crossEntropy, Ending.none), (.averageCrossEntropy, .none), (.binaryCrossEntropy, .none),
      (.binaryCrossEntropy, .softmax),
    ] {
      let net = try network([try Dense(inputs: 4, outputs: 3)] + ending.layers)
      var options = TrainingOptions()
      options.loss = loss
      #expect(throws: TrainingError.self) { try trainer(net, sample.data(), options) }
    }
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func dataThatIsNotFiniteSaysWhere(_ bad: Double) throws {
    let x = try Tensor([1, 2, bad, 4, 5, bad] as [Double], [3, 2])
    let net = try network([try Dense(inputs: 2, outputs: 1)])
    let data = try TrainingData(inputs: x, targets: Tensor.zeros([3, 1]))
    do {
      _ = try trainer(net, data, TrainingOptions())
      Issue.record("training began")
    } catch let error as TrainingError {
      #expect(error.message.contains("2 nan or infinite numbers in 2 of 3 rows"))
      #expect(error.message.contains("the first in row 1; column 0 (1), column 1 (1)"))
    }
  }
}
