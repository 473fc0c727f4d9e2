import ONNX
import Operations
import Tensors

/// A convolution (cross-correlation) along one or two spatial axes with any padding, stride,
/// dilation and number of groups, or its transpose; with a bias a channel. Sequences are
/// time × channels, images height × width × channels; weights kernel (× kernel) × in/groups × out.
///
/// The input's places under each window are gathered into rows, which one product takes.
package struct WindowConvolution: SelfContainedLayer {
  /// Which builtin it is.
  package enum Kind: String, Sendable {
    case conv1d
    case conv2d
    case transposed = "conv_transpose2d"

    var axes: Int { self == .conv1d ? 1 : 2 }
  }

  /// What surrounds the input: `"same"`, `"valid"`, or so many zeros on each side.
  package enum Padding: Sendable, Hashable {
    case same, valid
    case around(Int)

    var table: WindowTable.Padding {
      switch self {
      case .same: .same
      case .valid: .valid
      case .around(let count): .around(count)
      }
    }

    var text: String? {
      switch self {
      case .same: nil
      case .valid: "padding=\"valid\""
      case .around(let count): "padding=\(count)"
      }
    }
  }

  package let kind: Kind
  let inputs: Int
  let outputs: Int
  let kernel: Int
  let stride: Int
  let padding: Padding
  let groups: Int
  let dilation: Int
  package var parameterGroups: [[LayerParameter]] = []

  package init(
    _ kind: Kind, inputs: Int, outputs: Int, kernel: Int, stride: Int = 1,
    padding: Padding = .same, groups: Int = 1, dilation: Int = 1
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
            outputs: area * outputs / groups,
            generator: &generator)), try .zeros("b", [outputs]),
      ]
    ]
  }

  /// The spatial lengths of an example; nil where it is no such input.
  private func spatial(_ input: [Int]) -> [Int]? {
    if kind == .conv1d {
      return input.count == 2 && input[1] == inputs && input[0] > 0 ? [input[0]] : nil
    }
    return ImageShape(input, channels: inputs).map { [$0.height, $0.width] }
  }

  private func table(for sizes: [Int]) -> WindowTable? {
    let axes = sizes.compactMap {
      WindowTable.Axis(
        $0, kernel: kernel, stride: stride, dilation: dilation, padding: padding.table,
        isTransposed: kind == .transposed)
    }
    return axes.count == sizes.count ? WindowTable(axes, sizes: sizes) : nil
  }

  package func outputShape(for input: [Int], position: Int) throws(NetworkError) -> [Int] {
    let axes = spatial(input)?.map {
      WindowTable.Axis(
        $0, kernel: kernel, stride: stride, dilation: dilation, padding: padding.table,
        isTransposed: kind == .transposed)?.output
    }
    guard let axes, !axes.contains(nil) else {
      let reach = (kernel - 1) * dilation + 1
      throw .layerInput(
        layer: description, position: position,
        takes: (kind == .conv1d ? "sequences time×\(inputs)" : "images height×width×\(inputs)")
          + (padding == .same ? "" : ", long enough for a window of \(reach)"),
        got: input, remedy: "reshape the examples, or change the first argument to their channels")
    }
    return axes.compactMap { $0 } + [outputs]
  }

  package func addNodes(to graph: inout GraphBuilder, _ x: String, input: [Int]) throws -> String {
    guard let own = parameterGroups.first, own.count == 2 else {
      throw NetworkError.unresolved(layer: description, position: 1)
    }
    let window = ConvolutionForm(
      layer: description, kernel: kernel, stride: stride, dilation: dilation, groups: groups,
      padding: padding.table, isTransposed: kind == .transposed)
    return try window.addNodes(
      to: &graph, x, input: input,
      image: kind == .conv1d ? nil : ImageShape(input, channels: inputs),
      weights: own[0].tensor, bias: own[1].tensor)
  }

  package func apply(_ x: Variable, _ pass: LayerPass) throws -> Variable {
    let own = try parameters(of: pass, count: 2)
    let input = Array(x.shape.dimensions.dropFirst())
    guard let sizes = spatial(input), let rows = x.shape.dimensions.first,
      let table = table(for: sizes)
    else {
      _ = try outputShape(for: input, position: pass.training?.position ?? 1)
      throw NetworkError.unresolved(layer: description, position: 1)
    }
    let places = table.outside
    let flat = try Variable.reshape(x, to: Shape(checking: [rows, places, inputs]))
    // A row of zeros stands for what lies beyond the edge.
    let edge = Variable(
      try Tensor.zeros(Shape(checking: [rows, 1, inputs]), x.elementType.arithmetic))
    let index = try Tensor(
      doubles: table.places.map(Double.init), Shape(checking: [table.places.count]),
      elementType: .holding([Double(places)]))
    let windows = try Variable.subscripted(
      .concatenate([flat, edge], axis: 1), [.all, .gather(index)])
    let count = rows * table.output.reduce(1, *)
    let output = try product(windows, own[0], rows: count, taps: table.taps) + own[1]
    return try .reshape(output, to: Shape(checking: [rows] + table.output + [outputs]))
  }

  /// The windows (rows × taps × channels) times the weights, group by group.
  private func product(
    _ windows: Variable, _ weights: Variable, rows: Int, taps: Int
  ) throws -> Variable {
    let part = inputs / groups
    if groups == 1 {
      return try .matmul(
        .reshape(windows, to: Shape(checking: [rows, taps * inputs])),
        .reshape(weights, to: Shape(checking: [taps * inputs, outputs])))
    }
    let grouped = try Variable.reshape(
      .transpose(
        .reshape(windows, to: Shape(checking: [rows, taps, groups, part])), axes: [2, 0, 1, 3]),
      to: Shape(checking: [groups, rows, taps * part]))
    let matrices = try Variable.transpose(
      .reshape(weights, to: Shape(checking: [taps * part, groups, outputs / groups])),
      axes: [1, 0, 2])
    let result = try Variable.matmul(grouped, matrices)
    return try .reshape(
      .transpose(result, axes: [1, 0, 2]), to: Shape(checking: [rows, outputs]))
  }
}
