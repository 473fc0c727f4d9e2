import ONNX
import Operations
import Tensors

/// Each place of an image repeated size × size times.
package struct Upsampling: Layer {
  package let size: Int

  package init(size: Int) throws(NetworkError) {
    self.size = size
    try NetworkError.check([("size", size)], of: description)
  }

  package var description: String { "upsample(\(size))" }
  package var arrangement: InputArrangement { .image }

  package func features(after input: Int?) -> Int? { input }

  package func outputShape(for input: [Int], position: Int) throws(NetworkError) -> [Int] {
    guard let image = ImageShape(input, channels: nil) else {
      throw .layerInput(
        layer: description, position: position, takes: "images height×width×channels", got: input,
        remedy: "reshape the examples")
    }
    return [image.height * size, image.width * size, image.channels]
  }

  package func apply(_ x: Variable, _ pass: LayerPass) throws -> Variable {
    guard let image = ImageShape(Array(x.shape.dimensions.dropFirst()), channels: nil) else {
      return x
    }
    let images = try Variable.reshape(x, to: Shape(checking: [x.shape[0]] + image.dimensions))
    return try .repeated(.repeated(images, size, axis: 1), size, axis: 2)
  }

  package func addNodes(to graph: inout GraphBuilder, _ x: String, input: [Int]) throws -> String {
    let images = try graph.channelsFirst(x, input: input, ImageShape(input, channels: nil))
    let scales = try graph.constant(
      Tensor([1, 1, Float(size), Float(size)]), "scales")
    let larger = graph.node(
      "Resize", [images, "", scales],
      [
        "mode": .text("nearest"), "nearest_mode": .text("floor"),
        "coordinate_transformation_mode": .text("asymmetric"),
      ])
    return graph.featuresLast(larger, rank: 4)
  }
}

/// The mean of each channel over all places: what convolutions found, wherever it was.
package struct GlobalAveragePooling: Layer {
  package init() {}

  package var description: String { "global_avg_pool" }

  package func features(after input: Int?) -> Int? { input }

  package func outputShape(for input: [Int], position: Int) throws(NetworkError) -> [Int] {
    guard input.count >= 2, let channels = input.last else {
      throw .layerInput(
        layer: description, position: position,
        takes: "images height×width×channels or sequences time×features", got: input,
        remedy: "put it after a convolution")
    }
    return [channels]
  }

  package func apply(_ x: Variable, _ pass: LayerPass) throws -> Variable {
    guard x.rank >= 3 else { return x }
    return try .mean(x, axes: Array(1..<x.rank - 1))
  }

  package func addNodes(to graph: inout GraphBuilder, _ x: String, input: [Int]) throws -> String {
    graph.node(
      "ReduceMean", [x],
      ["axes": .integers(Array(1..<max(1, input.count))), "keepdims": .integer(0)])
  }
}
