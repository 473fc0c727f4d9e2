import ONNX
import Operations
import Tensors

/// Scaled dot-product attention in several heads (Vaswani et al., 2017) of a sequence time × size
/// to itself. The first W and b make queries, keys and values (size × 3·size), the second the output.
package struct Attention: SelfContainedLayer {
  let size: Int
  let heads: Int
  /// Whether a step sees only itself and those before it.
  let isCausal: Bool
  package var parameterGroups: [[LayerParameter]] = []

  package init(size: Int, heads: Int, isCausal: Bool = false) throws(NetworkError) {
    self.size = size
    self.heads = heads
    self.isCausal = isCausal
    try NetworkError.check([("size", size), ("heads", heads)], of: description)
    guard size % heads == 0 else {
      throw .invalidLayer(layer: description, reason: "heads must divide size")
    }
  }

  package var description: String {
    "attention(\(size), \(heads)\(isCausal ? ", causal=true" : ""))"
  }

  package var groupCount: Int { 2 }

  package func features(after input: Int?) -> Int? { size }

  package var inputFeatures: Int? { size }

  package func drawn(generator: inout RandomGenerator) throws -> [[LayerParameter]] {
    let spread = (2 / Double(2 * size)).squareRoot()
    return [
      [
        try .normal("W", [size, 3 * size], deviation: spread, &generator),
        try .zeros("b", [3 * size]),
      ],
      [try .normal("W", [size, size], deviation: spread, &generator), try .zeros("b", [size])],
    ]
  }

  package func outputShape(for input: [Int], position: Int) throws(NetworkError) -> [Int] {
    guard input.count == 2, input[1] == size, input[0] > 0 else {
      throw .layerInput(
        layer: description, position: position, takes: "sequences time×\(size)", got: input,
        remedy: "the first argument is the number of features")
    }
    return input
  }

  package func apply(_ x: Variable, _ pass: LayerPass) throws -> Variable {
    let own = try parameters(of: pass, count: 4)
    _ = try outputShape(
      for: Array(x.shape.dimensions.dropFirst()), position: pass.training?.position ?? 1)
    let (rows, steps, width) = (x.shape[0], x.shape[1], size / heads)
    let inside = try Variable.matmul(x, own[0]) + own[1]
    // 3 × N × heads × time × width
    let parts = try Variable.transpose(
      .reshape(inside, to: Shape(checking: [rows, steps, 3, heads, width])),
      axes: [2, 0, 3, 1, 4])
    let (query, key, value) = (
      try Variable.subscripted(parts, [.at(0)]), try Variable.subscripted(parts, [.at(1)]),
      try Variable.subscripted(parts, [.at(2)])
    )
    var scores =
      try Variable.matmul(query, .transpose(key, axes: [0, 1, 3, 2]))
      * (1 / Double(width).squareRoot())
    if isCausal { scores = try .where(Self.future(steps), Variable(-1e9), scores) }
    let seen = try Variable.matmul(.softmax(scores), value)
    let joined = try Variable.reshape(
      .transpose(seen, axes: [0, 2, 1, 3]), to: Shape(checking: [rows, steps, size]))
    return try .matmul(joined, own[2]) + own[3]
  }

  package func addNodes(to graph: inout GraphBuilder, _ x: String, input: [Int]) throws -> String {
    let own = parameterGroups.joined().map(\.tensor)
    guard own.count == 4 else {
      throw NetworkError.unresolved(layer: description, position: 1)
    }
    let width = size / heads
    let product = graph.node("MatMul", [x, try graph.constant(own[0], "W")])
    let inside = graph.node("Add", [product, try graph.constant(own[1], "b")])
    let parts = graph.transpose(
      graph.reshape(inside, [0, 0, 3, heads, width]), [2, 0, 3, 1, 4])
    func part(_ index: Int) -> String {
      graph.node("Gather", [parts, graph.integers([index], isScalar: true)], ["axis": .integer(0)])
    }
    let (query, key, value) = (part(0), part(1), part(2))
    var scores = graph.node(
      "Mul",
      [
        graph.node("MatMul", [query, graph.transpose(key, [0, 1, 3, 2])]),
        try graph.constant(1 / Double(width).squareRoot(), "scale"),
      ])
    if isCausal { scores = try Self.hidingFuture(in: scores, of: x, &graph) }
    let seen = graph.node(
      "MatMul", [graph.node("Softmax", [scores], ["axis": .integer(-1)]), value])
    let joined = graph.reshape(graph.transpose(seen, [0, 2, 1, 3]), [0, 0, size])
    let output = graph.node("MatMul", [joined, try graph.constant(own[2], "W")])
    return graph.node("Add", [output, try graph.constant(own[3], "b")])
  }

  /// The scores with −1e9 wherever a step comes after the one that looks, however long the sequences.
  private static func hidingFuture(
    in scores: String, of x: String, _ graph: inout GraphBuilder
  ) throws -> String {
    let steps = graph.node("Shape", [x], ["start": .integer(1), "end": .integer(2)])
    let square = graph.node("Concat", [steps, steps], ["axis": .integer(0)])
    let ones = graph.node(
      "ConstantOfShape", [square],
      ["value": .tensor(ONNXTensor(name: "one", try Tensor([Float(1)])))])
    let future = graph.node(
      "Cast", [graph.node("Trilu", [ones, graph.integers([1], isScalar: true)])],
      ["to": .integer(ONNXValue.ElementKind.bool.rawValue)])
    return graph.node("Where", [future, try graph.constant(-1e9, "hidden"), scores])
  }

  /// Which steps (columns) come after which (rows).
  private static func future(_ steps: Int) throws -> Tensor {
    var numbers: [Double] = []
    numbers.reserveCapacity(steps * steps)
    for row in 0..<steps {
      for column in 0..<steps { numbers.append(column > row ? 1 : 0) }
    }
    return try Tensor(
      doubles: numbers, Shape(checking: [steps, steps]), elementType: .bool)
  }
}

/// A learned vector for each step, added to what comes in.
package struct Positional: SelfContainedLayer {
  let length: Int
  let size: Int
  package var parameterGroups: [[LayerParameter]] = []

  package init(length: Int, size: Int) throws(NetworkError) {
    self.length = length
    self.size = size
    try NetworkError.check([("length", length), ("size", size)], of: description)
  }

  package var description: String { "positional(\(length), \(size))" }
  package var groupCount: Int { 1 }

  package func features(after input: Int?) -> Int? { size }

  package var inputFeatures: Int? { size }

  package func drawn(generator: inout RandomGenerator) throws -> [[LayerParameter]] {
    [[try .normal("P", [length, size], deviation: 0.02, &generator)]]
  }

  package func outputShape(for input: [Int], position: Int) throws(NetworkError) -> [Int] {
    guard input.count == 2, input[1] == size, input[0] <= length else {
      throw .layerInput(
        layer: description, position: position,
        takes: "sequences time×\(size) of at most \(length) steps", got: input,
        remedy: "the arguments are the longest length and the number of features")
    }
    return input
  }

  package func apply(_ x: Variable, _ pass: LayerPass) throws -> Variable {
    let own = try parameters(of: pass, count: 1)
    guard x.rank == 3, x.shape[1] <= length else {
      _ = try outputShape(
        for: Array(x.shape.dimensions.dropFirst()), position: pass.training?.position ?? 1)
      return x
    }
    return try x
      + .subscripted(own[0], [.slice(start: 0, stop: x.shape[1], step: 1)])
  }

  package func addNodes(to graph: inout GraphBuilder, _ x: String, input: [Int]) throws -> String {
    guard let table = parameterGroups.first?.first?.tensor else {
      throw NetworkError.unresolved(layer: description, position: 1)
    }
    let steps = graph.node("Shape", [x], ["start": .integer(1), "end": .integer(2)])
    let zero = graph.integers([0])
    let part = graph.node("Slice", [try graph.constant(table, "P"), zero, steps, zero])
    return graph.node("Add", [x, part])
  }
}

/// A block of a transformer, normalization first (Xiong et al., 2020): x + attention(norm x), then
/// x + dense(gelu(dense(norm x))), which is four times as wide inside.
package struct Transformer: CompositeLayer {
  let size: Int
  let heads: Int
  let isCausal: Bool
  let dropout: Double
  package var layers: [any Layer]

  package init(
    size: Int, heads: Int, isCausal: Bool = false, dropout: Double = 0
  ) throws(NetworkError) {
    self.size = size
    self.heads = heads
    self.isCausal = isCausal
    self.dropout = dropout
    layers = []
    try NetworkError.check([("size", size), ("heads", heads)], of: description)
    let drop: [any Layer] = dropout == 0 ? [] : [try Dropout(dropout)]
    layers = [
      try Residual(
        layers: [
          LayerNormalization(), try Attention(size: size, heads: heads, isCausal: isCausal),
        ] + drop),
      try Residual(
        layers: [
          LayerNormalization(), try Dense(inputs: size, outputs: 4 * size), ActivationLayer(.gelu),
          try Dense(inputs: 4 * size, outputs: size),
        ] + drop),
    ]
  }

  package var description: String {
    "transformer(\(size), \(heads)\(isCausal ? ", causal=true" : "")"
      + (dropout == 0 ? "" : ", dropout=\(NetworkFormat.number(dropout))") + ")"
  }

  package func outputShape(for input: [Int], position: Int) throws(NetworkError) -> [Int] {
    guard input.count == 2, input[1] == size, input[0] > 0 else {
      throw .layerInput(
        layer: description, position: position, takes: "sequences time×\(size)", got: input,
        remedy: "the first argument is the number of features")
    }
    return input
  }

  package mutating func resolve(
    input: [Int], position: Int, generator: inout RandomGenerator
  ) throws -> [Int] {
    let output = try outputShape(for: input, position: position)
    for index in layers.indices {
      _ = try layers[index].resolve(input: input, position: position, generator: &generator)
    }
    return output
  }

  package mutating func resolveAlone(generator: inout RandomGenerator) throws {
    // No parameter depends on the length.
    _ = try resolve(input: [1, size], position: 1, generator: &generator)
  }

  package func features(after input: Int?) -> Int? { size }
  package var inputFeatures: Int? { size }

  package func apply(_ x: Variable, _ pass: LayerPass) throws -> Variable {
    try layers.apply(x, pass)
  }

  package func addNodes(to graph: inout GraphBuilder, _ x: String, input: [Int]) throws -> String {
    try layers.addNodes(to: &graph, x, input: input)
  }
}
