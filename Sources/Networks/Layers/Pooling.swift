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

  private func windows(for input: [Int]) -> PoolingGeometry? {
    guard let image = ImageShape(input, channels: nil), image.height >= size, image.width >= size
    else { return nil }
    return PoolingGeometry(
      kind == .max ? .largest : .mean, size: size, height: image.height, width: image.width,
      channels: image.channels)
  }

  package func outputShape(for input: [Int], position: Int) throws(NetworkError) -> [Int] {
    guard let windows = windows(for: input) else {
      throw .layerInput(
        layer: description, position: position,
        takes: "images of at least \(size)×\(size), height×width×channels", got: input,
        remedy: "use a smaller window, or put it after conv2d")
    }
    return windows.outputShape
  }

  package func apply(_ x: Variable, _ pass: LayerPass) throws -> Variable {
    let input = Array(x.shape.dimensions.dropFirst())
    _ = try outputShape(for: input, position: pass.training?.position ?? 1)
    guard let windows = windows(for: input) else { return x }
    return try PoolingOperations(windows).outputs(x)
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
    guard let windows = windows(for: input) else { return false }
    builder.append(try PoolingStage(builder, windows))
    return true
  }

  package func widestInside(for input: [Int]) -> Int { input.reduce(1, *) }
}

/// Backward, the mean's gradient goes to its window in equal parts, the largest element's to the
/// elements equal to it.
final class PoolingStage: Stage {
  private let windows: PoolingGeometry
  private let inputGradient: FloatRows?
  /// Whether the rectifier of the stage before is passed backward here.
  private let masks: Bool

  init(_ builder: StageBuilder, _ windows: PoolingGeometry) throws(TensorError) {
    self.windows = windows
    masks = windows.kind == .largest && builder.stages.last?.leaveMask() ?? false
    inputGradient =
      builder.needsInputGradient ? try builder.gradientBuffer(width: windows.imageCount) : nil
    super.init(builder, output: try builder.buffer(width: windows.outputCount))
  }

  override var keepsOutput: Bool { windows.kind == .largest }

  override func forward(_ input: FloatRows, _ step: StepContext) throws -> FloatRows {
    self.input = input
    backend.pool(windows, rows: output.rows, .f32, input.pointer, into: output.pointer)
    return output
  }

  override func backward(_ gradient: FloatRows, _ step: StepContext) throws -> FloatRows {
    guard let inputGradient else { return gradient }
    backend.unpool(
      windows, rows: output.rows, .f32, rectified: masks, images: input.pointer,
      outputs: output.pointer,
      gradient: gradient.pointer, into: inputGradient.pointer)
    return inputGradient
  }

  override func forwardOperands() -> (operation: String, operands: [StageOperand]) {
    (name, [StageOperand("x", input)])
  }
}
