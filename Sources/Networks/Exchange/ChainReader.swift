import ONNX
import Tensors

/// Reads the graph of a model as layers in a row.
///
/// The value at hand goes from node to node; every node, or a few that belong together, is a layer or
/// a move of axes. nnsh has the features on the last axis and ONNX on the second: the reader keeps
/// account of how the axes of the value lie (`Arrangement`), and layers take theirs in either.
struct ChainReader {
  let graph: ONNXGraph
  /// The version of ONNX's operators.
  let operatorSet: Int
  let constants: [String: ONNXTensor]
  /// The layer that code of the language makes: a builtin's name, a formula, or a call of `layer`.
  let function: (_ code: String) throws -> any Layer

  /// How the axes of the value at hand lie, compared with nnsh's rows × … × features.
  enum Arrangement {
    case own
    /// rows × features × …
    case featuresSecond
    /// steps × rows × features
    case stepsFirst
  }

  /// The name of the value at hand.
  var value: String
  var arrangement = Arrangement.own
  /// The shape of one example, as nnsh has it; nil where it is not known.
  var shape: [Int]?
  /// Whether all lengths in `shape` are those of the model; others are made up.
  var isExact = true
  var layers: [any Layer] = []
  /// The image whose numbers were put in one row channel by channel; the next layer of weighted sums
  /// has its weights in that order.
  var pendingImage: [Int]?
  /// Whether the model takes the channels before height and width.
  var takesFeaturesSecond = false

  private let consumers: [String: [Int]]
  /// The node that gives a value.
  let producers: [String: Int]
  /// Nodes that are read.
  var done: Set<Int> = []
  private var depth = 0

  init(
    _ model: ONNXModel, function: @escaping (String) throws -> any Layer
  ) throws {
    graph = model.graph
    operatorSet = model.operatorSet
    self.function = function
    let known = ConstantNodes(graph)
    (constants, done) = (known.constants, known.nodes)
    var producers: [String: Int] = [:]
    var consumers: [String: [Int]] = [:]
    for (index, node) in graph.nodes.enumerated() {
      guard !node.outputs.isEmpty else {
        throw NetworkError.notALayer(
          operation: node.operation, name: node.name, reason: "it gives nothing")
      }
      for output in node.outputs { producers[output] = index }
      for input in Set(node.inputs) where !input.isEmpty {
        consumers[input, default: []].append(index)
      }
    }
    self.consumers = consumers
    self.producers = producers
    let inputs = graph.inputs.filter { known.constants[$0.name] == nil }
    guard inputs.count == 1, graph.outputs.count == 1, let input = inputs.first else {
      throw NetworkError.notALayer(
        operation: "a graph", name: graph.name,
        reason: "it has \(inputs.count) inputs and \(graph.outputs.count) outputs, and a network "
          + "has one of each")
    }
    value = input.name
    readShape(of: input)
  }

  private mutating func readShape(of input: ONNXValue) {
    guard let dimensions = input.dimensions, !dimensions.isEmpty else { return }
    shape = dimensions.dropFirst().map { dimension in
      if case .fixed(let length) = dimension, (1...1 << 24).contains(length) { return length }
      isExact = false
      return 16
    }
    if !isModest(shape ?? []) { (shape, isExact) = (nil, false) }
  }

  /// Whether an example of that shape has no more numbers than anyone's: a model may claim anything,
  /// and sizes are multiplied on the way.
  private func isModest(_ shape: [Int]) -> Bool {
    var count = 1
    for length in shape {
      guard length >= 0, length <= 1 << 30 else { return false }
      count *= max(1, length)
      if count > 1 << 30 { return false }
    }
    return true
  }

  // MARK: the way from value to value

  /// Reads from the value at hand to the one of that name.
  mutating func read(to end: String) throws {
    depth += 1
    defer { depth -= 1 }
    guard depth < 64 else { throw refused(graph.nodes[0], "it is nested too deeply") }
    while value != end {
      let next = users(of: value)
      guard let first = next.first else {
        throw NetworkError.notALayer(
          operation: "a graph", name: graph.name,
          reason: "nothing leads from its input to its output")
      }
      if next.count == 1 {
        try read(first)
      } else if let reshape = reshape(among: next) {
        try read(reshape)
      } else if try !readFork(next) {
        throw refused(
          graph.nodes[next[next.count - 1]],
          "the value before it goes several ways, and layers stand in a row")
      }
    }
  }

  /// The only one of the nodes that takes more of the value than its shape, where it needs that shape.
  private func reshape(among next: [Int]) -> Int? {
    let others = next.filter { graph.nodes[$0].operation != "Shape" }
    guard others.count == 1, graph.nodes[others[0]].operation == "Reshape" else { return nil }
    return others[0]
  }

  /// The nodes that take a value and are not read yet.
  func users(of value: String) -> [Int] {
    (consumers[value] ?? []).filter { !done.contains($0) }
  }

  /// The only node that takes a value; nil where there are none or several.
  func user(of value: String) -> Int? {
    let all = users(of: value)
    return all.count == 1 ? all[0] : nil
  }

  /// Goes on with a node's output.
  mutating func pass(_ index: Int) {
    done.insert(index)
    value = graph.nodes[index].outputs.first ?? ""
  }

  /// Adds a layer that takes the value, and goes on with the node's output.
  mutating func add(_ layer: any Layer, _ index: Int) {
    layers.append(layer)
    shape = shape.flatMap { try? layer.outputShape(for: $0, position: layers.count) }
    if let output = shape, !isModest(output) { (shape, isExact) = (nil, false) }
    pass(index)
  }

  func refused(_ node: ONNXNode, _ reason: String) -> NetworkError {
    .notALayer(
      operation: (node.domain.isEmpty ? "" : node.domain + ".") + node.operation,
      name: node.name.isEmpty ? node.outputs.first ?? "?" : node.name, reason: reason)
  }

  /// A value that goes several ways: an activation of several nodes, or x + f(x).
  private mutating func readFork(_ next: [Int]) throws -> Bool {
    if try readActivationOfSeveral(next) { return true }
    guard let index = next.last(where: { graph.nodes[$0].operation == "Add" }),
      let other = graph.nodes[index].inputs.first(where: { $0 != value }),
      constants[other] == nil, graph.nodes[index].inputs.count == 2
    else { return false }
    var inner = self
    inner.layers = []
    inner.done.insert(index)
    try inner.read(to: other)
    guard inner.pendingImage == nil, !inner.layers.isEmpty else { return false }
    done = inner.done
    arrangement = inner.arrangement
    add(try Residual(layers: inner.layers), index)
    return true
  }

  // MARK: what nodes say

  /// The constant that an input is.
  func constant(_ node: ONNXNode, _ index: Int) -> ONNXTensor? {
    node.inputs.indices.contains(index) ? constants[node.inputs[index]] : nil
  }

  /// The numbers of a constant input.
  func numbers(_ node: ONNXNode, _ index: Int) -> Tensor? {
    if case .numbers(let tensor)? = constant(node, index)?.elements { tensor } else { nil }
  }

  func integers(_ node: ONNXNode, _ name: String) -> [Int]? {
    if case .integers(let values)? = node.attributes[name] { values } else { nil }
  }

  func integer(_ node: ONNXNode, _ name: String, default value: Int) -> Int {
    if case .integer(let value)? = node.attributes[name] { value } else { value }
  }

  func number(_ node: ONNXNode, _ name: String, default value: Double) -> Double {
    if case .number(let value)? = node.attributes[name] { Double(value) } else { value }
  }

  func text(_ node: ONNXNode, _ name: String) -> String? {
    if case .text(let value)? = node.attributes[name] { value } else { nil }
  }

  /// Axes, which later operator sets have as an input.
  func axes(_ node: ONNXNode, input: Int = 1) -> [Int]? {
    if let axes = integers(node, "axes") { return axes }
    if case .integers(let axes)? = constant(node, input)?.elements { return axes }
    return nil
  }
}
