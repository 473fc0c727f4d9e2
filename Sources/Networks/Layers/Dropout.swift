import ONNX
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

  package var arrangement: InputArrangement { .any }
  package var differsInTraining: Bool { probability > 0 }

  package func apply(_ x: Variable, _ pass: LayerPass) throws -> Variable {
    guard let training = pass.training, probability > 0 else { return x }
    return try x * Variable(training.dropout(probability, like: x.tensor))
  }

  package func addNodes(to graph: inout GraphBuilder, _ x: String, input: [Int]) throws -> String {
    x
  }

  package func addStages(input: [Int], to builder: StageBuilder) throws -> Bool {
    if probability > 0 {
      builder.append(try DropoutStage(builder, probability, width: input.reduce(1, *)))
    }
    return true
  }
}

/// Which numbers drop: a function of the seed, the layer, the step and the place in the batch, so
/// that the backward pass finds it again and nothing depends on threads or pieces.
struct DropoutMask {
  private let threshold: UInt32
  private let scale: Double
  private let key: UInt64

  /// - Parameters:
  ///   - position: of the network's layer, from 1.
  ///   - index: which of the dropouts inside that layer, from 0.
  init(_ probability: Double, seed: UInt64, position: Int, index: Int) {
    threshold = UInt32(clamping: Int(probability * 0x1p32))
    scale = 1 / (1 - probability)
    let layer = UInt64(truncatingIfNeeded: position) &* 0x9E37_79B9_7F4A_7C15
    let inner = UInt64(truncatingIfNeeded: index) &* 0xD1B5_4A32_D192_ED03
    key = Self.mixed(seed &+ layer &+ inner)
  }

  /// Calls `body(index, factor)` for `count` numbers, the first of which is number `offset` of the
  /// batch: the factor is 0 or the scale.
  @inline(__always)
  func forEach<Number: BinaryFloatingPoint>(
    _ count: Int, step: UInt64, from offset: Int, _ body: (Int, Number) -> Void
  ) {
    let scale = Number(scale)
    let start = Self.mixed(key ^ Self.mixed(step &+ 1)) &+ UInt64(truncatingIfNeeded: offset)
    for index in 0..<count {
      let bits = Self.mixed(start &+ UInt64(truncatingIfNeeded: index))
      body(index, UInt32(truncatingIfNeeded: bits >> 32) >= threshold ? scale : 0)
    }
  }

  /// Calls `body(start, count)` for pieces of so many numbers, divided among the threads.
  static func inPieces(_ count: Int, _ body: @Sendable (_ start: Int, _ count: Int) -> Void) {
    let piece = 1 << 14
    Threads.run((count + piece - 1) / piece, work: count) { index in
      body(index * piece, min(piece, count - index * piece))
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

/// Backward, the same mask over the gradient, in place.
final class DropoutStage: Stage {
  private let mask: DropoutMask

  init(_ builder: StageBuilder, _ probability: Double, width: Int) throws(TensorError) {
    mask = DropoutMask(
      probability, seed: builder.seed, position: builder.position,
      index: builder.nextRandomLayer())
    super.init(builder, output: try builder.buffer(width: width))
  }

  override var keepsOutput: Bool { false }

  override func forward(_ input: FloatRows, _ step: StepContext) throws -> FloatRows {
    self.input = input
    guard step.isTraining else { return input }
    apply(from: input.pointer, to: output.pointer, step)
    return output
  }

  override func backward(_ gradient: FloatRows, _ step: StepContext) throws -> FloatRows {
    apply(from: gradient.pointer, to: gradient.pointer, step)
    return gradient
  }

  private func apply(from source: Floats, to target: Floats, _ step: StepContext) {
    let (mask, time, offset) = (mask, step.step, step.rowOffset * output.columns)
    // SAFETY: each piece is of numbers of its own.
    nonisolated(unsafe) let (source, target) = (source, target)
    DropoutMask.inPieces(output.count) { start, count in
      mask.forEach(count, step: time, from: offset + start) { index, factor in
        let place = start + index
        target[place] = factor == 0 ? 0 : source[place] * factor
      }
    }
  }
}
