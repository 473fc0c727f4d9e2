import ONNX
import Operations
import Tensors

extension Recurrent {
  /// ONNX's own operators, or a loop of our own where steps that fill up a sequence are passed over.
  package func addNodes(to graph: inout GraphBuilder, _ x: String, input: [Int]) throws -> String {
    guard parameterGroups.count == count else {
      throw NetworkError.unresolved(layer: description, position: 1)
    }
    // Steps before rows, as ONNX has them.
    var sequence = graph.transpose(x, [1, 0, 2])
    let real = isMasked ? try realSteps(x, &graph) : nil
    var last = ""
    for group in parameterGroups {
      let own = group.map(\.tensor)
      if let real {
        (sequence, last) = try addLoop(sequence, real, own, &graph)
      } else {
        (sequence, last) = try addOperator(sequence, own, &graph)
      }
    }
    return returnsAll ? graph.transpose(sequence, [1, 0, 2]) : last
  }

  /// Which gate of this layer each of ONNX's is: it has i, o, f, c and z, r, h.
  private var gateOrder: [Int] {
    switch kind {
    case .rnn: [0]
    case .lstm: [0, 3, 1, 2]
    case .gru: [1, 0, 2]
    }
  }

  private func addOperator(
    _ sequence: String, _ own: [Tensor], _ graph: inout GraphBuilder
  ) throws -> (all: String, last: String) {
    let zeros = try Tensor.zeros(Shape(checking: [kind.gates * hidden]))
    var recurrentBias = zeros
    if kind == .gru {
      // Only the candidate has one.
      try recurrentBias.assign(
        [.slice(start: 2 * hidden, stop: 3 * hidden, step: 1)], own[3].cast(to: .f32))
    }
    let biases = try Tensor.concatenate(
      [ordered(own[2].cast(to: .f32), axis: 0), ordered(recurrentBias, axis: 0)], axis: 0)
    let operands = [
      try graph.constant(forward(ordered(own[0].transposed(), axis: 0)), "W"),
      try graph.constant(forward(ordered(own[1].transposed(), axis: 0)), "R"),
      try graph.constant(forward(biases), "B"),
    ]
    var attributes: [String: ONNXAttribute] = ["hidden_size": .integer(hidden)]
    if kind == .gru { attributes["linear_before_reset"] = .integer(1) }
    let outputs = graph.node(
      kind.rawValue.uppercased(), [sequence] + operands, attributes, outputs: [true, true])
    // Both have an axis for the direction.
    return (
      graph.node("Squeeze", [outputs[0], graph.integers([1])]),
      graph.node("Squeeze", [outputs[1], graph.integers([0])])
    )
  }

  /// With an axis for the one direction.
  private func forward(_ x: Tensor) throws -> Tensor {
    try x.contiguous().reshaped([1] + x.shape.dimensions)
  }

  /// The gates along an axis in ONNX's order.
  private func ordered(_ x: Tensor, axis: Int) throws -> Tensor {
    let parts = try gateOrder.map {
      try x.subscripted([.slice(start: $0 * hidden, stop: ($0 + 1) * hidden, step: 1)])
    }
    return try Tensor.concatenate(parts, axis: axis)
  }

  // MARK: sequences that are filled up

  /// For each step and row, whether it is no filling: steps × rows × 1.
  private func realSteps(_ x: String, _ graph: inout GraphBuilder) throws -> String {
    let filled = graph.transpose(try graph.findFilledSteps(of: x), [1, 0])
    return graph.node("Not", [graph.node("Unsqueeze", [filled, graph.integers([2])])])
  }

  private func addLoop(
    _ sequence: String, _ real: String, _ own: [Tensor], _ graph: inout GraphBuilder
  ) throws -> (all: String, last: String) {
    let product = graph.node("MatMul", [sequence, try graph.constant(own[0], "W")])
    let inside = graph.node("Add", [product, try graph.constant(own[2], "b")])
    let weights = try graph.constant(own[1], "U")
    let bias = kind == .gru ? try graph.constant(own[3], "c") : ""
    let rows = graph.node("Shape", [sequence], ["start": .integer(1), "end": .integer(2)])
    let sizes = graph.node("Concat", [rows, graph.integers([hidden])], ["axis": .integer(0)])
    let zeros = graph.node("ConstantOfShape", [sizes])
    let states = kind == .lstm ? 2 : 1
    let body = body(graph.inner(), recurrentWeights: weights, candidateBias: bias)
    let outputs = graph.node(
      "Scan", Array(repeating: zeros, count: states) + [inside, real],
      ["num_scan_inputs": .integer(2), "body": .graph(body)],
      outputs: Array(repeating: true, count: states + 1))
    return (outputs[states], outputs[0])
  }

  /// One step: the state (and cell) before it, x W + b of the step and whether it is one.
  private func body(
    _ inner: GraphBuilder, recurrentWeights: String, candidateBias: String
  ) -> ONNXGraph {
    var graph = inner
    let prefix = graph.scope
    let (before, cellBefore) = ("\(prefix).state", "\(prefix).cell")
    let (now, isReal) = ("\(prefix).inside", "\(prefix).real")
    let recurrent = graph.node("MatMul", [before, recurrentWeights])
    func gates(_ x: String) -> [String] {
      graph.node(
        "Split", [x], ["axis": .integer(1)],
        outputs: Array(repeating: true, count: kind.gates))
    }
    var state: String
    var cell: String?
    switch kind {
    case .rnn: state = graph.node("Tanh", [graph.node("Add", [now, recurrent])])
    case .lstm:
      let parts = gates(graph.node("Add", [now, recurrent]))
      let kept = graph.node("Mul", [graph.node("Sigmoid", [parts[1]]), cellBefore])
      let new = graph.node(
        "Mul", [graph.node("Sigmoid", [parts[0]]), graph.node("Tanh", [parts[2]])])
      let next = graph.node("Add", [kept, new])
      state = graph.node(
        "Mul", [graph.node("Sigmoid", [parts[3]]), graph.node("Tanh", [next])])
      cell = graph.node("Where", [isReal, next, cellBefore])
    case .gru:
      let (own, others) = (gates(now), gates(recurrent))
      let r = graph.node("Sigmoid", [graph.node("Add", [own[0], others[0]])])
      let z = graph.node("Sigmoid", [graph.node("Add", [own[1], others[1]])])
      let reset = graph.node("Mul", [r, graph.node("Add", [others[2], candidateBias])])
      let n = graph.node("Tanh", [graph.node("Add", [own[2], reset])])
      let change = graph.node("Mul", [z, graph.node("Sub", [before, n])])
      state = graph.node("Add", [n, change])
    }
    state = graph.node("Where", [isReal, state, before])
    let copy = graph.node("Identity", [state])
    let states = [before] + (cell == nil ? [] : [cellBefore])
    func value(_ name: String) -> ONNXValue { ONNXValue(name: name, dimensions: nil) }
    return graph.graph(
      name: "step",
      inputs: (states + [now]).map(value) + [ONNXValue(name: isReal, type: .bool, dimensions: nil)],
      outputs: ([state] + (cell.map { [$0] } ?? []) + [copy]).map(value))
  }
}
