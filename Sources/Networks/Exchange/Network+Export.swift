import ONNX
import Tensors

extension Network {
  /// The network as a model in ONNX's form: rows of examples in, as the network takes them, and what
  /// it gives for them, outside training. The number of rows is open, as are the lengths of axes that
  /// no layer fixes.
  ///
  /// Throws `unresolved` where layers lack their numbers, `unknownInput`, and `notInONNX` where a
  /// layer has no such form.
  package func onnxModel() throws -> ONNXModel {
    if !isResolved { return try completedForAnyData().onnxModel() }
    guard let input = exampleShape() else { throw NetworkError.unknownInput }
    let open = openAxes(of: input)
    var graph = GraphBuilder(sizesVary: !open.isEmpty)
    var (value, shape) = ("x", input)
    for (index, layer) in layers.enumerated() {
      let name = layer.description.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
      graph.scope = "\(index + 1).\(name.isEmpty ? "layer" : name)"
      value = try layer.addNodes(to: &graph, value, input: shape)
      shape = try layer.outputShape(for: shape, position: index + 1)
    }
    graph.scope = ""
    // A name of its own, also where no layer does anything.
    let output = graph.node("Identity", [value])
    return ONNXModel(
      graph: graph.graph(
        name: TextCut.first(description, 200),
        inputs: [self.value("x", input, open)],
        outputs: [self.value(output, shape, openOutputs(input, shape, open))]))
  }

  private func value(_ name: String, _ shape: [Int], _ open: [Int: String]) -> ONNXValue {
    ONNXValue(
      name: name,
      dimensions: [.named("rows")]
        + shape.enumerated().map { open[$0.offset].map { .named($0) } ?? .fixed($0.element) })
  }

  // MARK: the shape of examples

  /// A shape of one example that the network takes: what it was trained on, what its layers say, or
  /// the smallest that all of them accept. Nil where there is none.
  package func exampleShape() -> [Int]? {
    if let shape = [seenInput, inputShape].compactMap({ $0 }).first(where: accepts) {
      return shape
    }
    return candidates.first(where: accepts)
  }

  /// Shapes of examples that may fit, small ones first.
  private var candidates: [[Int]] {
    let features = layers.lazy.compactMap(\.inputFeatures).first ?? 1
    let images = (1...256).map { [$0, $0, features] }
    let sequences = [8, 1, 2, 3, 4, 16, 32, 64, 128].map { [$0, features] }
    // A first layer that takes any features may take codes: so many that more of them fit as well.
    let first = layers.first { $0.arrangement != .any || $0.inputFeatures != nil }
    let rows = (first?.inputFeatures == nil ? [[8]] : []) + [[features]]
    return takesImages ? images + sequences + rows : rows + sequences + images
  }

  /// The network with the numbers that its first data would complete, where all data would complete
  /// them alike: they are drawn as they would be then.
  func completedForAnyData() throws -> Network {
    var found: Network?
    var count = 0
    for candidate in candidates where count < 3 {
      var network = self
      guard (try? network.resolve(input: candidate)) != nil else { continue }
      count += 1
      if let found, found.parameters.map(\.tensor.shape) != network.parameters.map(\.tensor.shape) {
        count = 0
        break
      }
      found = network
    }
    guard let found, count > 0 else {
      let index = layers.firstIndex { !$0.isResolved } ?? 0
      throw NetworkError.unresolved(layer: layers[index].description, position: index + 1)
    }
    return found
  }

  private func accepts(_ input: [Int]) -> Bool { (try? outputShape(for: input)) != nil }

  /// The axes of an example that may have other lengths, with names for these lengths: those where
  /// the next and the double length fit as well, or one and half of it.
  private func openAxes(of input: [Int]) -> [Int: String] {
    var open: [Int: String] = [:]
    for axis in input.indices {
      func fits(_ length: Int) -> Bool {
        var other = input
        other[axis] = length
        return length > 0 && (try? outputShape(for: other)) != nil
      }
      let size = input[axis]
      if fits(size + 1) && fits(2 * size) || fits(size - 1) && fits(size / 2) && size > 2 {
        open[axis] = Self.axisName(axis, of: input.count)
      }
    }
    return open
  }

  private static func axisName(_ axis: Int, of rank: Int) -> String {
    switch (axis, rank) {
    case (rank - 1, 2...): "features"
    case (0, 3): "height"
    case (1, 3): "width"
    case (0, 1), (0, 2): "steps"
    default: "axis\(axis + 1)"
    }
  }

  /// The axes of an output whose lengths change with the input's.
  private func openOutputs(
    _ input: [Int], _ output: [Int], _ open: [Int: String]
  ) -> [Int: String] {
    var result: [Int: String] = [:]
    for (axis, name) in open {
      for length in [2 * input[axis], input[axis] / 2] {
        var other = input
        other[axis] = length
        guard length > 0, let changed = try? outputShape(for: other),
          changed.count == output.count
        else { continue }
        for place in output.indices where changed[place] != output[place] {
          result[place] =
            output[place] == input[axis] && changed[place] == length
            ? name : "output_\(name)"
        }
        break
      }
    }
    return result
  }
}

private enum TextCut {
  static func first(_ text: String, _ count: Int) -> String {
    text.count <= count ? text : String(text.prefix(count - 1)) + "…"
  }
}
