import CKernels
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

  package func apply(_ x: Variable, parameters: ArraySlice<Variable>) throws -> Variable {
    try .softmax(x)
  }
}

extension Softmax {
  package func makeStages(input: [Int], _ builder: StageBuilder) throws {
    builder.append(
      try SoftmaxStage(builder, columns: input.last ?? 1, width: input.reduce(1, *)))
  }
}

/// A softmax that is not fused with the loss. Backward: G ← s ⊙ (G − Σ G⊙s) in each row.
final class SoftmaxStage: Stage {
  private let columns: Int

  init(_ builder: StageBuilder, columns: Int, width: Int) throws(TensorError) {
    self.columns = columns
    super.init(builder, width: width, output: try builder.buffer(width: width))
  }

  override func forward(_ input: Floats, _ step: StepContext) throws(TensorError) -> Floats {
    self.input = input
    // A step is never left half done.
    _ = nnsh_softmax(
      0, Int32(nnsh_f32), input, rows * width / columns, columns, output, 1)
    return output
  }

  override func backward(_ gradient: Floats, _ step: StepContext) throws(TensorError) -> Floats {
    for row in 0..<rows * width / columns {
      let (g, s) = (gradient + row * columns, output + row * columns)
      var inner: Float = 0
      for column in 0..<columns { inner += g[column] * s[column] }
      for column in 0..<columns { g[column] = s[column] * (g[column] - inner) }
    }
    return gradient
  }

  override func forwardOperands() -> (operation: String, operands: [StageOperand]) {
    ("softmax(z)", [StageOperand("z", input, rows, width)])
  }
}
