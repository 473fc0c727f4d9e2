import ONNX
import Operations
import Tensors

/// A convolution (cross-correlation, as everywhere in this field) along one or two spatial axes with
/// any padding, stride, dilation and number of groups, or its transpose; with a bias a channel.
/// Sequences are time × channels, images height × width × channels; weights kernel (× kernel) ×
/// in/groups × out.
package struct ConvolutionLayer: SelfContainedLayer {
  /// Which builtin it is.
  package enum Kind: String, Sendable {
    case conv1d
    case conv2d
    case transposed = "conv_transpose2d"

    var axes: Int { self == .conv1d ? 1 : 2 }
  }

  package let kind: Kind
  package let inputs: Int
  package let outputs: Int
  let kernel: Int
  let stride: Int
  let padding: ConvolutionPadding
  let groups: Int
  let dilation: Int
  package var parameterGroups: [[LayerParameter]] = []

  package init(
    _ kind: Kind, inputs: Int, outputs: Int, kernel: Int, stride: Int = 1,
    padding: ConvolutionPadding = .same, groups: Int = 1, dilation: Int = 1
  ) throws(NetworkError) {
    self.kind = kind
    self.inputs = inputs
    self.outputs = outputs
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    self.groups = groups
    self.dilation = dilation
    let layer = description
    try NetworkError.check(
      [
        ("in", inputs), ("out", outputs), ("kernel", kernel), ("stride", stride),
        ("groups", groups), ("dilation", dilation),
      ], of: layer)
    guard inputs % groups == 0, outputs % groups == 0 else {
      throw .invalidLayer(layer: layer, reason: "groups must divide in and out")
    }
    if kernel >= 1 << 16 || stride >= 1 << 16 || dilation >= 1 << 16 {
      throw .invalidLayer(layer: layer, reason: "kernel, stride and dilation are absurdly large")
    }
    if case .around(let count) = padding {
      guard count >= 0, count <= (kernel - 1) * dilation else {
        throw .invalidLayer(
          layer: layer,
          reason: "padding must be from 0 to \((kernel - 1) * dilation), so that every window "
            + "meets the input")
      }
    }
  }

  package var description: String {
    let parts: [String?] = [
      stride == 1 ? nil : "stride=\(stride)", padding.text, groups == 1 ? nil : "groups=\(groups)",
      dilation == 1 ? nil : "dilation=\(dilation)",
    ]
    return "\(kind.rawValue)(\(inputs), \(outputs), \(kernel)"
      + parts.compactMap { $0 }.map { ", \($0)" }.joined() + ")"
  }

  package var groupCount: Int { 1 }

  package func features(after input: Int?) -> Int? { outputs }
  package var inputFeatures: Int? { inputs }

  package var arrangement: InputArrangement { kind == .conv1d ? .own : .image }

  package func drawn(generator: inout RandomGenerator) throws -> [[LayerParameter]] {
    let area = kind == .conv1d ? kernel : kernel * kernel
    let sizes = Array(repeating: kernel, count: kind.axes) + [inputs / groups, outputs]
    return [
      [
        LayerParameter(
          letter: "W",
          tensor: try Initialization.xavier.draw(
            Shape(checking: sizes), inputs: area * inputs / groups,
            outputs: area * outputs / groups, generator: &generator)),
        try .zeros("b", [outputs]),
      ]
    ]
  }

  /// The convolution for examples of this shape; of a transposed one that whose transpose it is. Nil
  /// where they are no such input, or no window fits.
  func geometry(for input: [Int]) -> ConvolutionGeometry? {
    let sizes: [Int]
    if kind == .conv1d {
      guard input.count == 2, input[1] == inputs, input[0] > 0 else { return nil }
      sizes = [input[0]]
    } else {
      guard let image = ImageShape(input, channels: inputs) else { return nil }
      sizes = [image.height, image.width]
    }
    let axes = sizes.compactMap { size in
      kind == .transposed
        ? padding.transposedAxis(size, kernel: kernel, stride: stride, dilation: dilation)
        : padding.axis(size, kernel: kernel, stride: stride, dilation: dilation)
    }
    guard axes.count == sizes.count, let last = axes.last else { return nil }
    let isTransposed = kind == .transposed
    return ConvolutionGeometry(
      inputs: isTransposed ? outputs : inputs, outputs: isTransposed ? inputs : outputs,
      groups: groups, vertical: axes.count == 1 ? .single : axes[0], horizontal: last)
  }

  package func outputShape(for input: [Int], position: Int) throws(NetworkError) -> [Int] {
    guard let geometry = geometry(for: input) else { throw inputError(input, position) }
    let shape = kind == .transposed ? geometry.imageShape : geometry.outputShape
    return kind == .conv1d ? Array(shape.dropFirst()) : shape
  }

  private func inputError(_ input: [Int], _ position: Int) -> NetworkError {
    let reach = (kernel - 1) * dilation + 1
    return .layerInput(
      layer: description, position: position,
      takes: kind == .conv1d
        ? "sequences time×\(inputs)"
          + (padding == .same ? "" : ", long enough for a window of \(reach)")
        : "images of \(inputs) channels, height×width×\(inputs)"
          + (padding == .same ? "" : ", at least \(reach)×\(reach)"),
      got: input, remedy: "reshape the examples, or change the first argument to their channels")
  }

  package func apply(_ x: Variable, _ pass: LayerPass) throws -> Variable {
    let own = try parameters(of: pass, count: 2)
    let input = Array(x.shape.dimensions.dropFirst())
    let position = pass.training?.position ?? 1
    let output = try outputShape(for: input, position: position)
    guard let geometry = geometry(for: input), let rows = x.shape.dimensions.first else {
      throw inputError(input, position)
    }
    let shape = try Shape(checking: [rows] + output)
    let operations = ConvolutionOperations(Convolution(geometry))
    guard kind == .transposed else {
      return try .reshape(operations.outputs(x, own[0], own[1]), to: shape)
    }
    let weights = try Variable.reshape(
      .transpose(
        .reshape(
          own[0],
          to: Shape(checking: [kernel, kernel, inputs / groups, groups, outputs / groups])),
        axes: [0, 1, 4, 3, 2]), to: Shape(checking: geometry.weightShape))
    return try .reshape(operations.images(weights, x), to: shape) + own[1]
  }

  package func fused(_ x: Tensor, rectified: Bool) throws -> Tensor? {
    let input = Array(x.shape.dimensions.dropFirst())
    guard kind != .transposed, let geometry = geometry(for: input),
      let own = parameterGroups.first, own.count == 2
    else { return nil }
    let output = try outputShape(for: input, position: 1)
    return try Convolution(geometry).outputs(
      x, own[0].tensor, bias: own[1].tensor, rectified: rectified
    ).reshaped([x.shape[0]] + output)
  }

  package func addNodes(to graph: inout GraphBuilder, _ x: String, input: [Int]) throws -> String {
    guard let own = parameterGroups.first, own.count == 2 else {
      throw NetworkError.unresolved(layer: description, position: 1)
    }
    if stride > 1 || padding != .same { graph.filledSteps = nil }
    let window = ConvolutionForm(
      layer: description, kernel: kernel, stride: stride, dilation: dilation, groups: groups,
      padding: padding, isTransposed: kind == .transposed)
    return try window.addNodes(
      to: &graph, x, input: input,
      image: kind == .conv1d ? nil : ImageShape(input, channels: inputs),
      weights: own[0].tensor, bias: own[1].tensor)
  }

  package func addStages(input: [Int], to builder: StageBuilder) throws -> Bool {
    guard let geometry = geometry(for: input),
      let stage: Stage = kind == .transposed
        ? try TransposedConvolutionStage(builder, geometry)
        : try ConvolutionStage(builder, geometry)
    else { return false }
    builder.append(stage)
    return true
  }
}
