import Testing

@testable import Networks
@testable import Tensors

/// A network keeps the loss it was trained with, on every way that leads from one to another.
@Suite struct KeptLossTests {
  private let sample: Sample
  private let trained: Network

  init() throws {
    sample = try Sample(rows: 20, features: 5, classes: 3)
    var options = TrainingOptions()
    options.epochs = 1
    options.loss = .meanSquaredError
    let run = try trainer(
      network([try Dense(inputs: 5, outputs: 3), Softmax()]), sample.data(), options)
    _ = try run.run()
    trained = try run.trained()
  }

  private func lossOf(_ network: Network) throws -> Loss {
    try network.measured(sample.inputs, sample.targets).lossKind
  }

  @Test func training() throws {
    #expect(trained.loss == .meanSquaredError)
    #expect(try lossOf(trained) == .meanSquaredError)
    // Another training, and single steps, go on with it where they ask for none.
    let second = try trainer(trained, sample.data(), TrainingOptions())
    #expect(second.loss == .meanSquaredError)
    _ = try second.takeSteps(2)
    #expect(try second.trained().loss == .meanSquaredError)
    var options = TrainingOptions()
    options.loss = .crossEntropy
    #expect(try trainer(trained, sample.data(), options).trained().loss == .crossEntropy)
  }

  @Test func changes() throws {
    var copy = trained
    try copy.setParameter("b1", to: Tensor([1, 2, 3] as [Float]))
    #expect(try lossOf(copy) == .meanSquaredError)
    try copy.setParameters(copy.parameters.map(\.tensor))
    #expect(try lossOf(copy) == .meanSquaredError)
    var generator = RandomGenerator(seed: 1)
    let longer = try Network.composed(
      copy, network([try Dense(inputs: 3, outputs: 3), Softmax()]), generator: &generator)
    #expect(try lossOf(longer) == .crossEntropy)
    try copy.reset(generator: &generator)
    #expect(try lossOf(copy) == .crossEntropy)
  }

  /// A loss that does not fit the examples gives way: bce is of zeros and ones.
  @Test func otherTargets() throws {
    var net = try network([try Dense(inputs: 5, outputs: 3), ActivationLayer(.sigmoid)])
    net.loss = .binaryCrossEntropy
    #expect(try lossOf(net) == .binaryCrossEntropy)
    let numbers = try Tensor.apply(.multiply, sample.targets, .scalar(3))
    #expect(try net.measured(sample.inputs, numbers).lossKind == .meanSquaredError)
    #expect(
      try trainer(
        net, TrainingData(inputs: sample.inputs, targets: numbers), TrainingOptions()
      ).loss == .meanSquaredError)
  }

  /// What training measures on the validation rows is what measuring says afterwards, for every
  /// task.
  @Test(arguments: Loss.allCases) func validationIsMeasuredAlike(_ loss: Loss) throws {
    var options = TrainingOptions()
    options.epochs = 2
    options.loss = loss
    let last: any Layer = loss == .binaryCrossEntropy ? ActivationLayer(.sigmoid) : Softmax()
    let run = try trainer(
      network([try Dense(inputs: 5, outputs: 3), last]), sample.data(validation: sample), options)
    _ = try run.run()
    let net = try run.trained()
    let measured = try net.measured(sample.inputs, sample.targets)
    #expect(measured.lossKind == loss)
    #expect(abs(measured.loss - (net.history.validationLoss.last ?? .nan)) < 1e-6)
    #expect(measured.accuracy == net.history.validationAccuracy.last)
  }
}
