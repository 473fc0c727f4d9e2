import CKernels
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

  package func apply(_ x: Variable, parameters: ArraySlice<Variable>) throws -> Variable {
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

  package func makeStages(input: [Int], _ builder: StageBuilder) throws {
    if kind == .relu, let dense = builder.stages.last as? DenseStage, !dense.isRectified {
      try dense.rectify()
    } else {
      builder.append(try ActivationStage(builder, kind, width: input.reduce(1, *)))
    }
  }
}

/// An activation by itself. It writes over the output of the stage before where that stage does
/// not need it and the slope follows from the output alone (all but gelu).
final class ActivationStage: Stage {
  private let kind: ActivationLayer.Kind
  private let isInPlace: Bool
  private let slope: Floats?

  init(_ builder: StageBuilder, _ kind: ActivationLayer.Kind, width: Int) throws(TensorError) {
    self.kind = kind
    let previous = builder.stages.last
    isInPlace = kind != .gelu && !(previous?.keepsOutput ?? true)
    slope = kind == .gelu ? try builder.buffer(width: width) : nil
    let output =
      if isInPlace, let previous { previous.output } else { try builder.buffer(width: width) }
    super.init(builder, width: width, output: output)
  }

  override func forward(_ input: Floats, _ step: StepContext) throws(TensorError) -> Floats {
    self.input = input
    let operation =
      switch kind {
      case .relu: nnsh_relu
      case .tanh: nnsh_tanh
      case .sigmoid: nnsh_sigmoid
      case .gelu: nnsh_gelu
      }
    applyWhole(Int32(operation), from: input, to: output)
    return output
  }

  override func backward(_ gradient: Floats, _ step: StepContext) throws(TensorError) -> Floats {
    let count = rows * width
    switch kind {
    case .relu: nnsh_relu_mask(gradient, output, count)
    case .tanh: Slopes.tanh.multiply(gradient, output, count)
    case .sigmoid: Slopes.sigmoid.multiply(gradient, output, count)
    case .gelu:
      guard let slope else { return gradient }
      applyWhole(Int32(nnsh_gelu_gradient), from: input, to: slope)
      Slopes.given.multiply(gradient, slope, count)
    }
    return gradient
  }

  /// In place the kernel never stops half-way for an interruption, which a step must not do.
  private func applyWhole(_ operation: Int32, from source: Floats, to target: Floats) {
    let count = rows * width
    if source != target { target.update(from: source, count: count) }
    nnsh_unary_f32(operation, target, target, count)
  }

  override func forwardOperands() -> (operation: String, operands: [StageOperand]) {
    ("\(kind.rawValue)(x)", [StageOperand("x", input, rows, width)])
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

  private struct Job {
    let slopes: Slopes
    let gradient: Floats
    let values: Floats
    let count: Int
  }

  private static let block = 16_384

  func multiply(_ gradient: Floats, _ values: Floats, _ count: Int) {
    var job = Job(slopes: self, gradient: gradient, values: values, count: count)
    let blocks = (count + Slopes.block - 1) / Slopes.block
    // SAFETY: the job outlives the call; blocks are disjoint ranges below `count`.
    withUnsafeMutablePointer(to: &job) { job in
      nnsh_parallel_whole(
        blocks, count,
        { context, block in
          guard let job = context?.assumingMemoryBound(to: Job.self).pointee else { return }
          let start = block * Slopes.block
          let length = min(Slopes.block, job.count - start)
          let (gradient, values) = (job.gradient + start, job.values + start)
          switch job.slopes {
          case .tanh:
            for i in 0..<length { gradient[i] *= 1 - values[i] * values[i] }
          case .sigmoid:
            for i in 0..<length { gradient[i] *= values[i] * (1 - values[i]) }
          case .given:
            for i in 0..<length { gradient[i] *= values[i] }
          }
        }, job)
    }
  }
}
