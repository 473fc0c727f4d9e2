import CKernels

// Kernels of layers over sequences, and of their normalization: Float32, and not cut short half-way
// into what is read. Each gives what the way back needs besides the result.

extension Tensor {
  /// Scaled dot-product attention of rows × steps × 3 · size (queries, keys and values side by side,
  /// each the heads one after the other).
  ///
  /// - Parameter real: rows × steps, 0 for steps that nobody is to see; nil where all are seen.
  /// - Returns: what was seen, rows × steps × size, and the weights, rows × heads × steps × steps.
  package static func attention(
    _ inside: Tensor, heads: Int, isCausal: Bool, real: Tensor?
  ) throws(TensorError) -> (seen: Tensor, weights: Tensor) {
    let inside = try inside.cast(to: .f32).contiguous()
    let real = try real?.cast(to: .f32).contiguous()
    let key = AttentionPlan.Key(inside, heads: heads, isCausal: isCausal, isBackward: false)
    let seen = try Tensor(uninitialized: Shape(checking: [key.rows, key.steps, key.size]), .f32)
    let weights = try Tensor(
      uninitialized: Shape(checking: [key.rows, heads, key.steps, key.steps]), .f32)
    // SAFETY: all are contiguous and of the sizes in the key, and live until the call returns; so
    // below. What is written is new.
    defer { withExtendedLifetime((inside, seen, weights, real)) {} }
    var operands = AttentionPlan.Operands(
      inside: inside.floats, weights: weights.floats, seen: seen.floats)
    operands.real = real?.floats
    if key.weightCount > 0 { try Backends.current.attend(key, operands) }
    return (seen, weights)
  }

  /// The gradient of `inside` for one of what was seen.
  package static func attentionGradient(
    _ inside: Tensor, weights: Tensor, of gradient: Tensor, heads: Int, isCausal: Bool,
    real: Tensor?
  ) throws(TensorError) -> Tensor {
    let inside = try inside.cast(to: .f32).contiguous()
    let gradient = try gradient.cast(to: .f32).contiguous()
    let real = try real?.cast(to: .f32).contiguous()
    let key = AttentionPlan.Key(inside, heads: heads, isCausal: isCausal, isBackward: true)
    let result = try Tensor(uninitialized: inside.shape, .f32)
    defer { withExtendedLifetime((inside, weights, gradient, real, result)) {} }
    var operands = AttentionPlan.Operands(
      inside: inside.floats, weights: weights.floats, seen: gradient.floats)
    operands.real = real?.floats
    operands.insideGradient = result.floats
    if key.weightCount > 0 { try Backends.current.attend(key, operands) }
    return result
  }

  /// The states of a recurrent layer, rows × steps × hidden.
  ///
  /// - Parameters:
  ///   - inside: what comes from the input, rows × steps × gates · hidden.
  ///   - weights: hidden × gates · hidden.
  ///   - own: a gru's own bias.
  ///   - real: rows × steps, 0 where a state stays as it is; nil where none does.
  /// - Returns: also what `recurrentGradient` needs.
  package static func recurrent(
    _ kind: RecurrentPlan.Kind, _ inside: Tensor, weights: Tensor, own: Tensor?, real: Tensor?
  ) throws(TensorError) -> (states: Tensor, kept: Tensor) {
    let inside = try inside.cast(to: .f32).contiguous()
    let weights = try weights.cast(to: .f32).contiguous()
    let own = try own?.cast(to: .f32).contiguous()
    let real = try real?.cast(to: .f32).contiguous()
    let (rows, steps, hidden) = (inside.shape[0], inside.shape[1], weights.shape[0])
    let states = try Tensor(uninitialized: Shape(checking: [rows, steps, hidden]), .f32)
    let kept = try Tensor(
      uninitialized: Shape(checking: [rows, steps, Swift.max(1, kind.kept) * hidden]), .f32)
    defer { withExtendedLifetime((inside, weights, own, real, states, kept)) {} }
    var operands = RecurrentPlan.Operands(
      weights: weights.floats, kept: kept.floats, states: states.floats)
    operands.inside = inside.floats
    (operands.own, operands.real) = (own?.floats, real?.floats)
    var key = RecurrentPlan.Key(
      kind, rows: rows, steps: steps, hidden: hidden, isBackward: false)
    key.heeds = true
    if states.count > 0 { try Backends.current.recur(key, operands) }
    return (states, kept)
  }

  /// The gradients of `inside`, of the weights and of a gru's own bias for one of the states.
  package static func recurrentGradient(
    _ kind: RecurrentPlan.Kind, weights: Tensor, real: Tensor?, states: Tensor, kept: Tensor,
    of gradient: Tensor
  ) throws(TensorError) -> (inside: Tensor, weights: Tensor, own: Tensor?) {
    let matrix = try weights.cast(to: .f32).contiguous()
    let gradient = try gradient.cast(to: .f32).contiguous()
    let real = try real?.cast(to: .f32).contiguous()
    let (rows, steps, hidden) = (states.shape[0], states.shape[1], states.shape[2])
    let shape = try Shape(checking: [rows, steps, kind.gates * hidden])
    let inside = try Tensor(uninitialized: shape, .f32)
    let past = kind == .gru ? try Tensor(uninitialized: shape, .f32) : inside
    defer { withExtendedLifetime((matrix, real, states, kept, gradient, inside, past)) {} }
    var operands = RecurrentPlan.Operands(
      weights: matrix.floats, kept: kept.floats, states: states.floats)
    operands.real = real?.floats
    (operands.gradient, operands.insideGradient) = (gradient.floats, inside.floats)
    operands.recurrentGradient = past.floats
    var key = RecurrentPlan.Key(
      kind, rows: rows, steps: steps, hidden: hidden, isBackward: true)
    key.heeds = true
    if states.count > 0 { try Backends.current.recur(key, operands) }
    let flat = try past.reshaped([rows * steps, kind.gates * hidden])
    let before = try states.shiftedByAStep().reshaped([rows * steps, hidden])
    let own = try kind == .gru ? flat.lastColumns(hidden).reduce(.sum, axes: [0]) : nil
    return (inside, try matmul(before.transposed(), flat), own)
  }

  /// Of rows × steps × hidden the states before each step, zeros at first.
  private func shiftedByAStep() throws(TensorError) -> Tensor {
    let zeros = try Tensor.zeros(Shape(checking: [shape[0], 1, shape[2]]), .f32)
    let others = try subscripted([.all, .slice(start: 0, stop: shape[1] - 1, step: 1)])
    return try Tensor.concatenate([zeros, others], axis: 1)
  }

  private func lastColumns(_ count: Int) throws(TensorError) -> Tensor {
    try subscripted([.all, .slice(start: shape[1] - count, stop: shape[1], step: 1)])
  }

  /// γ·(x − mean)/√(variance + ε) + β, where mean and variance are those of each row (the last axis).
  ///
  /// - Returns: also 1/√(variance + ε) and the mean of each row.
  package static func rowsNormalized(
    _ x: Tensor, gamma: Tensor, beta: Tensor, epsilon: Double
  ) throws(TensorError) -> (output: Tensor, scales: Tensor, means: Tensor) {
    let x = try x.cast(to: .f32).contiguous()
    let gamma = try gamma.cast(to: .f32).contiguous()
    let beta = try beta.cast(to: .f32).contiguous()
    let columns = gamma.count
    let rows = x.count / Swift.max(1, columns)
    let output = try Tensor(uninitialized: x.shape, .f32)
    let scales = try Tensor(uninitialized: Shape(checking: [rows]), .f32)
    let means = try Tensor(uninitialized: Shape(checking: [rows]), .f32)
    defer { withExtendedLifetime((x, gamma, beta, output, scales, means)) {} }
    Backends.current.standardizeRows(
      of: FloatRows(x.floats, rows: rows, columns: columns), gamma: gamma.floats,
      beta: beta.floats, epsilon: Float(epsilon), scales: scales.floats, means: means.floats,
      into: output.floats)
    return (output, scales, means)
  }

  /// The gradients of x, γ and β.
  package static func rowsNormalizedGradient(
    _ x: Tensor, gamma: Tensor, scales: Tensor, means: Tensor, of gradient: Tensor
  ) throws(TensorError) -> (x: Tensor, gamma: Tensor, beta: Tensor) {
    let x = try x.cast(to: .f32).contiguous()
    let gamma = try gamma.cast(to: .f32).contiguous()
    let gradient = try gradient.cast(to: .f32).contiguous()
    let columns = gamma.count
    let back = try Tensor(uninitialized: x.shape, .f32)
    defer { withExtendedLifetime((x, gamma, scales, means, gradient, back)) {} }
    let sums = try Backends.current.standardizeRowsBack(
      FloatRows(gradient.floats, rows: x.count / Swift.max(1, columns), columns: columns),
      of: x.floats, scales: scales.floats, means: means.floats, gamma: gamma.floats,
      into: back.floats)
    let shape = try Shape(checking: [columns])
    return (
      back, try Tensor(doubles: sums.gamma, shape, elementType: .f32),
      try Tensor(doubles: sums.beta, shape, elementType: .f32)
    )
  }

  // SAFETY: of contiguous Float32 tensors that outlive its use.
  var floats: Floats { pointer.assumingMemoryBound(to: Float.self) }
}

extension AttentionPlan.Key {
  /// Of rows × steps × 3 · size.
  fileprivate init(_ inside: Tensor, heads: Int, isCausal: Bool, isBackward: Bool) {
    self.init(
      rows: inside.shape[0], steps: inside.shape[1], heads: heads,
      width: inside.shape[2] / 3 / heads, isCausal: isCausal, isBackward: isBackward)
    heeds = true
  }
}
