import ONNX
import Tensors

extension ChainReader {
  /// A recurrent operator, and the Squeeze that takes away its axis of directions.
  mutating func readRecurrent(_ index: Int) throws {
    let node = graph.nodes[index]
    guard case .stepsFirst = arrangement else {
      throw refused(node, "its steps are not on the first axis")
    }
    let kind: Recurrent.Kind =
      node.operation == "RNN" ? .rnn : node.operation == "LSTM" ? .lstm : .gru
    guard let input = numbers(node, 1), let recurrent = numbers(node, 2), input.rank == 3,
      recurrent.rank == 3, input.shape[0] == 1, recurrent.shape[0] == 1,
      text(node, "direction") ?? "forward" == "forward",
      node.inputs.dropFirst(4).allSatisfy(\.isEmpty), node.attributes["activations"] == nil,
      kind != .gru || integer(node, "linear_before_reset", default: 0) == 1
    else {
      throw refused(node, "nnsh has one direction, a state of zeros, and PyTorch's form of gates")
    }
    let hidden = recurrent.shape[2]
    let count = kind.gates * hidden
    guard hidden > 0, input.shape[1] == count, recurrent.shape[1] == count else {
      throw refused(node, "its weights do not fit each other")
    }
    let (squeeze, isWhole) = try outputUsed(index)
    var layer = try Recurrent(
      kind, inputs: input.shape[2], hidden: hidden, returnsAll: isWhole)
    layer.parameterGroups = [
      try parameters(node, kind, input: input, recurrent: recurrent, hidden: hidden)
    ]
    done.insert(index)
    add(layer, squeeze)
    if !isWhole { arrangement = .own }
  }

  /// Which of the outputs is used, and the node that takes away the axis of directions.
  private func outputUsed(_ index: Int) throws -> (squeeze: Int, isWhole: Bool) {
    let node = graph.nodes[index]
    for (place, axis) in [(0, 1), (1, 0)] where node.outputs.indices.contains(place) {
      let output = node.outputs[place]
      guard !output.isEmpty, let next = user(of: output),
        graph.nodes[next].operation == "Squeeze", axes(graph.nodes[next]) == [axis],
        !users(of: graph.nodes[next].outputs[0]).isEmpty
          || graph.outputs.contains(where: { $0.name == graph.nodes[next].outputs[0] })
      else { continue }
      return (next, place == 0)
    }
    throw refused(node, "its output is used in another way than all steps, or the last one")
  }

  private func parameters(
    _ node: ONNXNode, _ kind: Recurrent.Kind, input: Tensor, recurrent: Tensor, hidden: Int
  ) throws -> [LayerParameter] {
    let count = kind.gates * hidden
    let biases = try numbers(node, 3) ?? Tensor.zeros(Shape(checking: [1, 2 * count]))
    guard biases.count == 2 * count else { throw refused(node, "its biases do not fit") }
    let flat = try biases.reshaped([2 * count])
    // Which of ONNX's gates each of this layer's is.
    let order = kind == .lstm ? [0, 2, 3, 1] : kind == .gru ? [1, 0, 2] : [0]
    func ordered(_ x: Tensor) throws -> Tensor {
      try Tensor.concatenate(
        order.map {
          try x.subscripted([.slice(start: $0 * hidden, stop: ($0 + 1) * hidden, step: 1)])
        }, axis: 0)
    }
    func matrix(_ x: Tensor) throws -> Tensor {
      try ordered(x.reshaped(Array(x.shape.dimensions.dropFirst()))).transposed().contiguous()
    }
    let own = try ordered(flat.subscripted([.slice(start: 0, stop: count, step: 1)]))
    var others = try ordered(flat.subscripted([.slice(start: count, stop: 2 * count, step: 1)]))
    var result = [
      LayerParameter(letter: "W", tensor: try matrix(input)),
      LayerParameter(letter: "U", tensor: try matrix(recurrent)),
    ]
    var candidate: Tensor?
    if kind == .gru {
      // That of the candidate is multiplied by a gate; those of the gates are added to the others.
      let places = [Index.slice(start: 2 * hidden, stop: 3 * hidden, step: 1)]
      candidate = try others.subscripted(places).contiguous()
      try others.assign(places, .scalar(0))
    }
    result.append(
      LayerParameter(letter: "b", tensor: try Tensor.apply(.add, own, others)))
    if let candidate { result.append(LayerParameter(letter: "c", tensor: candidate)) }
    return result
  }
}
