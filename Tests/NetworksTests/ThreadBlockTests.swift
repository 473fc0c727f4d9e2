import Testing

@testable import Networks
@testable import Operations
@testable import Tensors

/// Large batches, of which each thread carries whole blocks forward and back.
@Suite struct ThreadBlockTests {
  typealias Case = SharedTrainingTests.Case

  static let dense: @Sendable () throws -> [any Layer] = {
    [
      try Dense(outputs: 30), ActivationLayer(.relu), try Dropout(0.2), try Dense(outputs: 3),
      Softmax(),
    ]
  }

  static let cases: [Case] = [
    Case(name: "dense", input: [20], layers: dense),
    Case(
      name: "adam, clip, l2", input: [20], layers: dense,
      change: {
        $0.optimizer = Optimizer(trainingBy: .adam)
        $0.optimizer["clip"] = 0.5
        $0.optimizer["l2"] = 0.01
      }),
    // Of the last batch there is too little for blocks.
    Case(
      name: "a batch and a remainder", input: [20], layers: dense,
      change: { $0.batch = .rows(4400) }),
    Case(
      name: "convolution", input: [8, 8, 1],
      layers: {
        [
          try ConvolutionLayer(.conv2d, inputs: 1, outputs: 8, kernel: 3), ActivationLayer(.relu),
          try Pooling(.max, size: 2), Flatten(), try Dense(outputs: 20), ActivationLayer(.tanh),
          try Dense(outputs: 3), Softmax(),
        ]
      }),
    Case(
      name: "sequences", input: [5, 6],
      layers: {
        [
          LayerNormalization(), try Recurrent(.lstm, inputs: 6, hidden: 12, returnsAll: true),
          try Recurrent(.gru, inputs: 12, hidden: 8), try Dense(outputs: 3), Softmax(),
        ]
      }),
  ]

  private static func trainer(_ example: Case, _ given: Network? = nil) throws -> Trainer {
    let rows = 4500
    let x = try normal([rows] + example.input, seed: 3).cast(to: .f32)
    let width = example.input.reduce(1, *)
    let numbers = x.doubles()
    var y = [Double](repeating: 0, count: rows * 3)
    for row in 0..<rows {
      let first = numbers[row * width]
      y[3 * row + (first < -0.4 ? 0 : first < 0.4 ? 1 : 2)] = 1
    }
    let targets = try Tensor(doubles: y, Shape(checking: [rows, 3]), elementType: .f32)
    var options = TrainingOptions()
    options.batch = .full
    options.epochs = 3
    options.optimizer = .sgd(rate: 0.1, momentum: 0.9)
    options.seed = 5
    example.change(&options)
    return try Trainer(
      given ?? network(example.layers()),
      data: TrainingData(inputs: x, targets: targets), options: options)
  }

  private static func trained(_ trainer: Trainer) throws -> [[Double]] {
    #expect(try trainer.run().ending == .finished)
    return try trainer.trained().parameters.map { $0.tensor.doubles() }
      + [trainer.history.loss, trainer.history.accuracy]
  }

  /// In a process of its own: the number of threads is one for all tests.
  @Test func sameBitsOnAnyNumberOfThreads() async {
    await #expect(processExitsWith: .success) {
      for example in Self.cases {
        Threads.count = 1
        let alone = try Self.trained(Self.trainer(example))
        for count in [2, 3, 5, 16, 40] {
          Threads.count = count
          let several = try Self.trainer(example)
          #expect(several.plans.batch.lanes.count == min(count, 16), "\(example)")
          #expect(try Self.trained(several) == alone, "\(example) on \(count) threads")
        }
      }
    }
  }

  /// Blocks add up to what the whole batch gives in one go.
  @Test(arguments: cases) func blocksAreTheBatch(_ example: Case) throws {
    let shared = try Self.trainer(example)
    let batch = shared.plans.batch
    #expect(batch.blocks.map(\.rows).reduce(0, +) == batch.rows && batch.blocks.count == 16)
    let start = try shared.trained()
    try shared.takeStep(rate: 0.1)
    let plain = try network(start.layers.map { $0 is Softmax ? $0 : PlainLayer($0) })
    let recorded = try Self.trainer(example, plain)
    #expect(recorded.plans.batch.blocks.count == 1)
    try recorded.takeStep(rate: 0.1)
    for (x, y) in try zip(shared.trained().parameters, recorded.trained().parameters) {
      #expect(difference(x.tensor, y.tensor) < 1e-5)
    }
  }
}
