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
      (3, 1, Convolution2D.Padding.same, 1, 5), (3, 2, .same, 1, 3), (2, 1, .valid, 0, 4),
      (3, 2, .valid, 0, 2), (1, 1, .same, 0, 5),
    ] {
      let layer = try Convolution2D(
        inputs: 2, outputs: 3, kernel: kernel, stride: stride, padding: padding)
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

  /// In pieces of a line of the output each, as a large batch goes through.
  @Test func convolutionInPieces() throws {
    let layer = try Convolution2D(inputs: 2, outputs: 3, kernel: 3, stride: 2)
    guard let windows = layer.windows(for: [5, 4, 2]) else {
      Issue.record("no windows")
      return
    }
    let (x, w) = (try normal([3, 5, 4, 2], seed: 5), try normal([18, 3], seed: 6))
    let whole = ImageConvolution(windows: windows, rows: 3)
    let pieces = ImageConvolution(windows: windows, rows: 3, pieceCount: 1)
    let y = try whole.product(Variable(x), Variable(w)).tensor
    #expect(difference(try pieces.product(Variable(x), Variable(w)).tensor, y) < 1e-12)
    let g = try normal(y.shape.dimensions, seed: 7)
    for operation in [pieces.product, pieces.imageGradient, pieces.weightGradient] {
      let operands =
        operation.name == "convolution"
        ? [x, w] : operation.name == "convolutionImages" ? [g, w] : [x, g]
      try checkGradient(operation.name, at: operands) { try operation($0) }
    }
    try checkSecondGradient("convolution", at: [x, w]) { try pieces.product($0) }
  }

  @Test func poolingGradients() throws {
    let x = try normal([2, 5, 4, 3], seed: 4)
    for kind in [Pooling.Kind.max, .average] {
      let layer = try Pooling(kind, size: 2)
      #expect(try layer.outputShape(for: [5, 4, 3], position: 1) == [2, 2, 3])
      try checkGradient(kind.rawValue, at: [x]) { try layer.apply($0[0], parameters: []) }
    }
  }

  @Test func flatRowsAreSquareImages() throws {
    let layer = try Convolution2D(inputs: 1, outputs: 4, kernel: 3)
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
        try Convolution2D(inputs: 1, outputs: 3, kernel: 3), ActivationLayer(.relu),
        try Pooling(.max, size: 2),
        try Convolution2D(inputs: 3, outputs: 4, kernel: 2, stride: 1, padding: .valid),
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
