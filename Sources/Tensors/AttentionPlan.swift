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
    /// Whether an interruption may leave what is computed half done.
    package var heeds = false
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

  let key: Key
  /// What each thread works in.
  private let scratch: [FloatBuffer]
  private let team: TeamShares

  init(_ key: Key) throws(TensorError) {
    self.key = key
    let count = Swift.max(1, Swift.min(key.threads, key.rows * key.heads))
    var scratch: [FloatBuffer] = []
    for _ in 0..<count {
      scratch.append(try FloatBuffer(count: nnsh_attention_scratch(key.steps, key.width)))
    }
    self.scratch = scratch
    team = TeamShares(count: count)
  }

  func execute(_ operands: Operands) throws(TensorError) {
    try team.run { run($0, operands) }
  }

  private func run(_ index: Int, _ operands: Operands) -> Int32 {
    let heads = key.rows * key.heads
    for head in heads * index / scratch.count..<heads * (index + 1) / scratch.count {
      if key.heeds, Interrupt.isRequested { return TeamShares.interrupted }
      run(head, operands, scratch[index].pointer)
    }
    return 0
  }

  private func run(_ head: Int, _ operands: Operands, _ scratch: Floats) {
    let (row, place) = (head / key.heads, head % key.heads * key.width)
    let inside = row * key.steps * 3 * key.size + place
    // SAFETY: a head's numbers lie within the memory that the plan was made for.
    let queries = operands.inside + inside
    let seen = operands.seen + row * key.steps * key.size + place
    var numbers = nnsh_attention_head(
      steps: key.steps, width: key.width, inside_row: 3 * key.size, seen_row: key.size,
      scale: Float(1 / Double(key.width).squareRoot()), is_causal: key.isCausal ? 1 : 0,
      real: operands.real.map { UnsafePointer($0 + row * key.steps) }, queries: queries,
      keys: queries + key.size, values: queries + 2 * key.size,
      weights: operands.weights + head * key.steps * key.steps, scratch: scratch)
    if !key.isBackward { return nnsh_attention_forward(&numbers, seen) }
    guard let back = operands.insideGradient.map({ $0 + inside }) else { return }
    nnsh_attention_back(&numbers, seen, back, back + key.size, back + 2 * key.size)
  }
}
