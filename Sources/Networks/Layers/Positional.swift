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

  package func addStages(input: [Int], to builder: StageBuilder) throws -> Bool {
    builder.append(try PositionalStage(builder, width: input.reduce(1, *)))
    return true
  }
}

/// Backward, each step's vector gets the sum of the gradients over the rows.
final class PositionalStage: Stage {
  private let vectors: ParameterSlot
  private let retained: Float

  init(_ builder: StageBuilder, width: Int) throws(TensorError) {
    vectors = builder.nextParameter()
    retained = Float(builder.retained)
    super.init(builder, output: try builder.buffer(width: width))
  }

  override var keepsOutput: Bool { false }

  override func forward(_ input: FloatRows, _ step: StepContext) throws -> FloatRows {
    self.input = input
    let width = output.columns
    // SAFETY: each row has a place of its own; there are vectors for as many steps at least.
    nonisolated(unsafe) let (x, p, y) = (input.pointer, vectors.weights, output.pointer)
    Threads.run(output.rows, work: output.count) { row in
      let (from, to) = (x + row * width, y + row * width)
      for column in 0..<width { to[column] = from[column] + p[column] }
    }
    return output
  }

  override func backward(_ gradient: FloatRows, _ step: StepContext) throws -> FloatRows {
    if vectors.isFrozen { return gradient }
    let kept = step.start.kept(ofUpdate: retained)
    backend.sumColumns(of: gradient, into: vectors.update, retaining: kept)
    // Steps that these sequences do not reach.
    let rest = vectors.gradient.numbers(
      from: gradient.columns, count: vectors.shape.count - gradient.columns)
    if kept == 0 { rest.fill(0) } else if kept != 1 { rest.multiply(by: Double(kept)) }
    return gradient
  }

  override func forwardOperands() -> (operation: String, operands: [StageOperand]) {
    (
      "x + \(vectors.name)",
      [StageOperand("x", input), StageOperand(vectors.name, vectors.numbers)]
    )
  }
}
