import CKernels

/// Scaled dot-product attention of sequences to themselves in kernels, Float32: each head of each
/// row by itself, on one thread. Queries, keys and values lie side by side, rows × steps × 3 · heads
/// · width, and are read where they lie. It runs for one caller at a time.
package final class AttentionPlan: ReusablePlan, @unchecked Sendable {
  package struct Key: Hashable, Sendable {
    package let rows: Int
    package let steps: Int
    package let heads: Int
    /// Of a head.
    package let width: Int
    /// Whether a step sees only itself and those before it.
    package let isCausal: Bool
    /// Whether the derivative passes back.
    package let isBackward: Bool
    var threads = Threads.count

    package init(
      rows: Int, steps: Int, heads: Int, width: Int, isCausal: Bool, isBackward: Bool
    ) {
      (self.rows, self.steps, self.heads, self.width) = (rows, steps, heads, width)
      (self.isCausal, self.isBackward) = (isCausal, isBackward)
    }

    var size: Int { heads * width }
    /// The numbers of the weights of all heads.
    package var weightCount: Int { rows * heads * steps * steps }
  }

  /// What one execution reads and writes.
  package struct Operands {
    /// rows × steps × 3 · size.
    package var inside: Floats
    /// rows × heads × steps × steps.
    package var weights: Floats
    /// What was seen, rows × steps × size; backward its gradient.
    package var seen: Floats
    /// rows × steps: which steps are real; nil where all are.
    package var real: Floats?
    /// Backward: the gradient of `inside`.
    package var insideGradient: Floats?

    package init(inside: Floats, weights: Floats, seen: Floats) {
      (self.inside, self.weights, self.seen) = (inside, weights, seen)
    }
  }

  /// The products of a head, each for one thread.
  private struct Share {
    /// Queries · keysᵀ.
    let scores: MatmulPrimitive
    /// Weights · values.
    let seen: MatmulPrimitive
    /// Weightsᵀ · gradient, gradient · valuesᵀ, scores' gradient · keys, and its transpose · queries.
    let back:
      (
        values: MatmulPrimitive, weights: MatmulPrimitive, queries: MatmulPrimitive,
        keys: MatmulPrimitive
      )?
    /// The gradient of a head's weights.
    let gradient: FloatBuffer
  }

  let key: Key
  private let shares: [Share]
  private let team: TeamShares

  init(_ key: Key) throws(TensorError) {
    self.key = key
    let count = Swift.max(1, Swift.min(key.threads, key.rows * key.heads))
    var shares: [Share] = []
    for _ in 0..<count { shares.append(try Self.share(of: key)) }
    self.shares = shares
    team = TeamShares(count: count)
  }

  private static func share(of key: Key) throws(TensorError) -> Share {
    let (steps, width, inside, outside) = (key.steps, key.width, 3 * key.size, key.size)
    func product(
      _ m: Int, _ n: Int, _ k: Int, _ left: [Int], _ right: [Int], _ destination: Int
    ) throws(TensorError) -> MatmulPrimitive {
      try MatmulPrimitive(
        MatmulPlan.Key(
          m: m, n: n, k: k, leftStrides: left, rightStrides: right,
          destinationStride: destination, hasBias: false, hasRelu: false), rows: m, columns: n)
    }
    return Share(
      scores: try product(steps, steps, width, [inside, 1], [1, inside], steps),
      seen: try product(steps, width, steps, [steps, 1], [inside, 1], outside),
      back: !key.isBackward
        ? nil
        : (
          try product(steps, width, steps, [1, steps], [outside, 1], inside),
          try product(steps, steps, width, [outside, 1], [1, inside], steps),
          try product(steps, width, steps, [steps, 1], [inside, 1], inside),
          try product(steps, width, steps, [1, steps], [inside, 1], inside)
        ),
      gradient: try FloatBuffer(count: key.isBackward ? steps * steps : 1))
  }

  func execute(_ operands: Operands) throws(TensorError) {
    try team.run { run($0, operands) }
  }

  private func run(_ index: Int, _ operands: Operands) -> Int32 {
    let heads = key.rows * key.heads
    for head in heads * index / shares.count..<heads * (index + 1) / shares.count {
      if Interrupt.isRequested { return TeamShares.interrupted }
      let status =
        key.isBackward
        ? runBack(head, shares[index], operands) : runForward(head, shares[index], operands)
      if status != 0 { return status }
    }
    return 0
  }

  private var scale: Float { Float(1 / Double(key.width).squareRoot()) }

  // SAFETY, of both: a head's numbers lie within the memory that the plan was made for.

  private func runForward(_ head: Int, _ share: Share, _ operands: Operands) -> Int32 {
    let (row, place) = (head / key.heads, head % key.heads * key.width)
    let query = operands.inside + row * key.steps * 3 * key.size + place
    let weights = operands.weights + head * key.steps * key.steps
    let status = share.scores.execute(query, query + key.size, nil, weights)
    if status != 0 { return status }
    nnsh_attention_weights(
      weights, key.steps, scale, key.isCausal ? 1 : 0,
      operands.real.map { $0 + row * key.steps })
    return share.seen.execute(
      weights, query + 2 * key.size, nil, operands.seen + row * key.steps * key.size + place)
  }

  private func runBack(_ head: Int, _ share: Share, _ operands: Operands) -> Int32 {
    guard let back = share.back, let all = operands.insideGradient else { return 0 }
    let (row, place) = (head / key.heads, head % key.heads * key.width)
    let start = row * key.steps * 3 * key.size + place
    let (query, target) = (operands.inside + start, all + start)
    let weights = operands.weights + head * key.steps * key.steps
    let seen = operands.seen + row * key.steps * key.size + place
    let gradient = share.gradient.pointer
    var status = back.values.execute(weights, seen, nil, target + 2 * key.size)
    if status == 0 {
      status = back.weights.execute(seen, query + 2 * key.size, nil, gradient)
    }
    if status != 0 { return status }
    nnsh_attention_weights_back(
      gradient, weights, key.steps, scale, key.isCausal ? 1 : 0,
      operands.real.map { $0 + row * key.steps })
    status = back.queries.execute(gradient, query + key.size, nil, target)
    if status != 0 { return status }
    return back.keys.execute(gradient, query, nil, target + key.size)
  }
}
