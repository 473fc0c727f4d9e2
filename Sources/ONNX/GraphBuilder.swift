import Tensors

/// Writes a graph down, node by node. Values are known by their names, which it makes.
package struct GraphBuilder {
  package private(set) var nodes: [ONNXNode] = []
  package private(set) var constants: [ONNXTensor] = []
  /// Begins the names of what is added: the layer that is being written.
  package var scope: String
  /// Whether the lengths of an example's axes, other than those that a layer fixes, may be others in
  /// use than they are now.
  package let sizesVary: Bool
  /// For each row and step whether it only fills up a sequence, where a layer has told that.
  package var filledSteps: String?
  private var names: Set<String> = []
  private var integerNames: [String: String] = [:]
  /// What each value that a Transpose gave was before it.
  private var transposed: [String: (source: String, axes: [Int])] = [:]

  package init(scope: String = "", sizesVary: Bool) {
    self.scope = scope
    self.sizesVary = sizesVary
  }

  /// A builder for the graph inside a node of this one, which sees the values of this one.
  package func inner() -> GraphBuilder {
    GraphBuilder(scope: scope + ".step", sizesVary: sizesVary)
  }

  private mutating func newName(_ stem: String) -> String {
    let base = scope.isEmpty ? stem : "\(scope).\(stem)"
    var name = base
    var number = 2
    while !names.insert(name).inserted {
      name = "\(base)_\(number)"
      number += 1
    }
    return name
  }

  /// Adds a node.
  ///
  /// - Returns: the name of its only output.
  package mutating func node(
    _ operation: String, _ inputs: [String], _ attributes: [String: ONNXAttribute] = [:]
  ) -> String {
    node(operation, inputs, attributes, outputs: [true])[0]
  }

  /// Adds a node with several outputs.
  ///
  /// - Parameter outputs: for each output, whether it is wanted.
  /// - Returns: the outputs' names; empty for what is not wanted.
  package mutating func node(
    _ operation: String, _ inputs: [String], _ attributes: [String: ONNXAttribute] = [:],
    outputs: [Bool]
  ) -> [String] {
    let name = newName(operation)
    let results = outputs.enumerated().map { index, isWanted in
      isWanted ? (index == 0 ? name : newName("\(operation)_output")) : ""
    }
    nodes.append(
      ONNXNode(
        name: name, operation: operation, inputs: inputs, outputs: results,
        attributes: attributes))
    return results
  }

  /// Adds numbers, as Float32.
  package mutating func constant(_ tensor: Tensor, _ name: String) throws -> String {
    let name = newName(name)
    let plain = try (tensor.elementType == .f32 ? tensor : tensor.cast(to: .f32)).contiguous()
    constants.append(ONNXTensor(name: name, plain))
    return name
  }

  /// Adds a number, as Float32.
  package mutating func constant(_ number: Double, _ name: String) throws -> String {
    try constant(.scalar(number, .f32), name)
  }

  /// Adds whole numbers: sizes, axes. Equal ones are added once.
  ///
  /// - Parameter isScalar: whether it is a single number, not a list of one.
  package mutating func integers(_ values: [Int], isScalar: Bool = false) -> String {
    let key = (isScalar ? "scalar " : "") + values.map(String.init).joined(separator: " ")
    if let known = integerNames[key] { return known }
    let outer = scope
    defer { scope = outer }
    // Inside a graph within a graph the names must be its own.
    if !outer.hasSuffix(".step") { scope = "" }
    let name = newName(values.count == 1 ? "\(values[0])".replacingSign : "sizes")
    constants.append(
      ONNXTensor(name: name, integers: values, dimensions: isScalar ? [] : [values.count]))
    integerNames[key] = name
    return name
  }

  /// The value with its axes in another order. Two that undo one another leave nothing.
  package mutating func transpose(_ x: String, _ axes: [Int]) -> String {
    if let before = transposed[x] {
      let both = axes.map { before.axes[$0] }
      if both == Array(0..<both.count) { return before.source }
    }
    let result = node("Transpose", [x], ["perm": .integers(axes)])
    transposed[result] = (x, axes)
    return result
  }

  /// The value in another shape: 0 stands for the length that it has, −1 for what is left.
  package mutating func reshape(_ x: String, _ sizes: [Int]) -> String {
    let sizes = integers(sizes)
    return node("Reshape", [x, sizes])
  }

  /// The graph of all that was added and leads to the outputs.
  package func graph(
    name: String, inputs: [ONNXValue], outputs: [ONNXValue]
  ) -> ONNXGraph {
    var graph = ONNXGraph(name: name)
    var needed = Set(outputs.map(\.name))
    for node in nodes.reversed() where node.outputs.contains(where: needed.contains) {
      graph.nodes.append(node)
      needed.formUnion(node.valuesUsed)
    }
    graph.nodes.reverse()
    graph.constants = constants.filter { needed.contains($0.name) }
    graph.inputs = inputs
    graph.outputs = outputs
    return graph
  }
}

extension String {
  /// A name for a number that may be negative.
  fileprivate var replacingSign: String {
    hasPrefix("-") ? "minus_\(dropFirst())" : "number_\(self)"
  }
}
