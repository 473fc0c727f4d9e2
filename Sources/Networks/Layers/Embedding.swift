import ONNX
import Operations
import Tensors

/// A learned vector for each of `count` codes: whole numbers from 0, in any shape, become vectors
/// along a new last axis. −1, which fills up sequences, becomes zeros.
package struct Embedding: SelfContainedLayer {
  package let count: Int
  package let size: Int
  package var parameterGroups: [[LayerParameter]] = []

  package init(count: Int, size: Int) throws(NetworkError) {
    self.count = count
    self.size = size
    try NetworkError.check([("count", count), ("size", size)], of: description)
  }

  package var description: String { "embedding(\(count), \(size))" }
  package var groupCount: Int { 1 }

  package func features(after input: Int?) -> Int? { size }

  package func drawn(generator: inout RandomGenerator) throws -> [[LayerParameter]] {
    [[try .normal("E", [count, size], deviation: 1, &generator)]]
  }

  package func outputShape(for input: [Int], position: Int) throws(NetworkError) -> [Int] {
    input == [1] ? [size] : input + [size]
  }

  /// The table has a row of zeros at its end, which is where −1 points.
  package func addNodes(to graph: inout GraphBuilder, _ x: String, input: [Int]) throws -> String {
    guard let table = parameterGroups.first?.first?.tensor else {
      throw NetworkError.unresolved(layer: description, position: 1)
    }
    let zeros = try Tensor.zeros(Shape(checking: [1, size]), table.elementType)
    let padded = try graph.constant(Tensor.concatenate([table, zeros], axis: 0), "E")
    let codes = graph.node("Cast", [x], ["to": .integer(ONNXValue.ElementKind.int64.rawValue)])
    let places = input == [1] ? graph.reshape(codes, [-1]) : codes
    graph.stepCodes = input == [1] || input.count > 1 ? nil : codes
    return graph.node("Gather", [padded, places], ["axis": .integer(0)])
  }

  package func apply(_ x: Variable, _ pass: LayerPass) throws -> Variable {
    let table = try parameters(of: pass, count: 1)[0]
    let codes = try x.tensor.guardedDoubles()
    for (index, code) in codes.enumerated() {
      guard let whole = Int(exactly: code), (-1..<count).contains(whole) else {
        throw NetworkError.codeOutside(
          layer: description, code: code, row: index / max(1, codes.count / max(1, x.shape[0])),
          count: count)
      }
    }
    let dimensions = x.shape.dimensions
    let places =
      dimensions.count == 2 && dimensions[1] == 1
      ? try x.tensor.reshaped([dimensions[0]]) : x.tensor
    let hasGaps = codes.contains(-1)
    let known = hasGaps ? try Tensor.apply(.greaterOrEqual, places, 0) : nil
    pass.sequences.note(places.rank == 2 ? known : nil)
    guard let known else { return try .subscripted(table, [.gather(places)]) }
    let vectors = try Variable.subscripted(
      table, [.gather(Tensor.apply(.maximum, places, 0))])
    return try .where(known.reshaped(known.shape.dimensions + [1]), vectors, Variable(0))
  }
}
