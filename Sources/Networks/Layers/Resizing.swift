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

  package func addStages(input: [Int], to builder: StageBuilder) throws -> Bool {
    guard let image = ImageShape(input, channels: nil) else { return false }
    builder.append(try UpsamplingStage(builder, image, size: size))
    return true
  }

  package func widestInside(for input: [Int]) -> Int { size * size * input.reduce(1, *) }
}

/// Backward, a place gets the sum of its copies' gradients.
final class UpsamplingStage: Stage {
  private let image: ImageShape
  private let size: Int
  private let inputGradient: FloatRows?

  init(_ builder: StageBuilder, _ image: ImageShape, size: Int) throws(TensorError) {
    (self.image, self.size) = (image, size)
    let width = image.height * image.width * image.channels
    inputGradient = builder.needsInputGradient ? try builder.gradientBuffer(width: width) : nil
    super.init(builder, output: try builder.buffer(width: size * size * width))
  }

  override var keepsOutput: Bool { false }

  override func forward(_ input: FloatRows, _ step: StepContext) throws -> FloatRows {
    self.input = input
    let (size, width, channels) = (size, image.width, image.channels)
    let (line, long) = (width * channels, size * width * channels)
    // SAFETY: each line of the input has lines of the output to itself; so below.
    nonisolated(unsafe) let (x, y) = (input.pointer, output.pointer)
    Threads.run(input.rows * image.height, work: output.count) { index in
      let (from, to) = (x + index * line, y + index * size * long)
      for place in 0..<size * width {
        (to + place * channels).update(from: from + place / size * channels, count: channels)
      }
      for copy in 1..<max(1, size) { (to + copy * long).update(from: to, count: long) }
    }
    return output
  }

  override func backward(_ gradient: FloatRows, _ step: StepContext) throws -> FloatRows {
    guard let inputGradient else { return gradient }
    let (size, width, channels) = (size, image.width, image.channels)
    let (line, long) = (width * channels, size * width * channels)
    nonisolated(unsafe) let (g, back) = (gradient.pointer, inputGradient.pointer)
    Threads.run(gradient.rows * image.height, work: gradient.count) { index in
      let (from, to) = (g + index * size * long, back + index * line)
      to.update(repeating: 0, count: line)
      for copy in 0..<size * size * width {
        let (place, source) = (copy % (size * width) / size, from + copy * channels)
        let sum = to + place * channels
        for channel in 0..<channels { sum[channel] += source[channel] }
      }
    }
    return inputGradient
  }

  override func forwardOperands() -> (operation: String, operands: [StageOperand]) {
    (name, [StageOperand("x", input)])
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

  package func addStages(input: [Int], to builder: StageBuilder) throws -> Bool {
    guard input.count >= 2, let channels = input.last else { return false }
    builder.append(
      try GlobalAveragePoolingStage(
        builder, places: input.dropLast().reduce(1, *), channels: channels))
    return true
  }
}

/// Backward, each place gets its part of the gradient.
final class GlobalAveragePoolingStage: Stage {
  private let places: Int
  private let inputGradient: FloatRows?

  init(_ builder: StageBuilder, places: Int, channels: Int) throws(TensorError) {
    self.places = places
    inputGradient =
      builder.needsInputGradient ? try builder.gradientBuffer(width: places * channels) : nil
    super.init(builder, output: try builder.buffer(width: channels))
  }

  override var keepsOutput: Bool { false }

  override func forward(_ input: FloatRows, _ step: StepContext) throws -> FloatRows {
    self.input = input
    let (places, channels) = (places, output.columns)
    let part = 1 / Float(places)
    // SAFETY: each row is its own; so below.
    nonisolated(unsafe) let (x, y) = (input.pointer, output.pointer)
    Threads.run(output.rows, work: input.count) { row in
      let mean = y + row * channels
      mean.update(repeating: 0, count: channels)
      for place in 0..<places {
        let from = x + (row * places + place) * channels
        for channel in 0..<channels { mean[channel] += from[channel] }
      }
      for channel in 0..<channels { mean[channel] *= part }
    }
    return output
  }

  override func backward(_ gradient: FloatRows, _ step: StepContext) throws -> FloatRows {
    guard let inputGradient else { return gradient }
    let (places, channels) = (places, output.columns)
    let part = 1 / Float(places)
    nonisolated(unsafe) let (g, back) = (gradient.pointer, inputGradient.pointer)
    Threads.run(gradient.rows, work: inputGradient.count) { row in
      let (from, to) = (g + row * channels, back + row * places * channels)
      for channel in 0..<channels { to[channel] = from[channel] * part }
      for place in 1..<max(1, places) {
        (to + place * channels).update(from: to, count: channels)
      }
    }
    return inputGradient
  }

  override func forwardOperands() -> (operation: String, operands: [StageOperand]) {
    (name, [StageOperand("x", input)])
  }
}
