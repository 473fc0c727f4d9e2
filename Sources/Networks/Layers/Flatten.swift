import ONNX
import Operations
import Tensors

/// Each example in one dimension.
package struct Flatten: Layer {
  /// The layer.
  package init() {}

  package var description: String { "flatten" }

  package func outputShape(for input: [Int], position: Int) throws(NetworkError) -> [Int] {
    [input.reduce(1, *)]
  }

  package func apply(_ x: Variable, _ pass: LayerPass) throws -> Variable {
    let rows = x.shape.dimensions.first ?? 1
    let width = x.shape.dimensions.dropFirst().reduce(1, *)
    return try .reshape(x, to: Shape(checking: [rows, width]))
  }

  package func addNodes(to graph: inout GraphBuilder, _ x: String, input: [Int]) throws -> String {
    input.count == 1 ? x : graph.reshape(x, [0, -1])
  }

  /// Rows are stored one after the other, so in a plan there is nothing to do.
  package func addStages(input: [Int], to builder: StageBuilder) throws -> Bool { true }
}
