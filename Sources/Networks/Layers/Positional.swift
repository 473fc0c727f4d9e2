import ONNX
import Operations
import Tensors

/// A learned vector for each step, added to what comes in.
package struct Positional: SelfContainedLayer {
  let length: Int
  let size: Int
  package var parameterGroups: [[LayerParameter]] = []

  package init(length: Int, size: Int) throws(NetworkError) {
    self.length = length
    self.size = size
    try NetworkError.check([("length", length), ("size", size)], of: description)
  }

  package var description: String { "positional(\(length), \(size))" }
  package var groupCount: Int { 1 }

  package func features(after input: Int?) -> Int? { size }

  package var inputFeatures: Int? { size }

  package func drawn(generator: inout RandomGenerator) throws -> [[LayerParameter]] {
    [[try .normal("P", [length, size], deviation: 0.02, &generator)]]
  }

  package func outputShape(for input: [Int], position: Int) throws(NetworkError) -> [Int] {
    guard input.count == 2, input[1] == size, input[0] <= length else {
      throw .layerInput(
        layer: description, position: position,
        takes: "sequences time×\(size) of at most \(length) steps", got: input,
        remedy: "the arguments are the longest length and the number of features")
    }
    return input
  }

  package func apply(_ x: Variable, _ pass: LayerPass) throws -> Variable {
    let own = try parameters(of: pass, count: 1)
    guard x.rank == 3, x.shape[1] <= length else {
      _ = try outputShape(
        for: Array(x.shape.dimensions.dropFirst()), position: pass.training?.position ?? 1)
      return x
    }
    return try x
      + .subscripted(own[0], [.slice(start: 0, stop: x.shape[1], step: 1)])
  }

  package func addNodes(to graph: inout GraphBuilder, _ x: String, input: [Int]) throws -> String {
    guard let table = parameterGroups.first?.first?.tensor else {
      throw NetworkError.unresolved(layer: description, position: 1)
    }
    let steps = graph.node("Shape", [x], ["start": .integer(1), "end": .integer(2)])
    let zero = graph.integers([0])
    let part = graph.node("Slice", [try graph.constant(table, "P"), zero, steps, zero])
    return graph.node("Add", [x, part])
  }
}
