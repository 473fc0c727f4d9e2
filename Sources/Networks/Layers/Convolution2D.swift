import ONNX
import Operations
import Tensors

/// A convolution (cross-correlation, as everywhere in this field) of images, with a bias a
/// channel. Images are height × width × channels, weights kernel × kernel × in × out.
package struct Convolution2D: SelfContainedLayer {
  /// What surrounds the image.
  package enum Padding: Sendable, Hashable {
    /// Zeros, so that the output has ⌈size / stride⌉ rows and columns.
    case same
    /// Nothing: windows lie inside the image.
    case valid
  }

  package let inputs: Int
  package let outputs: Int
  package let kernel: Int
  package let stride: Int
  package let padding: Padding
  /// How the weights are drawn; biases start at 0.
  package let initialization: Initialization
  package var parameterGroups: [[LayerParameter]] = []

  /// A layer from `inputs` to `outputs` channels.
  package init(
    inputs: Int, outputs: Int, kernel: Int, stride: Int = 1, padding: Padding = .same,
    initialization: Initialization = .xavier
  ) throws(NetworkError) {
    self.inputs = inputs
    self.outputs = outputs
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    self.initialization = initialization
    guard inputs > 0, outputs > 0, kernel > 0, stride > 0, kernel < 1 << 16, stride < 1 << 16,
      inputs < 1 << 24,
      outputs < 1 << 24
    else {
      throw .invalidLayer(
        layer: description,
        reason: "channels, kernel and stride must be at least 1 and not absurdly large")
    }
  }

  package var description: String {
    "conv2d(\(inputs), \(outputs), \(kernel)" + (stride == 1 ? "" : ", stride=\(stride)")
      + (padding == .same ? "" : ", padding=\"valid\"") + ")"
  }

  package var groupCount: Int { 1 }

  package func features(after input: Int?) -> Int? { outputs }

  package func outputShape(for input: [Int], position: Int) throws(NetworkError) -> [Int] {
    guard let windows = windows(for: input) else {
      throw .layerInput(
        layer: description, position: position,
        takes: "images of \(inputs) channels, height×width×\(inputs)"
          + (padding == .valid ? ", at least \(kernel)×\(kernel)" : ""),
        got: input,
        remedy: "reshape the examples, or change the first argument to their channels")
    }
    return [windows.outputHeight, windows.outputWidth, outputs]
  }

  func windows(for input: [Int]) -> Windows? {
    guard let image = ImageShape(input, channels: inputs) else { return nil }
    func side(_ size: Int) -> (count: Int, before: Int) {
      if padding == .valid { return ((size - kernel) / stride + 1, 0) }
      let count = (size + stride - 1) / stride
      return (count, max(0, (count - 1) * stride + kernel - size) / 2)
    }
    if padding == .valid, image.height < kernel || image.width < kernel { return nil }
    let (rows, columns) = (side(image.height), side(image.width))
    return Windows(
      height: image.height, width: image.width, channels: inputs, kernel: kernel, stride: stride,
      top: rows.before, left: columns.before, outputHeight: rows.count, outputWidth: columns.count)
  }

  package func drawn(generator: inout RandomGenerator) throws -> [[LayerParameter]] {
    let area = kernel * kernel
    return [
      [
        LayerParameter(
          letter: "W",
          tensor: try initialization.draw(
            Shape(checking: [kernel, kernel, inputs, outputs]), inputs: area * inputs,
            outputs: area * outputs, generator: &generator)),
        try .zeros("b", [outputs]),
      ]
    ]
  }

  package var inputFeatures: Int? { inputs }

  package var arrangement: InputArrangement { .image }

  package func apply(_ x: Variable, _ pass: LayerPass) throws -> Variable {
    let parameters = pass.parameters
    guard let weights = parameters.first, let bias = parameters.last, parameters.count == 2,
      let rows = x.shape.dimensions.first
    else { throw NetworkError.unresolved(layer: description, position: 1) }
    let output = try outputShape(for: Array(x.shape.dimensions.dropFirst()), position: 1)
    guard let windows = windows(for: Array(x.shape.dimensions.dropFirst())) else {
      throw NetworkError.unresolved(layer: description, position: 1)
    }
    let matrix = try Variable.reshape(
      weights, to: Shape(checking: [windows.windowCount, outputs]))
    let product = try ImageConvolution(windows: windows, rows: rows).product(x, matrix)
    return try .reshape(.add(product, bias), to: Shape(checking: [rows] + output))
  }

  package func addNodes(to graph: inout GraphBuilder, _ x: String, input: [Int]) throws -> String {
    guard let own = parameterGroups.first, own.count == 2,
      let image = ImageShape(input, channels: inputs)
    else { throw NetworkError.unresolved(layer: description, position: 1) }
    let window = ConvolutionForm(
      layer: description, kernel: kernel, stride: stride, dilation: 1, groups: 1,
      padding: padding == .same ? .same : .valid, isTransposed: false)
    return try window.addNodes(
      to: &graph, x, input: input, image: image, weights: own[0].tensor, bias: own[1].tensor)
  }

  package func addStages(input: [Int], to builder: StageBuilder) throws -> Bool {
    guard let windows = windows(for: input) else { return false }
    builder.append(try UnfoldStage(builder, windows))
    builder.append(
      try DenseStage(
        builder, inputs: windows.windowCount, outputs: outputs, positions: windows.positions))
    return true
  }

  package func widestInside(for input: [Int]) -> Int {
    guard let windows = windows(for: input) else { return 0 }
    return max(windows.imageCount, windows.positions * windows.windowCount)
  }
}

/// Lays out each image's windows as rows, so that a product does the convolution; backward adds
/// the windows' gradients where they came from.
final class UnfoldStage: Stage {
  private let windows: Windows
  private let inputGradient: FloatRows?

  init(_ builder: StageBuilder, _ windows: Windows) throws(TensorError) {
    self.windows = windows
    inputGradient =
      builder.needsInputGradient ? builder.gradientBuffer(width: windows.imageCount) : nil
    super.init(
      builder, output: try builder.buffer(width: windows.positions * windows.windowCount))
  }

  override func forward(_ input: FloatRows, _ step: StepContext) throws -> FloatRows {
    self.input = input
    // What lies outside the image stays zero, from the buffer's beginning only if it is ours alone.
    output.fill(0)
    let (windows, output) = (windows, output)
    Threads.run(output.rows, work: output.count) { row in
      // SAFETY: each call works on its own example.
      let image = input.pointer + row * windows.imageCount
      let columns = output.pointer + row * output.columns
      windows.forEachRun { from, to, count in
        (columns + to).update(from: image + from, count: count)
      }
    }
    return output
  }

  override func backward(_ gradient: FloatRows, _ step: StepContext) throws -> FloatRows {
    guard let inputGradient else { return gradient }
    inputGradient.fill(0)
    let (windows, width) = (windows, output.columns)
    Threads.run(output.rows, work: output.count) { row in
      // SAFETY: each call works on its own example.
      let image = inputGradient.pointer + row * windows.imageCount
      let columns = gradient.pointer + row * width
      windows.forEachRun { from, to, count in
        for index in 0..<count { image[from + index] += columns[to + index] }
      }
    }
    return inputGradient
  }

  override func forwardOperands() -> (operation: String, operands: [StageOperand]) {
    ("the windows of x", [StageOperand("x", input)])
  }
}
