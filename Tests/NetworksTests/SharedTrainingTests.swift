import Testing

@testable import Networks
@testable import Operations
@testable import Tensors

/// Trainers that share each batch end with the same bits, however many they are.
@Suite struct SharedTrainingTests {
  /// A network and how it is trained.
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let input: [Int]
    let layers: @Sendable () throws -> [any Layer]
    var change: @Sendable (inout TrainingOptions) -> Void = { _ in }
    var isFloat64 = false
    var testDescription: String { name }
  }

  static let cases: [Case] = [
    Case(name: "dense", input: [6], layers: dense),
    Case(
      name: "adam", input: [6], layers: dense,
      change: { $0.optimizer = Optimizer(trainingBy: .adam) }),
    Case(
      name: "clip, l2, sum", input: [6], layers: dense,
      change: {
        $0.optimizer = .sgd(rate: 0.001, momentum: 0.5, nesterov: true, l2: 0.01)
        $0.optimizer["clip"] = 0.5
        $0.reduction = .sum
      }),
    Case(name: "full batch", input: [6], layers: dense, change: { $0.batch = .full }),
    Case(name: "smaller than a block", input: [6], layers: dense, change: { $0.batch = .rows(7) }),
    Case(
      name: "Float64", input: [6], layers: dense, isFloat64: true),
    Case(
      name: "dropout", input: [6],
      layers: {
        [
          try Dense(inputs: 6, outputs: 20), ActivationLayer(.relu), try Dropout(0.3),
          try Dense(outputs: 3), Softmax(),
        ]
      }),
    Case(
      name: "dropout recorded", input: [6],
      layers: {
        [
          try Dense(inputs: 6, outputs: 20), PlainLayer(try Dropout(0.3)),
          try Dense(outputs: 3), Softmax(),
        ]
      }),
    Case(
      name: "convolution", input: [6, 6, 1],
      layers: {
        [
          try ConvolutionLayer(.conv2d, inputs: 1, outputs: 4, kernel: 3), ActivationLayer(.relu),
          try Pooling(.max, size: 2), Flatten(), try Dense(outputs: 3), Softmax(),
        ]
      }),
    Case(
      name: "transformer", input: [4, 6],
      layers: {
        [
          try Transformer(size: 6, heads: 2, dropout: 0.2), GlobalAveragePooling(),
          try Dense(outputs: 3), Softmax(),
        ]
      }),
    Case(
      name: "lstm", input: [4, 6],
      layers: { [try Recurrent(.lstm, inputs: 6, hidden: 5), try Dense(outputs: 3), Softmax()] }),
    Case(
      name: "group norm, transposed convolution", input: [3, 3, 2],
      layers: {
        [
          try ConvolutionLayer(.transposed, inputs: 2, outputs: 4, kernel: 3, stride: 2),
          try GroupNormalization(groups: 2), GlobalAveragePooling(), try Dense(outputs: 3),
          Softmax(),
        ]
      }),
    // Wide enough for its gradient to cross in several chunks.
    Case(
      name: "wide", input: [90],
      layers: {
        [
          try Dense(inputs: 90, outputs: 400), ActivationLayer(.relu),
          try Residual(layers: [try Dense(inputs: 400, outputs: 400), ActivationLayer(.tanh)]),
          LayerNormalization(), try Dense(outputs: 400), ActivationLayer(.relu),
          try Dense(outputs: 3), Softmax(),
        ]
      }, change: { $0.epochs = 1 }),
    Case(
      name: "batch norm", input: [6],
      layers: {
        [
          try Dense(inputs: 6, outputs: 12), BatchNormalization(), ActivationLayer(.tanh),
          try Dense(outputs: 3), Softmax(),
        ]
      }),
    Case(
      name: "batch norm in a residual", input: [6],
      layers: {
        [
          try Dense(inputs: 6, outputs: 8),
          try Residual(layers: [
            try Dense(inputs: 8, outputs: 8), BatchNormalization(), ActivationLayer(.relu),
          ]), try Dense(outputs: 3), Softmax(),
        ]
      }),
    Case(
      name: "batch norm recorded, which needs the batch in one", input: [6],
      layers: {
        [
          try Dense(inputs: 6, outputs: 8), PlainLayer(BatchNormalization()),
          try Dense(outputs: 3), Softmax(),
        ]
      }),
  ]

  static let dense: @Sendable () throws -> [any Layer] = {
    [
      try Dense(inputs: 6, outputs: 20), ActivationLayer(.relu), try Dense(outputs: 9),
      ActivationLayer(.tanh), try Dense(outputs: 3), Softmax(),
    ]
  }

  /// What a training ends with, to the bit.
  struct End: Equatable, Sendable {
    var parameters: [[Double]] = []
    var statistics: [[Double]] = []
    var states: [[Double]] = []
    var history = History()
  }

  private static func sample(_ rows: Int, _ shape: [Int], seed: UInt64) throws -> Sample {
    try Sample(rows: rows, features: shape.reduce(1, *), classes: 3, seed: seed)
  }

  private static func train(_ test: Case, _ exchange: any GradientExchange) throws -> End {
    let sample = try sample(310, test.input, seed: 5)
    let valid = try self.sample(90, test.input, seed: 6)
    func shaped(_ tensor: Tensor) throws -> Tensor {
      try tensor.reshaped([tensor.shape[0]] + test.input)
    }
    let data = try TrainingData(
      inputs: shaped(sample.inputs), targets: sample.targets,
      validation: (shaped(valid.inputs), valid.targets))
    var options = TrainingOptions()
    options.batch = .rows(140)
    options.epochs = 2
    options.optimizer.rate = 0.05
    test.change(&options)
    var start = try network(test.layers())
    if test.isFloat64 {
      try start.resolve(input: test.input)
      try start.setParameters(start.parameters.map { try $0.tensor.cast(to: .f64) })
    }
    let trainer = try Trainer(start, data: data, options: options, exchange: exchange)
    _ = try trainer.run()
    let trained = try trainer.trained()
    return End(
      parameters: trained.parameters.map { $0.tensor.doubles() },
      statistics: trained.statistics.map { $0.doubles() },
      states: trained.optimizerState.buffers.flatMap { $0.map { $0.doubles() } },
      history: trained.history)
  }

  @Test(arguments: cases) func theBitsDoNotDependOnTheRanks(_ test: Case) throws {
    let one = try Self.train(test, Alone(isShared: true))
    for count in [2, 3, 4, 8] {
      let ends = try ThreadRanks.run(count) { try Self.train(test, $0) }
      #expect(ends.count == count)
      for (rank, end) in ends.enumerated() {
        #expect(end == one, "rank \(rank) of \(count)")
      }
    }
    // By a trainer that does not cut its batches it is the same training.
    let whole = try Self.train(test, Alone())
    for (a, b) in zip(one.parameters, whole.parameters) { #expect(difference(a, b) < 1e-4) }
    for (a, b) in zip(one.statistics, whole.statistics) { #expect(difference(a, b) < 1e-4) }
  }

  /// What one layer's gradient has to cross sets out before those of the layers before it are there.
  @Test func gradientsSetOutDuringTheBackwardPass() throws {
    let wide = try #require(Self.cases.first { $0.name == "wide" })
    let early = try ThreadRanks.run(2) { rank in
      _ = try Self.train(wide, rank)
      return rank.begunAtOnce
    }
    // Two layers of 160,000 numbers are chunks of their own; the rest is a third.
    #expect(early == [3, 3])
  }

  /// A rank that fails amid its backward pass keeps none of the others waiting.
  @Test(arguments: [1, 2]) func aRankThatFailsIsTold(_ failing: Int) throws {
    struct Fault: Error {}
    struct Late: Error {}
    let found = try ThreadRanks.run(3) { rank in
      let result = try FloatBuffer(count: 100_000, type: .f32)
      let sum = GradientSum(
        result, rank, chunks: GradientSum.chunks(of: 100_000, starts: [0, 40_000]))
      let tree = BlockTree(blocks: 5, ranks: 3)
      var sums: [Double] = []
      for step in 0..<3 {
        sum.abandon()
        do {
          try sum.sum(tree) { block, target, progress in
            for place in 0..<target.count { target.pointer[place] = Float(block + step) }
            try progress?(40_000)
            if progress != nil, rank.begun != 1 { throw Late() }
            if rank.rank == failing, step == 1 { throw Fault() }
          }
        } catch is Fault {}
        try sum.settle(tree)
        let isFailed = try rank.isAgreed(rank.rank == failing && step == 1)
        if isFailed { continue }
        try sum.join(tree)
        sums += [result.row.number(at: 0), result.row.number(at: 99_999)]
      }
      return sums
    }
    // 0 + 1 + 2 + 3 + 4, and two more for each block after two steps.
    for sums in found { #expect(sums == [10, 10, 20, 20]) }
  }

  /// Ranks without a block keep the order in which all send.
  @Test(arguments: [1, 2, 3, 5]) func otherMessagesComeAfterTheSums(_ blocks: Int) throws {
    let found = try ThreadRanks.run(4) { rank in
      let result = try FloatBuffer(count: 70_000, type: .f32)
      let sum = GradientSum(
        result, rank, chunks: GradientSum.chunks(of: 70_000, starts: [0, 35_000]))
      let tree = BlockTree(blocks: blocks, ranks: 4)
      try sum.sum(tree) { block, target in
        for place in 0..<target.count { target.pointer[place] = Float(block + 1) }
      }
      let told = try rank.gathered([Double(rank.rank)], counts: [1, 1, 1, 1])
      try sum.join(tree)
      return told.flatMap { $0 } + [result.row.number(at: 0), result.row.number(at: 69_999)]
    }
    let whole = Double(blocks * (blocks + 1) / 2)
    for numbers in found { #expect(numbers == [0, 1, 2, 3, whole, whole]) }
  }

  @Test func chunksCoverAllNumbersFromTheLast() {
    for starts in [[0], [0, 10, 50_000], [0, 40_000, 40_016, 90_000, 130_000], []] {
      for count in [1, 70_000, 200_000] {
        let chunks = GradientSum.chunks(of: count, starts: starts)
        #expect(chunks.first?.upperBound == count && chunks.last?.lowerBound == 0)
        for (one, next) in zip(chunks, chunks.dropFirst()) {
          #expect(one.lowerBound == next.upperBound && one.count >= 1 << 15)
        }
      }
    }
  }

  /// All find the place where a NaN was born, and say whose rows they were.
  @Test(arguments: [2, 3]) func aNaNIsReportedAlike(_ count: Int) throws {
    let messages = try ThreadRanks.run(count) { rank in
      var test = Self.cases[0]
      test.change = { $0.optimizer.rate = 1e30 }
      do {
        _ = try Self.train(test, rank)
        return "no error"
      } catch TrainingError.notFinite(let report) {
        return report.message
      }
    }
    #expect(Set(messages).count == 1)
    #expect(messages[0].contains("on rank "), "\(messages[0])")
  }

  /// Each block is one rank's, and the ranks' subtrees make up the whole tree.
  @Test func everyBlockIsSummedOnce() {
    for blocks in 1...40 {
      for ranks in 1...12 {
        let tree = BlockTree(blocks: blocks, ranks: ranks)
        let owned = (0..<ranks).flatMap { rank in tree.owned(by: rank).map { ($0, rank) } }
        #expect(owned.map(\.0) == Array(0..<blocks))
        for (block, rank) in owned { #expect(tree.owner(of: block) == rank) }
        let subtrees = (0..<ranks).flatMap { tree.subtrees(of: $0) }
        #expect(subtrees.flatMap { Array($0) } == Array(0..<blocks))
      }
    }
  }
}
