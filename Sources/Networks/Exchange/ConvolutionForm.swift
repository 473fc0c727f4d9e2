import ONNX
import Tensors

/// A convolution, or its transpose, along one or two axes as ONNX writes it.
struct ConvolutionForm {
  let layer: String
  let kernel: Int
  let stride: Int
  let dilation: Int
  let groups: Int
  let padding: ConvolutionPadding
  let isTransposed: Bool

  /// - Parameters:
  ///   - image: the image that an example is; nil where it is a sequence.
  ///   - weights: kernel (× kernel) × in/groups × out.
  func addNodes(
    to graph: inout GraphBuilder, _ x: String, input: [Int], image: ImageShape?, weights: Tensor,
    bias: Tensor
  ) throws -> String {
    let sizes = image.map { [$0.height, $0.width] } ?? Array(input.prefix(1))
    let axes = sizes.count
    let first =
      image == nil
      ? graph.featuresSecond(x, rank: 3)
      : try graph.channelsFirst(x, input: input, image)
    var attributes: [String: ONNXAttribute] = [
      "kernel_shape": .integers(Array(repeating: kernel, count: axes)),
      "strides": .integers(Array(repeating: stride, count: axes)),
      "dilations": .integers(Array(repeating: dilation, count: axes)),
      "group": .integer(groups),
    ]
    try addPadding(sizes, varies: graph.sizesVary && input.count > 1, to: &attributes)
    let operands = [
      first, try graph.constant(arranged(weights, axes: axes), "W"),
      try graph.constant(bias, "b"),
    ]
    let result = graph.node(isTransposed ? "ConvTranspose" : "Conv", operands, attributes)
    return graph.featuresLast(result, rank: axes + 2)
  }

  private var reach: Int { (kernel - 1) * dilation + 1 }

  /// out × in/groups × kernel…, and of a transpose in × out/groups × kernel….
  private func arranged(_ weights: Tensor, axes: Int) throws -> Tensor {
    let kernelAxes = Array(0..<axes)
    guard isTransposed else {
      return try weights.transposed([axes + 1, axes] + kernelAxes)
    }
    let (part, outputs) = (weights.shape[axes], weights.shape[axes + 1])
    let grouped = try weights.contiguous().reshaped(
      kernelAxes.map { weights.shape[$0] } + [part, groups, outputs / groups])
    let moved = try grouped.transposed([axes + 1, axes, axes + 2] + kernelAxes)
    return try moved.contiguous().reshaped(
      [groups * part, outputs / groups] + kernelAxes.map { weights.shape[$0] })
  }

  private func addPadding(
    _ sizes: [Int], varies: Bool, to attributes: inout [String: ONNXAttribute]
  ) throws {
    if isTransposed {
      addTransposedPadding(axes: sizes.count, to: &attributes)
      return
    }
    if padding == .same, stride > 1, varies {
      guard dilation == 1 else {
        throw NetworkError.notInONNX(
          layer: layer, reason: "its padding depends on the size of the examples: train it first")
      }
      attributes["auto_pad"] = .text("SAME_UPPER")
      return
    }
    let pads = sizes.map { size -> (Int, Int) in
      switch padding {
      case .valid: return (0, 0)
      case .around(let count): return (count, count)
      case .same:
        let count = (size + stride - 1) / stride
        let total = max(0, (count - 1) * stride + reach - size)
        return (total / 2, total - total / 2)
      }
    }
    attributes["pads"] = .integers(pads.map(\.0) + pads.map(\.1))
  }

  private func addTransposedPadding(
    axes: Int, to attributes: inout [String: ONNXAttribute]
  ) {
    let (before, after, more): (Int, Int, Int)
    switch padding {
    case .valid: (before, after, more) = (0, 0, 0)
    case .around(let count): (before, after, more) = (count, count, 0)
    case .same:
      let total = max(0, reach - stride)
      (before, after, more) = (total / 2, total - total / 2, max(0, stride - reach))
    }
    attributes["pads"] = .integers(
      Array(repeating: before, count: axes) + Array(repeating: after, count: axes))
    attributes["output_padding"] = .integers(Array(repeating: more, count: axes))
  }
}
