import ONNX
import Operations
import Tensors

/// The largest, or the mean, of each square window of an image, channel by channel. Windows do not
/// overlap; rows and columns beyond the last whole window are left out.
package struct Pooling: Layer {
  /// What is taken of a window.
  package enum Kind: String, Sendable {
    case max = "max_pool"
    case average = "avg_pool"
  }

  package let kind: Kind
  package let size: Int

  /// Windows of size × size.
  package init(_ kind: Kind, size: Int) throws(NetworkError) {
    self.kind = kind
    self.size = size
    guard size > 0 else {
      throw .invalidLayer(layer: description, reason: "the window must be at least 1")
    }
  }

  package var description: String { "\(kind.rawValue)(\(size))" }

  package func features(after input: Int?) -> Int? { input }

  package func outputShape(for input: [Int], position: Int) throws(NetworkError) -> [Int] {
    guard let image = ImageShape(input, channels: nil), image.height >= size, image.width >= size
    else {
      throw .layerInput(
        layer: description, position: position,
        takes: "images of at least \(size)×\(size), height×width×channels", got: input,
        remedy: "use a smaller window, or put it after conv2d")
    }
    return [image.height / size, image.width / size, image.channels]
  }

  package func apply(_ x: Variable, _ pass: LayerPass) throws -> Variable {
    let input = Array(x.shape.dimensions.dropFirst())
    let output = try outputShape(for: input, position: 1)
    guard let image = ImageShape(input, channels: nil), let rows = x.shape.dimensions.first else {
      return x
    }
    let images = try Variable.reshape(x, to: Shape(checking: [rows] + image.dimensions))
    let whole = try Variable.subscripted(
      images,
      [
        .all, .slice(start: 0, stop: output[0] * size, step: 1),
        .slice(start: 0, stop: output[1] * size, step: 1),
      ])
    let windows = try Variable.reshape(
      whole, to: Shape(checking: [rows, output[0], size, output[1], size, output[2]]))
    return kind == .max
      ? try .max(windows, axes: [2, 4]) : try .mean(windows, axes: [2, 4])
  }

  package func addNodes(to graph: inout GraphBuilder, _ x: String, input: [Int]) throws -> String {
    let images = try graph.channelsFirst(x, input: input, ImageShape(input, channels: nil))
    let pooled = graph.node(
      kind == .max ? "MaxPool" : "AveragePool", [images],
      ["kernel_shape": .integers([size, size]), "strides": .integers([size, size])])
    return graph.featuresLast(pooled, rank: 4)
  }

  package var arrangement: InputArrangement { .image }

  package func addStages(input: [Int], to builder: StageBuilder) throws -> Bool {
    guard let image = ImageShape(input, channels: nil) else { return false }
    builder.append(try PoolingStage(builder, kind, size, image))
    return true
  }

  package func widestInside(for input: [Int]) -> Int { input.reduce(1, *) }
}

/// Backward, the mean's gradient goes to its window in equal parts, the largest element's to the
/// elements equal to it.
final class PoolingStage: Stage {
  private let kind: Pooling.Kind
  private let size: Int
  private let image: ImageShape
  private let inputGradient: FloatRows?

  init(_ builder: StageBuilder, _ kind: Pooling.Kind, _ size: Int, _ image: ImageShape)
    throws(TensorError)
  {
    self.kind = kind
    self.size = size
    self.image = image
    inputGradient =
      builder.needsInputGradient ? builder.gradientBuffer(width: image.count) : nil
    let width = (image.height / size) * (image.width / size) * image.channels
    super.init(builder, output: try builder.buffer(width: width))
  }

  override var keepsOutput: Bool { kind == .max }

  /// Calls `body(output, input)` for each element of each window.
  @inline(__always)
  private func forEachPair(_ body: (Int, Int) -> Void) {
    let (height, columns, channels) = (image.height / size, image.width / size, image.channels)
    let (rows, width) = (output.rows, output.columns)
    for row in 0..<rows {
      for y in 0..<height * size {
        for x in 0..<columns * size {
          let output = row * width + (y / size * columns + x / size) * channels
          let input = row * image.count + (y * image.width + x) * channels
          for channel in 0..<channels { body(output + channel, input + channel) }
        }
      }
    }
  }

  override func forward(_ input: FloatRows, _ step: StepContext) throws -> FloatRows {
    self.input = input
    let (x, y) = (input.pointer, output.pointer)
    if kind == .max {
      output.fill(-.infinity)
      // A NaN in a window must come out of it.
      forEachPair { if x[$1] > y[$0] || x[$1].isNaN { y[$0] = x[$1] } }
    } else {
      output.fill(0)
      let part = 1 / Float(size * size)
      forEachPair { y[$0] += x[$1] * part }
    }
    return output
  }

  override func backward(_ gradient: FloatRows, _ step: StepContext) throws -> FloatRows {
    guard let inputGradient else { return gradient }
    inputGradient.fill(0)
    let (g, target) = (gradient.pointer, inputGradient.pointer)
    if kind == .average {
      let part = 1 / Float(size * size)
      forEachPair { target[$1] = g[$0] * part }
      return inputGradient
    }
    let (x, y) = (input.pointer, output.pointer)
    forEachPair { if x[$1] == y[$0] { target[$1] = g[$0] } }
    shareTies(target)
    return inputGradient
  }

  /// Divides each window's gradients by how many elements are its largest.
  private func shareTies(_ gradient: Floats) {
    let (x, y) = (input.pointer, output.pointer)
    let (columns, width) = (image.width / size, output.columns)
    for row in 0..<output.rows {
      for place in 0..<width {
        let channel = place % image.channels
        let (top, left) = (
          place / image.channels / columns * size, place / image.channels % columns * size
        )
        var ties = 0
        func each(_ body: (Int) -> Void) {
          for dy in 0..<size {
            for dx in 0..<size {
              body(
                row * image.count
                  + ((top + dy) * image.width + left + dx) * image.channels + channel)
            }
          }
        }
        let largest = y[row * width + place]
        each { if x[$0] == largest { ties += 1 } }
        if ties > 1 { each { if x[$0] == largest { gradient[$0] /= Float(ties) } } }
      }
    }
  }

  override func forwardOperands() -> (operation: String, operands: [StageOperand]) {
    (name, [StageOperand("x", input)])
  }
}
