import ONNX
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

  package var arrangement: InputArrangement { .any }
  package var probabilities: Tensor.Origin.Function? { kind == .sigmoid ? .sigmoid : nil }
  package var isRectifier: Bool { kind == .relu }

  package func addNodes(to graph: inout GraphBuilder, _ x: String, input: [Int]) throws -> String {
    guard let result = try kind.addNodes(to: &graph, x) else {
      throw NetworkError.notInONNX(layer: description, reason: "ONNX has no such function")
    }
    return result
  }

  package func apply(_ x: Variable, _ pass: LayerPass) throws -> Variable {
    try Variable.apply(kind, x)
  }

  package func addStages(input: [Int], to builder: StageBuilder) throws -> Bool {
    if isRectifier, try builder.stages.last?.rectify() ?? false { return true }
    builder.append(try ActivationStage(builder, kind, width: input.reduce(1, *)))
    return true
  }
}

/// An activation by itself. It writes over the output of the stage before where that stage does
/// not need it and the derivative is written with the result alone (all but gelu and softplus).
final class ActivationStage: Stage {
  private let kind: UnaryOperation
  private var passes: [DerivativePass.Planned]

  init(_ builder: StageBuilder, _ kind: UnaryOperation, width: Int) throws(TensorError) {
    self.kind = kind
    passes = kind.record.derivatives.map { .init($0, count: builder.rows * width) }
    let needsInput = kind.record.derivatives.contains(where: \.needsOperands)
    let previous = builder.stages.last
    let isInPlace = !needsInput && !(previous?.keepsOutput ?? true)
    let output =
      if isInPlace, let previous { previous.output } else { try builder.buffer(width: width) }
    super.init(builder, output: output)
  }

  override func forward(_ input: FloatRows, _ step: StepContext) throws -> FloatRows {
    self.input = input
    backend.apply(kind, to: input, into: output)
    return output
  }

  override func backward(_ gradient: FloatRows, _ step: StepContext) throws -> FloatRows {
    for index in passes.indices {
      passes[index].multiply(gradient, operand: input, result: output, on: backend)
    }
    return gradient
  }

  override func forwardOperands() -> (operation: String, operands: [StageOperand]) {
    ("\(kind.name)(x)", [StageOperand("x", input)])
  }
}
