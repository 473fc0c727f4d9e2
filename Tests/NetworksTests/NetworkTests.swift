import Testing

@testable import Networks
@testable import Operations
@testable import Tensors

@Suite struct NetworkTests {
  @Test func layersTakeTheirInputFromTheOneBefore() throws {
    let net = try network([
      try Dense(inputs: 4, outputs: 3), ActivationLayer(.relu), try Dense(outputs: 2), Softmax(),
    ])
    #expect(net.parameterNames == ["W1", "b1", "W2", "b2"])
    #expect(try net.parameter("W2").shape == [3, 2])
    #expect(net.description == "dense(4, 3) |> relu |> dense(3, 2) |> softmax")
    #expect(net.parameterCount == 23)
    let rows = net.summary()
    #expect(rows.map(\.output) == ["N×3", "N×3", "N×2", "N×2"])
    #expect(rows.map(\.parameters) == [15, 0, 8, 0])
    #expect(rows[2].names == ["W2", "b2"])
  }

  @Test func lazyLayersWaitForData() throws {
    var net = try network([try Dense(outputs: 3), ActivationLayer(.tanh), try Dense(outputs: 2)])
    #expect(!net.isResolved)
    // A call completes the layers for itself alone, and as training will.
    let rows = try normal([4, 5], seed: 1)
    let early = try net.forward(rows)
    #expect(early.shape == [4, 2] && !net.isResolved)
    try net.resolve(input: [5])
    #expect(try net.forward(rows).doubles() == early.doubles())
    var generator = RandomGenerator(seed: 1)
    #expect(throws: NetworkError.self) { try net.resolve(input: [6], generator: &generator) }
    #expect(net.inputShape == [5])
  }

  @Test func aCopyNeverSeesTheOther() throws {
    var a = try network([try Dense(inputs: 2, outputs: 2)])
    let b = a
    try a.setParameter("b1", to: Tensor([5, 6] as [Float]))
    #expect(try b.parameter("b1").doubles() == [0, 0])
    #expect(try a.parameter("b1").doubles() == [5, 6])
  }

  @Test func initialWeightsHaveTheirVariance() throws {
    func variance(_ initialization: Initialization) throws -> Double {
      let net = try network([
        try Dense(inputs: 300, outputs: 200, initialization: initialization)
      ])
      #expect(try net.parameter("b1").doubles().allSatisfy { $0 == 0 })
      return try net.parameter("W1").variance().item ?? 0
    }
    #expect(abs(try variance(.xavier) / (2.0 / 500) - 1) < 0.03)
    #expect(abs(try variance(.he) / (2.0 / 300) - 1) < 0.03)
    #expect(try variance(.zeros) == 0)
  }

  @Test func resetDrawsNewWeights() throws {
    var net = try network([try Dense(inputs: 3, outputs: 2)])
    let before = try net.parameter("W1").doubles()
    net.history.training = [Measures()]
    net.history.validation = [Measures()]
    var generator = RandomGenerator(seed: 500)
    try net.reset(generator: &generator)
    #expect(try net.parameter("W1").doubles() != before)
    #expect(net.history.count == 0)
  }

  @Test func inferenceAgreesWithRecordedOperations() throws {
    let net = try network([
      try Dense(inputs: 4, outputs: 6), ActivationLayer(.relu), try Dropout(0.5),
      try Dense(outputs: 5), ActivationLayer(.gelu), Flatten(), try Dense(outputs: 3), Softmax(),
    ])
    let x = try normal([7, 4], seed: 1).cast(to: .f32)
    #expect(difference(try net.forward(x), try net.forward(Variable(x)).tensor) < 1e-6)
  }

  @Test func gradientWithRespectToANetwork() throws {
    let net = try network([
      try Dense(inputs: 3, outputs: 4), ActivationLayer(.tanh), try Dense(outputs: 2),
    ])
    let point = try net.parameters.map { try $0.tensor.cast(to: .f64) }
    let x = Variable(try normal([5, 3], seed: 2))
    try checkGradient("network", at: point) { try net.forward(x, parameters: $0) }
  }

  @Test func shapeErrorsNameTheLayer() throws {
    let error = #expect(throws: NetworkError.self) {
      try network([
        try Dense(inputs: 4, outputs: 3), ActivationLayer(.relu), try Dense(inputs: 5, outputs: 2),
      ])
    }
    #expect(
      error?.message.contains("layer 3, dense(5, 2), takes rows of 5 and gets rows of 3") == true)
    let net = try network([try Dense(inputs: 4, outputs: 3)])
    #expect(throws: NetworkError.self) { try net.forward(try Tensor.zeros([2, 5])) }
    #expect(throws: NetworkError.self) { try net.forward(try Tensor.zeros([4])) }
    #expect(throws: NetworkError.self) { try net.parameter("W9") }
    #expect(throws: NetworkError.self) { try Dense(outputs: 0) }
    #expect(throws: NetworkError.self) { try Dropout(1) }
    #expect(throws: NetworkError.self) { try network([]).forward(try Tensor.zeros([1, 1])) }
    var copy = net
    #expect(throws: NetworkError.self) { try copy.setParameter("W1", to: Tensor.zeros([3, 4])) }
  }
}
