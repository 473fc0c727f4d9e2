import Tensors

/// What each step sees, of queries, keys and values side by side; the products before and after are
/// dense stages.
final class AttentionStage: Stage {
  private let steps: Int
  private let key: AttentionPlan.Key
  private let backKey: AttentionPlan.Key
  private let weights: FloatRows
  private let inputGradient: FloatRows
  /// Which steps are real in the latest pass; nil where all are.
  private var real: Tensor?

  init(
    _ builder: StageBuilder, steps: Int, size: Int, heads: Int, isCausal: Bool
  ) throws(TensorError) {
    self.steps = steps
    func key(isBackward: Bool) -> AttentionPlan.Key {
      AttentionPlan.Key(
        rows: builder.rows, steps: steps, heads: heads, width: size / heads, isCausal: isCausal,
        isBackward: isBackward)
    }
    self.key = key(isBackward: false)
    backKey = key(isBackward: true)
    weights = try builder.buffer(width: heads * steps * steps)
    inputGradient = try builder.gradientBuffer(width: 3 * size * steps)
    super.init(builder, output: try builder.buffer(width: size * steps))
  }

  override var keepsOutput: Bool { false }

  override func forward(_ input: FloatRows, _ step: StepContext) throws -> FloatRows {
    self.input = input
    real = try step.sequences.realSteps(of: input, steps: steps)
    try attend(key, seen: output, insideGradient: nil)
    return output
  }

  override func backward(_ gradient: FloatRows, _ step: StepContext) throws -> FloatRows {
    try attend(backKey, seen: gradient, insideGradient: inputGradient)
    return inputGradient
  }

  private func attend(
    _ key: AttentionPlan.Key, seen: FloatRows, insideGradient: FloatRows?
  ) throws {
    var operands = AttentionPlan.Operands(
      inside: input.pointer, weights: weights.pointer, seen: seen.pointer)
    operands.insideGradient = insideGradient?.pointer
    try real.withNumbers { numbers throws(TensorError) in
      operands.real = numbers
      try backend.attend(key, operands)
    }
  }

  override func forwardOperands() -> (operation: String, operands: [StageOperand]) {
    (
      "softmax(queries @ keys') @ values",
      [StageOperand("queries, keys and values", input.inRows(of: input.columns / steps))]
    )
  }
}

extension Tensor? {
  /// Calls `body` with the address of its numbers as Float32; with nil where there is no tensor.
  func withNumbers(_ body: (Floats?) throws(TensorError) -> Void) throws {
    guard let self else { return try body(nil) }
    try self.cast(to: .f32).withFloats { numbers throws(TensorError) in
      // SAFETY: kernels only read which steps are real.
      try body(numbers.baseAddress.map { Floats(mutating: $0) })
    }
  }
}
