import ONNX
import Tensors

extension ChainReader {
  /// A recurrent operator, and the Squeeze that removes its axis of directions.
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
      startsFromZeros(node), node.attributes["activations"] == nil,
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

  /// Whether no state is given to begin with, or one of zeros.
  private func startsFromZeros(_ node: ONNXNode) -> Bool {
    node.inputs.indices.dropFirst(4).allSatisfy { place in
      node.inputs[place].isEmpty
        || numbers(node, place).map { $0.doubles().allSatisfy { $0 == 0 } } ?? false
    }
  }

  /// The last step of all that a recurrent layer gives.
  ///
  /// - Returns: whether the node takes that.
  mutating func readLastStep(_ index: Int) throws -> Bool {
    let node = graph.nodes[index]
    guard node.operation == "Gather", case .own = arrangement,
      let all = layers.last as? Recurrent, all.returnsAll,
      integer(node, "axis", default: 0) == 1,
      case .integers(let places)? = constant(node, 1)?.elements, places.count == 1,
      constant(node, 1)?.dimensions.isEmpty ?? false,
      places[0] == -1 || isExact && places[0] == (shape?.first ?? 0) - 1
    else { return false }
    var last = try Recurrent(all.kind, inputs: all.inputs, hidden: all.hidden)
    last.parameterGroups = all.parameterGroups
    layers[layers.count - 1] = last
    shape = shape.map { Array($0.dropFirst()) }
    pass(index)
    return true
  }

  /// The node after which the axis of directions is gone from all steps: a Squeeze, or a move of it
  /// to the end of the rows and a Reshape.
  private func endOfDirections(_ output: String) -> [Int]? {
    guard let next = user(of: output) else { return nil }
    if graph.nodes[next].operation == "Squeeze" {
      return axes(graph.nodes[next]) == [1] ? [next] : nil
    }
    guard graph.nodes[next].operation == "Transpose",
      integers(graph.nodes[next], "perm") == [0, 2, 1, 3],
      let last = user(of: graph.nodes[next].outputs[0]), graph.nodes[last].operation == "Reshape",
      case .integers(let sizes)? = constant(graph.nodes[last], 1)?.elements, sizes.count == 3
    else { return nil }
    return [next, last]
  }

  /// Which of the outputs is used, and the node that removes the axis of directions.
  private mutating func outputUsed(_ index: Int) throws -> (squeeze: Int, isWhole: Bool) {
    let node = graph.nodes[index]
    if let output = node.outputs.first, !output.isEmpty, let nodes = endOfDirections(output),
      let last = nodes.last,
      !users(of: graph.nodes[last].outputs[0]).isEmpty
        || graph.outputs.contains(where: { $0.name == graph.nodes[last].outputs[0] })
    {
      done.formUnion(nodes.dropLast())
      return (last, true)
    }
    if node.outputs.count > 1, !node.outputs[1].isEmpty, let next = user(of: node.outputs[1]),
      graph.nodes[next].operation == "Squeeze", axes(graph.nodes[next]) == [0]
    {
      return (next, false)
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
