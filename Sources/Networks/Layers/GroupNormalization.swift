import ONNX
import Operations
import Tensors

/// Wu and He (2018): the channels (last axis) in groups, each brought to mean 0 and variance 1 over
/// its channels and all places of the example, then γ and β a channel.
package struct GroupNormalization: NormalizationLayer {
  package let groups: Int
  package var parameters: [LayerParameter] = []

  package init(groups: Int) throws(NetworkError) {
    self.groups = groups
    try NetworkError.check([("groups", groups)], of: description)
  }

  package var description: String { "group_norm(\(groups))" }

  package func outputShape(for input: [Int], position: Int) throws(NetworkError) -> [Int] {
    let features = parameters.first?.tensor.count
    guard let last = input.last, last > 0, features ?? last == last, last % groups == 0 else {
      throw .layerInput(
        layer: description, position: position,
        takes: features.map { "\($0) channels" } ?? "channels that \(groups) divides", got: input,
        remedy: "choose a number of groups that divides the channels")
    }
    return input
  }

  package func addNodes(to graph: inout GraphBuilder, _ x: String, input: [Int]) throws -> String {
    guard let gamma = parameters.first, let beta = parameters.last, let channels = input.last
    else { throw NetworkError.unresolved(layer: description, position: 1) }
    func mean(_ value: String) -> String {
      graph.node("ReduceMean", [value], ["axes": .integers([1, 3]), "keepdims": .integer(1)])
    }
    let grouped = graph.reshape(x, [0, -1, groups, channels / groups])
    let deviation = graph.node("Sub", [grouped, mean(grouped)])
    let variance = mean(graph.node("Mul", [deviation, deviation]))
    let spread = graph.node(
      "Sqrt",
      [graph.node("Add", [variance, try graph.constant(Self.epsilon, "epsilon")])])
    let even = graph.node("Div", [deviation, spread])
    let restored = graph.node("Reshape", [even, graph.node("Shape", [x])])
    let scaled = graph.node("Mul", [restored, try graph.constant(gamma.tensor, "gamma")])
    return graph.node("Add", [scaled, try graph.constant(beta.tensor, "beta")])
  }

  package func apply(_ x: Variable, _ pass: LayerPass) throws -> Variable {
    guard let gamma = pass.parameters.first, let beta = pass.parameters.last, x.rank > 1,
      let channels = x.shape.dimensions.last
    else {
      throw NetworkError.unresolved(layer: description, position: 1)
    }
    let rows = x.shape[0]
    let grouped = try Variable.reshape(
      x,
      to: Shape(checking: [rows, x.count / max(1, rows * channels), groups, channels / groups]))
    let deviation = try grouped - .mean(grouped, axes: [1, 3], keepDimensions: true)
    let variance = try Variable.mean(deviation * deviation, axes: [1, 3], keepDimensions: true)
    let even = try deviation / .sqrt(variance + Self.epsilon)
    return try .reshape(even, to: x.shape) * gamma + beta
  }
}
