import ONNX
import Tensors

extension ChainReader {
  mutating func readConvolution(_ index: Int) throws {
    let node = graph.nodes[index]
    guard let weights = numbers(node, 1), (3...4).contains(weights.rank) else {
      throw refused(node, "its weights are not the model's own, or not of one or two axes")
    }
    try requireFeaturesSecond(node, rank: weights.rank)
    let axes = weights.rank - 2
    let isTransposed = node.operation == "ConvTranspose"
    let window = try ConvolutionWindow(node, weights, isTransposed: isTransposed, self)
    let groups = integer(node, "group", default: 1)
    guard (1...1 << 16).contains(groups), weights.shape[0] % groups == 0 else {
      throw refused(node, "its groups do not divide its channels")
    }
    let outputs = isTransposed ? weights.shape[1] * groups : weights.shape[0]
    let inputs = isTransposed ? weights.shape[0] : weights.shape[1] * groups
    let added = addition(after: node, of: outputs, axes: axes)
    let parameters = [
      LayerParameter(
        letter: "W", tensor: try Self.ownOrder(weights, groups, isTransposed: isTransposed)),
      LayerParameter(letter: "b", tensor: try added?.bias ?? bias(node, outputs)),
    ]
    guard axes == 2 || !isTransposed else {
      throw refused(node, "nnsh has the transpose for images only")
    }
    var layer = try ConvolutionLayer(
      axes == 1 ? .conv1d : isTransposed ? .transposed : .conv2d, inputs: inputs,
      outputs: outputs, kernel: window.kernel, stride: window.stride, padding: window.padding,
      groups: groups, dilation: window.dilation)
    layer.parameterGroups = [parameters]
    if added != nil { done.insert(index) }
    add(layer, added?.node ?? index)
  }

  /// A bias that the node after a convolution without one adds to its channels.
  private func addition(
    after node: ONNXNode, of outputs: Int, axes: Int
  ) -> (bias: Tensor, node: Int)? {
    guard node.inputs.count < 3 || node.inputs[2].isEmpty, let next = user(of: node.outputs[0]),
      graph.nodes[next].operation == "Add", graph.nodes[next].inputs.count == 2,
      let own = numbers(graph.nodes[next], graph.nodes[next].inputs[0] == node.outputs[0] ? 1 : 0),
      own.count == outputs, own.rank > axes,
      own.shape.dimensions.suffix(axes + 1).first == outputs,
      let bias = try? own.contiguous().reshaped([outputs])
    else { return nil }
    return (bias, next)
  }

  private func bias(_ node: ONNXNode, _ outputs: Int) throws -> Tensor {
    guard node.inputs.count > 2, !node.inputs[2].isEmpty else {
      return try Tensor.zeros(Shape(checking: [outputs]))
    }
    guard let bias = numbers(node, 2), bias.shape.dimensions == [outputs] else {
      throw refused(node, "its bias is not the model's own, or does not fit")
    }
    return bias
  }

  /// kernel… × in/groups × out.
  private static func ownOrder(
    _ weights: Tensor, _ groups: Int, isTransposed: Bool
  ) throws -> Tensor {
    let axes = weights.rank - 2
    let kernelAxes = Array(2..<axes + 2)
    guard isTransposed else { return try weights.transposed(kernelAxes + [1, 0]).contiguous() }
    let (inputs, part) = (weights.shape[0], weights.shape[1])
    let kernel = kernelAxes.map { weights.shape[$0] }
    // groups × in/groups × out/groups × kernel…
    let grouped = try weights.contiguous().reshaped(
      [groups, inputs / max(1, groups), part] + kernel)
    return try grouped.transposed(Array(3..<axes + 3) + [1, 0, 2]).contiguous().reshaped(
      kernel + [inputs / max(1, groups), groups * part])
  }
}

/// The window of a convolution, as a node says it, in nnsh's terms.
private struct ConvolutionWindow {
  let kernel: Int
  let stride: Int
  let dilation: Int
  let padding: ConvolutionPadding

  init(
    _ node: ONNXNode, _ weights: Tensor, isTransposed: Bool, _ reader: ChainReader
  ) throws {
    let kernels = Set(weights.shape.dimensions.dropFirst(2))
    let strides = Set(reader.integers(node, "strides") ?? [1])
    let dilations = Set(reader.integers(node, "dilations") ?? [1])
    guard kernels.count == 1, strides.count == 1, dilations.count == 1, let kernel = kernels.first,
      let stride = strides.first, let dilation = dilations.first, kernel > 0, stride > 0,
      dilation > 0, kernel < 1 << 16, stride < 1 << 16, dilation < 1 << 16
    else { throw reader.refused(node, "nnsh has square windows only") }
    (self.kernel, self.stride, self.dilation) = (kernel, stride, dilation)
    padding = try Self.padding(
      node, axes: weights.rank - 2, reach: (kernel - 1) * dilation + 1, stride: stride,
      isTransposed: isTransposed, reader)
  }

  /// - Parameter reach: how many numbers of its input a window spans along an axis.
  private static func padding(
    _ node: ONNXNode, axes: Int, reach: Int, stride: Int, isTransposed: Bool,
    _ reader: ChainReader
  ) throws -> ConvolutionPadding {
    let pads = reader.integers(node, "pads") ?? Array(repeating: 0, count: 2 * axes)
    let more = reader.integers(node, "output_padding") ?? []
    switch reader.text(node, "auto_pad") ?? "NOTSET" {
    case "NOTSET": break
    case "VALID": return .valid
    // With as much before as after, both are the same.
    case "SAME_UPPER" where !isTransposed,
      "SAME_LOWER" where !isTransposed && stride == 1 && reach % 2 == 1:
      return .same
    default: throw reader.refused(node, "its padding puts more before than after")
    }
    guard pads.count == 2 * axes, pads.allSatisfy({ $0 >= 0 }) else {
      throw reader.refused(node, "its padding is none that nnsh has")
    }
    let sizes = reader.isExact ? reader.shape.map { Array($0.prefix(axes)) } : nil
    let isSame = (0..<axes).allSatisfy { axis in
      let total: Int?
      if isTransposed {
        total = max(0, reach - stride)
      } else {
        total =
          stride == 1
          ? reach - 1
          : sizes.map { max(0, (($0[axis] + stride - 1) / stride - 1) * stride + reach - $0[axis]) }
      }
      return pads[axis] == total.map { $0 / 2 } && pads[axis + axes] == total.map { $0 - $0 / 2 }
    }
    if isSame, !isTransposed || more.allSatisfy({ $0 == max(0, stride - reach) }) { return .same }
    guard pads.allSatisfy({ $0 == pads[0] }), more.allSatisfy({ $0 == 0 }) else {
      throw reader.refused(node, "its padding is none that nnsh has")
    }
    return pads[0] == 0 ? .valid : .around(pads[0])
  }
}
