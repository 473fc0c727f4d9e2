import CKernels
import Operations
import Tensors

/// A function applied to each number.
package struct ActivationLayer: Layer {
  /// Which function.
  package let kind: UnaryOperation

  /// The layer that applies `kind`.
  package init(_ kind: UnaryOperation) { self.kind = kind }

  /// The functions that their records call activations.
  package static let kinds = UnaryOperation.allCases.filter(\.record.isActivation)

  package var description: String { kind.name }

  package func outputShape(for input: [Int], position: Int) throws(NetworkError) -> [Int] { input }

  package func apply(_ x: Variable, parameters: ArraySlice<Variable>) throws -> Variable {
    let y = try Variable.apply(kind, x)
    return kind == .sigmoid ? Self.remembering(x, y) : y
  }
}

extension ActivationLayer {
  /// Probabilities that are not being differentiated remember their logits, as a softmax's do.
  private static func remembering(_ logits: Variable, _ probabilities: Variable) -> Variable {
    guard probabilities.isConstant, probabilities.shape == logits.shape else {
      return probabilities
    }
    return Variable(probabilities.tensor.remembering(logits.tensor, through: .sigmoid))
  }

  package func makeStages(input: [Int], _ builder: StageBuilder) throws {
    if kind == .relu, let dense = builder.stages.last as? DenseStage, !dense.isRectified {
      try dense.rectify()
    } else {
      builder.append(try ActivationStage(builder, kind, width: input.reduce(1, *)))
    }
  }
}

/// An activation by itself. It writes over the output of the stage before where that stage does
/// not need it and the derivative is written with the result alone (all but gelu and softplus).
final class ActivationStage: Stage {
  private let kind: UnaryOperation
  private let passes: [DerivativePass]

  init(_ builder: StageBuilder, _ kind: UnaryOperation, width: Int) throws(TensorError) {
    self.kind = kind
    passes = kind.record.derivatives.map(DerivativePass.init)
    let needsInput = kind.record.derivatives.contains(where: \.needsOperands)
    let previous = builder.stages.last
    let isInPlace = !needsInput && !(previous?.keepsOutput ?? true)
    let output =
      if isInPlace, let previous { previous.output } else { try builder.buffer(width: width) }
    super.init(builder, width: width, output: output)
  }

  override func forward(_ input: Floats, _ step: StepContext) throws(TensorError) -> Floats {
    self.input = input
    let count = rows * width
    // In place the kernel never stops half-way for an interruption, which a step must not do.
    if input != output { output.update(from: input, count: count) }
    nnsh_unary_f32(kind.rawValue, output, output, count)
    return output
  }

  override func backward(_ gradient: Floats, _ step: StepContext) throws(TensorError) -> Floats {
    for pass in passes {
      pass.multiply(gradient, operand: input, result: output, count: rows * width)
    }
    return gradient
  }

  override func forwardOperands() -> (operation: String, operands: [StageOperand]) {
    ("\(kind.name)(x)", [StageOperand("x", input, rows, width)])
  }
}
