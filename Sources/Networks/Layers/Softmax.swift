import ONNX
import Operations
import Tensors

/// Each row as probabilities. As the last layer of a network that is trained with cross-entropy it
/// is fused with the loss.
package struct Softmax: Layer {
  /// The layer.
  package init() {}

  package var description: String { "softmax" }

  package func outputShape(for input: [Int], position: Int) throws(NetworkError) -> [Int] {
    guard let last = input.last, last > 0 else {
      throw .layerInput(
        layer: description, position: position, takes: "rows", got: input,
        remedy: "put a dense layer before it")
    }
    return input
  }

  package var probabilities: Tensor.Origin.Function? { .softmax }

  package func apply(_ x: Variable, _ pass: LayerPass) throws -> Variable { try .softmax(x) }

  package func addNodes(to graph: inout GraphBuilder, _ x: String, input: [Int]) throws -> String {
    graph.node("Softmax", [x], ["axis": .integer(-1)])
  }

  package func addStages(input: [Int], to builder: StageBuilder) throws -> Bool {
    builder.append(
      try SoftmaxStage(builder, columns: input.last ?? 1, width: input.reduce(1, *)))
    return true
  }
}

/// A softmax that is not fused with the loss. Backward: G ← s ⊙ (G − Σ G⊙s) in each row.
final class SoftmaxStage: Stage {
  private let columns: Int

  init(_ builder: StageBuilder, columns: Int, width: Int) throws(TensorError) {
    self.columns = columns
    super.init(builder, output: try builder.buffer(width: width))
  }

  override func forward(_ input: FloatRows, _ step: StepContext) throws -> FloatRows {
    self.input = input
    // A step is never left half done.
    try backend.softmax(
      RowOperand(input.inRows(of: columns)), logarithm: false, whole: true, into: output.pointer)
    return output
  }

  override func backward(_ gradient: FloatRows, _ step: StepContext) throws -> FloatRows {
    for row in 0..<output.count / columns {
      let (g, s) = (gradient.pointer + row * columns, output.pointer + row * columns)
      var inner: Float = 0
      for column in 0..<columns { inner += g[column] * s[column] }
      for column in 0..<columns { g[column] = s[column] * (g[column] - inner) }
    }
    return gradient
  }

  override func forwardOperands() -> (operation: String, operands: [StageOperand]) {
    ("softmax(z)", [StageOperand("z", input)])
  }
}
