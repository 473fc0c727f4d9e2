import Operations
import Tensors

/// A function applied to each number.
package struct ActivationLayer: Layer {
  /// Which function.
  package enum Kind: String, Sendable, CaseIterable {
    /// max(x, 0)
    case relu
    /// The hyperbolic tangent.
    case tanh
    /// 1 / (1 + e⁻ˣ)
    case sigmoid
    /// x·Φ(x)
    case gelu
  }

  /// Which function.
  package let kind: Kind

  /// The layer that applies `kind`.
  package init(_ kind: Kind) { self.kind = kind }

  package var description: String { kind.rawValue }

  package func outputShape(for input: [Int], position: Int) throws(NetworkError) -> [Int] { input }

  package var arrangement: InputArrangement { .any }
  package var probabilities: Tensor.Origin.Function? { kind == .sigmoid ? .sigmoid : nil }
  package var isRectifier: Bool { kind == .relu }

  package func apply(_ x: Variable, _ pass: LayerPass) throws -> Variable {
    switch kind {
    case .relu: try .relu(x)
    case .tanh: try .tanh(x)
    case .sigmoid: try Self.remembering(x, .sigmoid(x))
    case .gelu: try .gelu(x)
    }
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

  package func addStages(input: [Int], to builder: StageBuilder) throws -> Bool {
    if isRectifier, try builder.stages.last?.rectify() ?? false { return true }
    builder.append(try ActivationStage(builder, kind, width: input.reduce(1, *)))
    return true
  }
}

/// An activation by itself. It writes over the output of the stage before where that stage does
/// not need it and the slope follows from the output alone (all but gelu).
final class ActivationStage: Stage {
  private let kind: ActivationLayer.Kind
  private let slope: FloatRows?

  init(_ builder: StageBuilder, _ kind: ActivationLayer.Kind, width: Int) throws(TensorError) {
    self.kind = kind
    let previous = builder.stages.last
    let isInPlace = kind != .gelu && !(previous?.keepsOutput ?? true)
    slope = kind == .gelu ? try builder.buffer(width: width) : nil
    let output =
      if isInPlace, let previous { previous.output } else { try builder.buffer(width: width) }
    super.init(builder, output: output)
  }

  override func forward(_ input: FloatRows, _ step: StepContext) throws -> FloatRows {
    self.input = input
    let operation: UnaryOperation =
      switch kind {
      case .relu: .relu
      case .tanh: .tanh
      case .sigmoid: .sigmoid
      case .gelu: .gelu
      }
    apply(operation, from: input, to: output)
    return output
  }

  override func backward(_ gradient: FloatRows, _ step: StepContext) throws -> FloatRows {
    switch kind {
    case .relu: backend.mask(gradient, rectified: output)
    case .tanh: Slopes.tanh.multiply(gradient, output)
    case .sigmoid: Slopes.sigmoid.multiply(gradient, output)
    case .gelu:
      guard let slope else { return gradient }
      apply(.geluGradient, from: input, to: slope)
      Slopes.given.multiply(gradient, slope)
    }
    return gradient
  }

  /// In place the kernel never stops half-way for an interruption, which a step must not do.
  private func apply(_ operation: UnaryOperation, from source: FloatRows, to target: FloatRows) {
    if source.pointer != target.pointer { target.copy(from: source) }
    backend.apply(operation, to: target)
  }

  override func forwardOperands() -> (operation: String, operands: [StageOperand]) {
    ("\(kind.rawValue)(x)", [StageOperand("x", input)])
  }
}

/// Multiplies a gradient by a slope that follows from other values, in blocks over the threads.
enum Slopes: Int {
  /// 1 − y²
  case tanh
  /// y(1 − y)
  case sigmoid
  /// The value itself.
  case given

  private static let block = 16_384

  func multiply(_ gradient: FloatRows, _ values: FloatRows) {
    let count = values.count
    Threads.run((count + Slopes.block - 1) / Slopes.block, work: count) { block in
      // SAFETY: blocks are disjoint ranges below `count`.
      let start = block * Slopes.block
      let length = min(Slopes.block, count - start)
      let (gradient, values) = (gradient.pointer + start, values.pointer + start)
      switch self {
      case .tanh:
        for i in 0..<length { gradient[i] *= 1 - values[i] * values[i] }
      case .sigmoid:
        for i in 0..<length { gradient[i] *= values[i] * (1 - values[i]) }
      case .given:
        for i in 0..<length { gradient[i] *= values[i] }
      }
    }
  }
}
