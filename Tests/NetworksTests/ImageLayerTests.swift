import Testing

@testable import Networks
@testable import Operations
@testable import Tensors

@Suite struct ImageLayerTests {
  /// A convolution written out element by element.
  func convolved(_ x: Tensor, _ w: Tensor, stride: Int, pad: Int, side: Int) throws -> [Double] {
    let (rows, height, width, inputs) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
    let (kernel, outputs) = (w.shape[0], w.shape[3])
    var result: [Double] = []
    for n in 0..<rows {
      for y in 0..<side {
        for column in 0..<side {
          for o in 0..<outputs {
            var sum = 0.0
            for i in 0..<kernel {
              for j in 0..<kernel {
                let (a, b) = (y * stride + i - pad, column * stride + j - pad)
                guard a >= 0, a < height, b >= 0, b < width else { continue }
                for c in 0..<inputs {
                  sum += try x.element(at: [n, a, b, c]) * w.element(at: [i, j, c, o])
                }
              }
            }
            result.append(sum)
          }
        }
      }
    }
    return result
  }

  @Test func convolutionIsTheSumOverWindows() throws {
    let x = try normal([2, 5, 5, 2], seed: 1)
    for (kernel, stride, padding, pad, side) in [
      (3, 1, ConvolutionPadding.same, 1, 5), (3, 2, .same, 1, 3), (2, 1, .valid, 0, 4),
      (3, 2, .valid, 0, 2), (1, 1, .same, 0, 5),
    ] {
      let layer = try ConvolutionLayer(
        .conv2d, inputs: 2, outputs: 3, kernel: kernel, stride: stride, padding: padding)
      let w = try normal([kernel, kernel, 2, 3], seed: 2)
      let bias = Variable(try Tensor.zeros([3], .f64))
      let y = try layer.apply(Variable(x), parameters: [Variable(w), bias])
      #expect(y.shape.dimensions == [2, side, side, 3])
      #expect(
        difference(
          y.tensor.doubles(), try convolved(x, w, stride: stride, pad: pad, side: side)) < 1e-12)
      try checkGradient("conv2d", at: [x, w, try normal([3], seed: 3)]) {
        try layer.apply($0[0], parameters: $0[1...])
      }
    }
  }

  /// Geometries of all kinds: each with the shape of an example.
  static let kinds: [(layer: @Sendable () throws -> ConvolutionLayer, input: [Int])] = [
    ({ try ConvolutionLayer(.conv2d, inputs: 2, outputs: 3, kernel: 3) }, [5, 4, 2]),
    ({ try ConvolutionLayer(.conv2d, inputs: 2, outputs: 3, kernel: 3, stride: 2) }, [5, 4, 2]),
    (
      {
        try ConvolutionLayer(
          .conv2d, inputs: 4, outputs: 6, kernel: 3, stride: 2, padding: .around(3), groups: 2,
          dilation: 2)
      }, [9, 6, 4]
    ),
    (
      {
        try ConvolutionLayer(.conv2d, inputs: 4, outputs: 4, kernel: 2, padding: .valid, groups: 4)
      },
      [3, 5, 4]
    ),
    ({ try ConvolutionLayer(.conv2d, inputs: 3, outputs: 2, kernel: 1, stride: 3) }, [7, 7, 3]),
    ({ try ConvolutionLayer(.conv1d, inputs: 3, outputs: 4, kernel: 3, dilation: 3) }, [8, 3]),
    (
      {
        try ConvolutionLayer(
          .conv1d, inputs: 4, outputs: 2, kernel: 4, stride: 3, padding: .valid, groups: 2)
      }, [12, 4]
    ),
    (
      { try ConvolutionLayer(.transposed, inputs: 2, outputs: 3, kernel: 4, stride: 2) }, [3, 4, 2]
    ),
    (
      {
        try ConvolutionLayer(
          .transposed, inputs: 3, outputs: 1, kernel: 2, stride: 3, padding: .valid)
      }, [2, 3, 3]
    ),
  ]

  /// In Float64, where windows are laid out, by central differences; with few images at a time as a
  /// large batch goes through. In Float32 by oneDNN's kernels, beside it.
  @Test(arguments: kinds.indices) func convolutionsOfEveryKind(_ index: Int) throws {
    let (make, input) = Self.kinds[index]
    var layer = try make()
    var generator = RandomGenerator(seed: 3)
    try layer.resolveAlone(generator: &generator)
    let weights = layer.parameterGroups[0][0].tensor
    let point = [
      try normal([3] + input, seed: 5), try normal(weights.shape.dimensions, seed: 6),
      try normal([layer.outputs], seed: 8),
    ]
    let function: Function = { [layer] in try layer.apply($0[0], parameters: $0[1...]) }
    try checkGradient(layer.description, at: point, function)
    try checkSecondGradient(layer.description, at: point, function)
    let single = try point.map { try $0.cast(to: .f32) }
    let seed = Variable(try normal(function(point.map { Variable($0) }).shape.dimensions, seed: 9))
    func both(_ point: [Tensor]) throws -> [Tensor] {
      let slopes = try gradient(of: { try .sum(function($0) * seed) }, at: point)
      return try [function(point.map { Variable($0) }).tensor] + slopes
    }
    for (a, b) in zip(try both(single), try both(point)) { #expect(difference(a, b) < 1e-5) }
  }

  /// Images by themselves, and all at once.
  @Test(arguments: kinds.indices) func unfoldedInPieces(_ index: Int) throws {
    let (make, input) = Self.kinds[index]
    guard let geometry = try make().geometry(for: input) else {
      Issue.record("no geometry")
      return
    }
    let whole = Convolution(geometry)
    var pieces = whole
    pieces.pieceCount = 1
    let x = try normal([3] + geometry.imageShape, seed: 5)
    let w = try normal(geometry.weightShape, seed: 6)
    let y = try whole.outputs(x, w)
    #expect(difference(try pieces.outputs(x, w), y) < 1e-12)
    #expect(difference(try pieces.images(w, y), try whole.images(w, y)) < 1e-12)
    #expect(difference(try pieces.weights(x, y), try whole.weights(x, y)) < 1e-12)
  }

  /// No bit depends on how many threads there are.
  @Test func convolutionsOnAnyNumberOfThreads() throws {
    guard
      let geometry = try ConvolutionLayer(.conv2d, inputs: 8, outputs: 16, kernel: 3)
        .geometry(for: [12, 12, 8])
    else { return }
    let convolution = Convolution(geometry)
    let x = try normal([37, 12, 12, 8], seed: 1).cast(to: .f32)
    let w = try normal([3, 3, 8, 16], seed: 2).cast(to: .f32)
    func all() throws -> [[Double]] {
      let y = try convolution.outputs(x, w)
      return try [y, convolution.images(w, y), convolution.weights(x, y)].map { $0.doubles() }
    }
    let alone = try Threads.limited(to: 1) { try all() }
    for count in [2, 3, 7] {
      let before = Threads.count
      Threads.count = count
      defer { Threads.count = before }
      #expect(try all() == alone)
    }
  }

  @Test func poolingGradients() throws {
    let x = try normal([2, 5, 4, 3], seed: 4)
    for kind in [Pooling.Kind.max, .average] {
      let layer = try Pooling(kind, size: 2)
      #expect(try layer.outputShape(for: [5, 4, 3], position: 1) == [2, 2, 3])
      let function: Function = { try layer.apply($0[0], parameters: []) }
      try checkGradient(kind.rawValue, at: [x], function)
      try checkSecondGradient(kind.rawValue, at: [x], function)
    }
  }

  /// Equal elements share a window's gradient; a NaN comes out of its window.
  @Test func poolsOfEqualElementsAndOfNaN() throws {
    let layer = try Pooling(.max, size: 2)
    let tied = try Tensor([1, 3, 3, 3] as [Float], [1, 2, 2, 1])
    let slope = try gradient(of: { try .sum(layer.apply($0[0], parameters: [])) }, at: [tied])[0]
    #expect(difference(slope.doubles(), [0, 1.0 / 3, 1.0 / 3, 1.0 / 3]) < 1e-7)
    let hole = try Tensor([1, .nan, 2, 3] as [Float], [1, 2, 2, 1])
    #expect(try layer.apply(Variable(hole), parameters: []).tensor.doubles()[0].isNaN)
  }

  @Test func flatRowsAreSquareImages() throws {
    let layer = try ConvolutionLayer(.conv2d, inputs: 1, outputs: 4, kernel: 3)
    #expect(try layer.outputShape(for: [784], position: 1) == [28, 28, 4])
    #expect(try layer.outputShape(for: [28, 28], position: 1) == [28, 28, 4])
    #expect(throws: NetworkError.self) { try layer.outputShape(for: [785], position: 1) }
    #expect(throws: NetworkError.self) { try layer.outputShape(for: [28, 28, 3], position: 1) }
  }

  @Test func plansAgreeWithTheTape() throws {
    let suite = TrainerTests()
    var options = TrainingOptions()
    options.optimizer = .sgd(rate: 0.05, momentum: 0.9)
    for batch in [BatchSize.rows(8), .full] {
      options.batch = batch
      let convolution: [any Layer] = [
        try ConvolutionLayer(.conv2d, inputs: 1, outputs: 3, kernel: 3), ActivationLayer(.relu),
        try Pooling(.max, size: 2),
        try ConvolutionLayer(.conv2d, inputs: 3, outputs: 4, kernel: 2, stride: 1, padding: .valid),
        ActivationLayer(.tanh), try Pooling(.average, size: 1), Flatten(), try Dense(outputs: 3),
        Softmax(),
      ]
      try suite.compare(convolution, options, features: 16)
      let body = try network([
        try Dense(inputs: 5, outputs: 5), ActivationLayer(.relu), try Dense(outputs: 5),
      ])
      try suite.compare(
        [
          try Residual(body), ActivationLayer(.tanh), try Residual(body), try Dense(outputs: 3),
          Softmax(),
        ], options)
    }
  }

  @Test func batchNormalizationStandardizesAndRemembers() throws {
    let sample = try Sample(rows: 200, features: 4, classes: 3)
    let start = try network([
      try Dense(inputs: 4, outputs: 6), BatchNormalization(), ActivationLayer(.relu),
      try Dense(outputs: 3), Softmax(),
    ])
    #expect(start.parameterNames == ["W1", "b1", "gamma2", "beta2", "W3", "b3"])
    var options = TrainingOptions()
    options.epochs = 60
    options.batch = .rows(50)
    let run = try trainer(start, sample.data(validation: sample), options)
    _ = try run.run()
    let trained = try run.trained()
    #expect((trained.history.accuracy.last ?? 0) > 0.85)
    let measured = try trained.measured(sample.inputs, sample.targets, loss: .crossEntropy)
    #expect(abs(measured.loss - (trained.history.validationLoss.last ?? 0)) < 1e-4)
    let hidden = try Tensor.matmul(
      sample.inputs, trained.parameter("W1"), bias: trained.parameter("b1"))
    let means = try hidden.reduce(.mean, axes: [0])
    #expect(difference(trained.statistics[0], means) < 0.2)
  }

  @Test func batchNormalizationGradientOfTheBatch() throws {
    // One step of plain descent with rate 1 from the plan is the gradient itself.
    let sample = try Sample(rows: 10, features: 3, classes: 3)
    let start = try network([
      try Dense(inputs: 3, outputs: 4), BatchNormalization(), try Dense(outputs: 3), Softmax(),
    ])
    var options = TrainingOptions()
    options.epochs = 1
    options.batch = .full
    options.optimizer = .sgd(rate: 1.0)
    let run = try trainer(start, sample.data(), options)
    _ = try run.run()
    let after = try run.trained()
    let point = try start.parameters.map { try $0.tensor.cast(to: .f64) }
    let (x, y) = (
      Variable(try sample.inputs.cast(to: .f64)), Variable(try sample.targets.cast(to: .f64))
    )
    let slopes = try gradient(
      of: { p in
        let z = try Variable.matmul(x, p[0]) + p[1]
        let mean = try Variable.mean(z, axes: [0])
        let spread = try Variable.sqrt(Variable.variance(z, axes: [0]) + 1e-5)
        let normal = try (z - mean) / spread * p[2] + p[3]
        return try .crossEntropy(
          target: y, prediction: .softmax(.matmul(normal, p[4]) + p[5]))
      }, at: point)
    for (index, slope) in slopes.enumerated() {
      let change = try Tensor.apply(
        .subtract, start.parameters[index].tensor, after.parameters[index].tensor)
      #expect(difference(slope, change) < 2e-5, "\(start.parameters[index].name)")
    }
  }

  @Test func residualMustKeepTheShape() throws {
    let body = try network([try Dense(inputs: 4, outputs: 3)])
    #expect(throws: NetworkError.self) { try network([try Residual(body)]) }
  }
}
