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
  /// Whether steps whose features are all 0 fill up a sequence, where nothing else says which do:
  /// nobody sees them.
  let isMasked: Bool
  package var parameterGroups: [[LayerParameter]] = []

  package init(
    size: Int, heads: Int, isCausal: Bool = false, isMasked: Bool = false
  ) throws(NetworkError) {
    self.size = size
    self.heads = heads
    self.isCausal = isCausal
    self.isMasked = isMasked
    try NetworkError.check([("size", size), ("heads", heads)], of: description)
    guard size % heads == 0 else {
      throw .invalidLayer(layer: description, reason: "heads must divide size")
    }
  }

  package var description: String {
    "attention(\(size), \(heads)\(isCausal ? ", causal=true" : "")"
      + (isMasked ? ", mask=true)" : ")")
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
    try sequences(input, features: size, position: position)
  }

  package func apply(_ x: Variable, _ pass: LayerPass) throws -> Variable {
    let own = try parameters(of: pass, count: 4)
    _ = try outputShape(
      for: Array(x.shape.dimensions.dropFirst()), position: pass.training?.position ?? 1)
    let real = try pass.sequences.realSteps(of: x, looking: isMasked)
    let (heads, isCausal) = (heads, isCausal)
    let fused = FusedOperation(
      "attention", definition: { try seen($0[0], real) },
      kernel: {
        let computed = try Tensor.attention(
          $0[0], heads: heads, isCausal: isCausal, real: real)
        return (computed.seen, [computed.weights])
      },
      back: { inputs, computed, gradient in
        [
          try Tensor.attentionGradient(
            inputs[0], weights: computed.kept[0], of: gradient, heads: heads, isCausal: isCausal,
            real: real)
        ]
      })
    return try .matmul(fused(.matmul(x, own[0]) + own[1]), own[2]) + own[3]
  }

  /// What each step sees, of queries, keys and values side by side.
  private func seen(_ inside: Variable, _ real: Tensor?) throws -> Variable {
    let (rows, steps, width) = (inside.shape[0], inside.shape[1], size / heads)
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
    if let real {
      let hidden = try Tensor.apply(.equal, real, 0).reshaped([rows, 1, 1, steps])
      scores = try .where(hidden, Variable(-1e9), scores)
    }
    let seen = try Variable.matmul(.softmax(scores), value)
    return try .reshape(
      .transpose(seen, axes: [0, 2, 1, 3]), to: Shape(checking: [rows, steps, size]))
  }

  package func addStages(input: [Int], to builder: StageBuilder) throws -> Bool {
    let steps = input[0]
    let parameters = (0..<4).map { _ in builder.nextParameter() }
    if isMasked { builder.append(try PaddingStage(builder, steps: steps)) }
    builder.append(
      try DenseStage(
        builder, inputs: size, outputs: 3 * size, positions: steps, weights: parameters[0],
        bias: parameters[1]))
    // From here on there are parameters before.
    builder.needsInputGradient = true
    builder.append(
      try AttentionStage(builder, steps: steps, size: size, heads: heads, isCausal: isCausal))
    builder.append(
      try DenseStage(
        builder, inputs: size, outputs: size, positions: steps, weights: parameters[2],
        bias: parameters[3]))
    return true
  }

  package func widestInside(for input: [Int]) -> Int { 3 * input.reduce(1, *) }

  package func addNodes(to graph: inout GraphBuilder, _ x: String, input: [Int]) throws -> String {
    let own = parameterGroups.joined().map(\.tensor)
    guard own.count == 4 else {
      throw NetworkError.unresolved(layer: description, position: 1)
    }
    if isMasked { _ = try graph.findFilledSteps(of: x) }
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
    scores = try hidingPadding(in: scores, &graph)
    let seen = graph.node(
      "MatMul", [graph.node("Softmax", [scores], ["axis": .integer(-1)]), value])
    let joined = graph.reshape(graph.transpose(seen, [0, 2, 1, 3]), [0, 0, size])
    let output = graph.node("MatMul", [joined, try graph.constant(own[2], "W")])
    return graph.node("Add", [output, try graph.constant(own[3], "b")])
  }

  /// The scores with −1e9 wherever what is looked at fills up a sequence.
  private func hidingPadding(in scores: String, _ graph: inout GraphBuilder) throws -> String {
    guard let filled = graph.filledSteps else { return scores }
    let wide = graph.node("Unsqueeze", [filled, graph.integers([1, 2])])
    return graph.node("Where", [wide, try graph.constant(-1e9, "hidden"), scores])
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
