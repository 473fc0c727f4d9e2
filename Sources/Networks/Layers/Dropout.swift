import Operations
import Tensors

/// In training, sets each number to 0 with probability p and scales the others by 1/(1 − p)
/// (Srivastava et al., 2014, in the "inverted" form); passes everything otherwise.
package struct Dropout: Layer {
  /// The probability of a 0.
  package let probability: Double

  /// `probability` must be at least 0 and below 1.
  package init(_ probability: Double) throws(NetworkError) {
    self.probability = probability
    guard probability >= 0, probability < 1 else {
      throw .invalidLayer(
        layer: description, reason: "the probability must be at least 0 and below 1")
    }
  }

  package var description: String { "dropout(\(NetworkFormat.number(probability)))" }

  package func outputShape(for input: [Int], position: Int) throws(NetworkError) -> [Int] { input }

  package func apply(_ x: Variable, parameters: ArraySlice<Variable>) throws -> Variable { x }
}

extension Dropout {
  package func makeStages(input: [Int], _ builder: StageBuilder) throws {
    guard probability > 0 else { return }
    builder.append(try DropoutStage(builder, probability, width: input.reduce(1, *)))
  }
}

/// Which numbers drop is a function of the seed, the layer, the step and the place in the batch,
/// so the backward pass finds it again and nothing depends on threads or pieces.
final class DropoutStage: Stage {
  private let threshold: UInt32
  private let scale: Float
  private let key: UInt64

  init(_ builder: StageBuilder, _ probability: Double, width: Int) throws(TensorError) {
    threshold = UInt32(clamping: Int(probability * 0x1p32))
    scale = Float(1 / (1 - probability))
    key = Self.mixed(builder.seed &+ UInt64(builder.position) &* 0x9E37_79B9_7F4A_7C15)
    super.init(builder, width: width, output: try builder.buffer(width: width))
  }

  override var keepsOutput: Bool { false }

  override func forward(_ input: Floats, _ step: StepContext) throws(TensorError) -> Floats {
    self.input = input
    guard step.isTraining else { return input }
    apply(from: input, to: output, step)
    return output
  }

  override func backward(_ gradient: Floats, _ step: StepContext) throws(TensorError) -> Floats {
    apply(from: gradient, to: gradient, step)
    return gradient
  }

  private func apply(from source: Floats, to target: Floats, _ step: StepContext) {
    let start = Self.mixed(key ^ Self.mixed(step.step &+ 1))
    let offset = UInt64(step.rowOffset * width)
    for index in 0..<rows * width {
      let bits = Self.mixed(start &+ offset &+ UInt64(index))
      target[index] =
        UInt32(truncatingIfNeeded: bits >> 32) >= threshold
        ? source[index] * scale : 0
    }
  }

  /// The finalizer of SplitMix64 (Steele, Lea and Flood, 2014).
  private static func mixed(_ value: UInt64) -> UInt64 {
    var z = value &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
