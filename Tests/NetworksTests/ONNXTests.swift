import ONNX
import Tensors
import Testing

@testable import Networks

/// What models become layers, and what is refused. That the numbers agree with onnxruntime's, `make
/// test-integrations` shows.
@Suite struct ONNXTests {
  private func network(_ layers: [any Layer]) throws -> Network {
    var generator = RandomGenerator(seed: 5)
    return try Network(layers, generator: &generator)
  }

  private func read(_ model: ONNXModel) throws -> Network {
    try Network.reading(model) { _ in ActivationLayer(.tanh) }.network
  }

  private static let chains: [(layers: @Sendable () throws -> [any Layer], input: [Int])] = [
    (
      {
        [
          try Dense(inputs: 5, outputs: 4), ActivationLayer(.relu), try Dense(outputs: 3),
          Softmax(),
        ]
      },
      [5]
    ),
    ({ [try Dense(inputs: 5, outputs: 4, hasBias: false), ActivationLayer(.gelu)] }, [7, 5]),
    ({ [try Dense(inputs: 5, outputs: 4), BatchNormalization(), LayerNormalization()] }, [5]),
    (
      {
        [
          try ConvolutionLayer(.conv2d, inputs: 2, outputs: 3, kernel: 3, stride: 2),
          BatchNormalization(),
        ]
      },
      [7, 8, 2]
    ),
    (
      {
        [
          try ConvolutionLayer(.conv2d, inputs: 1, outputs: 3, kernel: 3), ActivationLayer(.tanh),
          try Pooling(.max, size: 2), Flatten(), try Dense(outputs: 4),
        ]
      }, [8, 8]
    ),
    ({ [try ConvolutionLayer(.conv1d, inputs: 3, outputs: 4, kernel: 3)] }, [9, 3]),
    (
      {
        [
          try ConvolutionLayer(
            .conv2d, inputs: 4, outputs: 6, kernel: 3, padding: .around(1), groups: 2, dilation: 2)
        ]
      }, [9, 9, 4]
    ),
    (
      {
        [
          try ConvolutionLayer(
            .transposed, inputs: 4, outputs: 2, kernel: 3, stride: 2, groups: 2),
          try Upsampling(size: 2), GlobalAveragePooling(),
        ]
      }, [3, 4, 4]
    ),
    ({ [try Recurrent(.rnn, inputs: 3, hidden: 4, layers: 2, returnsAll: true)] }, [5, 3]),
    ({ [try Recurrent(.lstm, inputs: 3, hidden: 4), try Dense(outputs: 2)] }, [5, 3]),
    ({ [try Embedding(count: 7, size: 3), try Recurrent(.gru, inputs: 3, hidden: 4)] }, [5]),
    ({ [try Dense(inputs: 4, outputs: 4), try Residual(layers: [try Dense(outputs: 4)])] }, [4]),
  ]

  @Test(arguments: 0..<chains.count) func aChainIsReadAsItWasWritten(index: Int) throws {
    let (layers, input) = Self.chains[index]
    var network = try network(layers())
    var generator = RandomGenerator(seed: 9)
    try network.resolve(input: input, generator: &generator)
    try network.setParameters(
      network.parameters.map { try generator.normal($0.tensor.shape, deviation: 0.5) })
    let again = try read(network.onnxModel())
    var x = try generator.normal(Shape(checking: [3] + input))
    if network.layers.first is Embedding {
      x = try Tensor(doubles: (0..<15).map { Double($0 % 8 - 1) }, [3, 5], elementType: .f32)
    }
    let (expected, found) = (try network.forward(x), try again.forward(x))
    #expect(expected.shape == found.shape)
    for (a, b) in zip(expected.doubles(), found.doubles()) { #expect(abs(a - b) < 1e-5) }
  }

  /// Refused, not trapped: names of nodes that do not fit, sizes that no memory holds, circles.
  @Test func damagedGraphsAreRefused() throws {
    var generator = RandomGenerator(seed: 3)
    for (layers, input) in Self.chains {
      var network = try network(layers())
      try network.resolve(input: input, generator: &generator)
      let model = try network.onnxModel()
      for _ in 0..<200 {
        var damaged = model
        damage(&damaged.graph, &generator)
        _ = try? read(damaged)
      }
    }
  }

  private func damage(_ graph: inout ONNXGraph, _ generator: inout RandomGenerator) {
    func below(_ count: Int) -> Int { Int(generator.next() % UInt64(max(1, count))) }
    let node = below(graph.nodes.count)
    let numbers = [-1, 0, 1, 2, 7, 1 << 20, .max, .min]
    switch below(8) {
    case 0: graph.nodes.remove(at: node)
    case 1: graph.nodes[node].inputs = graph.nodes[node].inputs.reversed()
    case 2: graph.nodes[node].outputs = graph.nodes[below(graph.nodes.count)].outputs
    case 3: graph.nodes[node].inputs.removeLast()
    case 4:
      for name in graph.nodes[node].attributes.keys {
        graph.nodes[node].attributes[name] = .integers(
          [numbers[below(8)], numbers[below(8)], numbers[below(8)]])
      }
    case 5:
      for name in graph.nodes[node].attributes.keys {
        graph.nodes[node].attributes[name] = .integer(numbers[below(8)])
      }
    case 6:
      if !graph.constants.isEmpty {
        let place = below(graph.constants.count)
        graph.constants[place].elements = graph.constants[below(graph.constants.count)].elements
      }
    default:
      graph.inputs[0].dimensions = (0..<below(6)).map { _ in .fixed(numbers[below(8)]) }
    }
  }

  @Test func whatHasNoNumbersYetIsNotWritten() throws {
    #expect(throws: NetworkError.unresolved(layer: "dense(3)", position: 1)) {
      try network([Dense(outputs: 3), ActivationLayer(.relu)]).onnxModel()
    }
    #expect(throws: NetworkError.unresolved(layer: "dense(3)", position: 3)) {
      try network([Pooling(.max, size: 2), Flatten(), Dense(outputs: 3)]).onnxModel()
    }
  }

  /// What no data has told, the layers tell.
  @Test func theShapeOfExamplesIsFound() throws {
    func found(_ layers: [any Layer]) throws -> [ONNXValue.Dimension] {
      try #require(try network(layers).onnxModel().graph.inputs[0].dimensions)
    }
    #expect(try found([Flatten(), Dense(inputs: 12, outputs: 2)]) == [.named("rows"), .fixed(12)])
    #expect(
      try found([Embedding(count: 5, size: 3), Recurrent(.gru, inputs: 3, hidden: 2)])
        == [.named("rows"), .named("steps")])
    #expect(
      try found([Recurrent(.rnn, inputs: 3, hidden: 2)])
        == [.named("rows"), .named("steps"), .fixed(3)])
    #expect(
      try found([
        ConvolutionLayer(.conv2d, inputs: 1, outputs: 2, kernel: 3), Pooling(.max, size: 2),
        Flatten(),
        Dense(inputs: 98, outputs: 3),
      ]) == [.named("rows"), .fixed(14), .fixed(14), .fixed(1)])
    #expect(
      try found([ConvolutionLayer(.conv2d, inputs: 2, outputs: 2, kernel: 3, stride: 2)])
        == [.named("rows"), .named("height"), .named("width"), .fixed(2)])
    #expect(
      try found([Dense(inputs: 4, outputs: 3), GlobalAveragePooling()])
        == [.named("rows"), .named("steps"), .fixed(4)])
  }

  @Test func whatIsNoChainIsNamed() throws {
    func model(_ nodes: [ONNXNode], constants: [ONNXTensor] = []) -> ONNXModel {
      var graph = ONNXGraph(name: "g")
      graph.nodes = nodes
      graph.constants = constants
      graph.inputs = [ONNXValue(name: "x", dimensions: [.named("n"), .fixed(4)])]
      graph.outputs = [ONNXValue(name: "y", dimensions: nil)]
      return ONNXModel(graph: graph)
    }
    func error(_ model: ONNXModel) -> String {
      do {
        _ = try read(model)
        return "read"
      } catch {
        return "\(error)"
      }
    }
    let odd = ONNXNode(name: "odd", operation: "Einsum", inputs: ["x"], outputs: ["y"])
    #expect(error(model([odd])).contains("Einsum here (node odd)"))
    let circle = ONNXNode(name: "c", operation: "Relu", inputs: ["y"], outputs: ["y"])
    #expect(error(model([circle])).contains("nothing leads"))
    let other = ONNXNode(
      name: "f", operation: "Relu", domain: "com.example", inputs: ["x"], outputs: ["y"])
    #expect(error(model([other])).contains("com.example.Relu"))
    #expect(error(model([])).contains("nothing leads"))
  }
}
