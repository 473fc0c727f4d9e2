import Testing

@testable import Networks
@testable import Operations
@testable import Tensors

/// Weights, smoothed targets, changed inputs and the scores of an epoch.
@Suite struct TrainingOptionTests {
  private func train(
    _ layers: [any Layer], _ data: TrainingData, _ change: (inout TrainingOptions) -> Void
  ) throws -> Network {
    var options = TrainingOptions()
    options.epochs = 3
    options.batch = .full
    change(&options)
    var generator = RandomGenerator(seed: 1)
    let trainer = try Trainer(Network(layers, generator: &generator), data: data, options: options)
    _ = try trainer.run()
    return try trainer.trained()
  }

  private static let ends: [(last: any Layer, loss: Loss?)] = [
    (Softmax(), nil), (Softmax(), .averageCrossEntropy),
    (ActivationLayer(.sigmoid), .binaryCrossEntropy), (ActivationLayer(.tanh), .meanSquaredError),
  ]

  /// A row of weight 2 is the same as the row twice.
  @Test(arguments: ends.indices, [ElementType.f32, .f64])
  func aWeightIsARepetition(_ index: Int, _ type: ElementType) throws {
    let (last, loss) = Self.ends[index]
    let sample = try Sample(rows: 6, features: 4, classes: 3)
    let weights: [Double] = [2, 1, 0, 1, 3, 1]
    let repeated = weights.enumerated().flatMap { row, count in
      Array(repeating: Double(row), count: Int(count))
    }
    let order = try Tensor(doubles: repeated, elementType: .f64)
    let (x, y) = (try sample.inputs.cast(to: type), try sample.targets.cast(to: type))
    var layer = try Dense(inputs: 4, outputs: 3)
    if type == .f64 {
      var generator = RandomGenerator(seed: 3)
      _ = try layer.resolve(input: [4], position: 1, generator: &generator)
      layer.parameterGroups = try layer.parameterGroups.map { group in
        try group.map { LayerParameter(letter: $0.letter, tensor: try $0.tensor.cast(to: .f64)) }
      }
    }
    let weighted = try train(
      [layer, last],
      TrainingData(inputs: x, targets: y, weights: Tensor(doubles: weights, elementType: .f64))
    ) { $0.loss = loss }
    let doubled = try train(
      [layer, last],
      TrainingData(
        inputs: x.subscripted([.gather(order)]), targets: y.subscripted([.gather(order)]))
    ) { $0.loss = loss }
    #expect(difference(weighted.history.loss, doubled.history.loss) < 1e-5)
    for (a, b) in zip(weighted.parameters, doubled.parameters) {
      #expect(difference(a.tensor, b.tensor) < 1e-5)
    }
  }

  @Test func balancedClassesCountAlike() throws {
    // Three rows of class 0 and one of class 1: weights 4/(2·3) and 4/2.
    let y = try Tensor([1, 0, 1, 0, 1, 0, 0, 1] as [Float], [4, 2])
    let x = try normal([4, 3], seed: 4)
    let data = try TrainingData(inputs: x, targets: y)
    let layers: [any Layer] = [try Dense(inputs: 3, outputs: 2), Softmax()]
    let balanced = try train(layers, data) { $0.classWeights = .balanced }
    let given = try train(layers, data) { $0.classWeights = .given([2.0 / 3, 2]) }
    let own = try train(
      layers, TrainingData(inputs: x, targets: y, weights: Tensor([1, 1, 1, 3] as [Float], [4]))
    ) { _ in }
    #expect(balanced.parameters[0].tensor.doubles() == given.parameters[0].tensor.doubles())
    #expect(difference(balanced.parameters[0].tensor, own.parameters[0].tensor) < 1e-6)
  }

  @Test func smoothingSpreadsTheTargets() throws {
    let sample = try Sample(rows: 8, features: 4, classes: 3)
    let layers: [any Layer] = [try Dense(inputs: 4, outputs: 3), Softmax()]
    let smoothed = try train(
      layers, TrainingData(inputs: sample.inputs, targets: sample.targets)
    ) { $0.smoothing = 0.3 }
    let spread = try Tensor.apply(
      .add, Tensor.apply(.multiply, sample.targets, .scalar(0.7, .f64)), .scalar(0.1, .f64))
    let direct = try train(layers, TrainingData(inputs: sample.inputs, targets: spread)) { _ in }
    #expect(difference(smoothed.history.loss, direct.history.loss) < 1e-6)
    #expect(difference(smoothed.parameters[0].tensor, direct.parameters[0].tensor) < 1e-6)
    // The accuracy is that of the targets as they were.
    #expect(smoothed.history.accuracy.allSatisfy { !$0.isNaN })
  }

  @Test func inputsChangeAnewInEveryStep() throws {
    let sample = try Sample(rows: 8, features: 4, classes: 3)
    let data = try TrainingData(inputs: sample.inputs, targets: sample.targets)
    let layers: [any Layer] = [try Dense(inputs: 4, outputs: 3), Softmax()]
    let doubled = try train(layers, data) { options in
      options.augmentation = Augmentation("twice") { x, _ in
        try Tensor.apply(.multiply, x, .scalar(2, .f64))
      }
    }
    let direct = try train(
      layers,
      TrainingData(
        inputs: Tensor.apply(.multiply, sample.inputs, .scalar(2, .f64)), targets: sample.targets)
    ) { _ in }
    #expect(doubled.parameters[0].tensor.doubles() == direct.parameters[0].tensor.doubles())
    func noisy(_ epochs: Int) throws -> Network {
      try train(layers, data) { options in
        options.epochs = epochs
        options.batch = .rows(3)
        options.augmentation = Augmentation("noise") { x, generator in
          var generator = generator
          return try Tensor.apply(.add, x, generator.normal(x.shape))
        }
      }
    }
    #expect(try noisy(2).history.loss == noisy(2).history.loss)
    #expect(throws: TrainingError.self) {
      try train(layers, data) { options in
        options.augmentation = Augmentation("fewer") { x, _ in try x.rows(0..<2) }
      }
    }
  }

  /// The scores of an epoch without updates are those of a measurement.
  @Test(arguments: [Loss.meanSquaredError, .recorded(.meanAbsoluteError), .recorded(.huber)])
  func scoresOfNumbers(_ loss: Loss) throws {
    let (x, y) = (try normal([20, 3], seed: 1), try normal([20, 2], seed: 2))
    let data = try TrainingData(inputs: x, targets: y, validation: (x, y))
    let net = try train([try Dense(inputs: 3, outputs: 2)], data) { options in
      options.loss = loss
      options.epochs = 1
      options.optimizer.rate = .constant(0)
    }
    let measured = try net.measured(x, y)
    for found in [net.history.training[0], net.history.validation[0]] {
      #expect(try abs(found.determination - measured.determination()) < 1e-5)
      #expect(try abs(found.absoluteError - measured.meanAbsoluteError()) < 1e-5)
      #expect(found.accuracy.isNaN)
    }
  }

  @Test func optionsThatDoNotFit() throws {
    let (x, y) = (try normal([6, 3], seed: 1), try normal([6, 2], seed: 2))
    let data = try TrainingData(inputs: x, targets: y)
    let layers: [any Layer] = [try Dense(inputs: 3, outputs: 2)]
    let changes: [(inout TrainingOptions) -> Void] = [
      { $0.smoothing = 0.1 }, { $0.classWeights = .balanced },
      { $0.classWeights = .given([1, 2]) },
      { $0.smoothing = 1 }, { $0.smoothing = .nan }, { $0.classWeights = .given([-1, 2]) },
    ]
    for change in changes {
      #expect(throws: TrainingError.self) { try train(layers, data, change) }
    }
    for weights in [[1, 1, -1, 1, 1, 1], [0, 0, 0, 0, 0, 0], [1, .nan, 1, 1, 1, 1], [1, 1]] {
      #expect(throws: TrainingError.self) {
        try train(
          layers,
          TrainingData(
            inputs: x, targets: y, weights: Tensor(doubles: weights, elementType: .f64))
        ) { _ in }
      }
    }
  }
}
