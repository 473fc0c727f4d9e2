import CKernels

/// A recurrent layer's steps in kernels, Float32: of each step a product of the states before with
/// the weights, which are packed once, and the gates in one pass. Rows do not depend on each other:
/// pieces of them, cut by the sizes alone, go through all steps on one thread each. It runs for one
/// caller at a time.
package final class RecurrentPlan: ReusablePlan, @unchecked Sendable {
  package enum Kind: Int32, Sendable {
    case rnn, lstm, gru

    package var gates: Int {
      switch self {
      case .rnn: 1
      case .lstm: 4
      case .gru: 3
      }
    }
    /// How many times `hidden` numbers the way back needs of a step.
    package var kept: Int { nnsh_recurrent_kept(rawValue) }
  }

  package struct Key: Hashable, Sendable {
    package let kind: Kind
    package let rows: Int
    package let steps: Int
    package let hidden: Int
    /// Whether the steps go backward.
    package let isBackward: Bool
    /// Whether an interruption may leave what is computed half done.
    package var heeds = false
    var threads = Threads.count

    package init(_ kind: Kind, rows: Int, steps: Int, hidden: Int, isBackward: Bool) {
      (self.kind, self.rows, self.steps) = (kind, rows, steps)
      (self.hidden, self.isBackward) = (hidden, isBackward)
    }

    /// The numbers of all gates.
    var width: Int { kind.gates * hidden }
  }

  /// A thread's pieces, and the memory it works in.
  private struct Share {
    let pieces: [Range<Int>]
    let recurrent: FloatBuffer
    let stateGradient: FloatBuffer
    let cellGradient: FloatBuffer
  }

  /// What one execution reads and writes.
  package struct Operands {
    /// rows × steps × gates · hidden.
    package var inside: Floats?
    /// hidden × gates · hidden.
    package var weights: Floats
    /// A gru's own bias.
    package var own: Floats?
    /// rows × steps; nil where all are real.
    package var real: Floats?
    package var kept: Floats
    package var states: Floats
    /// Backward: of the states, of what comes from the input, and of what comes from the states
    /// before, which may be the same memory but for a gru.
    package var gradient: Floats?
    package var insideGradient: Floats?
    package var recurrentGradient: Floats?

    package init(weights: Floats, kept: Floats, states: Floats) {
      (self.weights, self.kept, self.states) = (weights, kept, states)
    }
  }

  let key: Key
  private let shares: [Share]
  private let zeros: FloatBuffer
  /// The weights of one execution, of the way back transposed.
  private let packed: FloatBuffer
  private let team: TeamShares

  /// Rows that share a product.
  private static let pieceRows = 16

  init(_ key: Key) throws(TensorError) {
    self.key = key
    zeros = try FloatBuffer(count: key.hidden)
    packed = try FloatBuffer(
      count: key.isBackward
        ? nnsh_packed_size(key.width, key.hidden) : nnsh_packed_size(key.hidden, key.width))
    let size = Swift.max(1, Swift.min(Self.pieceRows, (key.rows + 1) / 2))
    let pieces = stride(from: 0, to: key.rows, by: size).map {
      $0..<Swift.min(key.rows, $0 + size)
    }
    let count = Swift.max(1, Swift.min(key.threads, pieces.count))
    var shares: [Share] = []
    for share in 0..<count {
      shares.append(
        Share(
          pieces: Array(
            pieces[pieces.count * share / count..<pieces.count * (share + 1) / count]),
          recurrent: try FloatBuffer(count: size * key.width),
          stateGradient: try FloatBuffer(count: size * key.hidden),
          cellGradient: try FloatBuffer(count: size * key.hidden)))
    }
    self.shares = shares
    team = TeamShares(count: count)
  }

  func execute(_ operands: Operands) throws(TensorError) {
    let (weights, hidden, width) = (operands.weights, key.hidden, key.width)
    if key.isBackward {
      nnsh_pack_matrix(weights, 1, width, width, hidden, packed.pointer)
    } else {
      nnsh_pack_matrix(weights, width, 1, hidden, width, packed.pointer)
    }
    try team.run { run(shares[$0], operands) }
  }

  private func run(_ share: Share, _ operands: Operands) -> Int32 {
    var recurrence = nnsh_recurrence(
      kind: key.kind.rawValue, rows: key.rows, steps: key.steps, hidden: key.hidden,
      inside: operands.inside, own: operands.own, real: operands.real, kept: operands.kept,
      states: operands.states)
    for rows in share.pieces {
      let isWhole =
        key.isBackward
        ? runBack(rows, share, &recurrence, operands)
        : runForward(rows, share, &recurrence, operands)
      if !isWhole { return TeamShares.interrupted }
    }
    return 0
  }

  private var isInterrupted: Bool { key.heeds && Interrupt.isRequested }

  // SAFETY, of both: rows and steps lie within the memory that the plan was made for.

  /// - Returns: whether it came to its end.
  private func runForward(
    _ rows: Range<Int>, _ share: Share, _ recurrence: inout nnsh_recurrence, _ operands: Operands
  ) -> Bool {
    let (recurrent, hidden, width) = (share.recurrent.pointer, key.hidden, key.width)
    recurrent.update(repeating: 0, count: rows.count * width)
    for step in 0..<key.steps {
      if isInterrupted { return false }
      if step > 0 {
        let place = rows.lowerBound * key.steps + step - 1
        nnsh_packed_product(
          operands.states + place * hidden, key.steps * hidden, rows.count, packed.pointer, hidden,
          width, 0, recurrent, width)
      }
      nnsh_recurrent_step(
        &recurrence, rows.lowerBound, rows.count, step, recurrent, zeros.pointer)
    }
    return true
  }

  /// - Returns: whether it came to its end.
  private func runBack(
    _ rows: Range<Int>, _ share: Share, _ recurrence: inout nnsh_recurrence, _ operands: Operands
  ) -> Bool {
    guard let gradient = operands.gradient, let inside = operands.insideGradient,
      let recurrent = operands.recurrentGradient
    else { return true }
    let (state, cell) = (share.stateGradient.pointer, share.cellGradient.pointer)
    let (hidden, width) = (key.hidden, key.width)
    state.update(repeating: 0, count: rows.count * hidden)
    cell.update(repeating: 0, count: rows.count * hidden)
    for step in stride(from: key.steps - 1, through: 0, by: -1) {
      if isInterrupted { return false }
      nnsh_recurrent_step_back(
        &recurrence, rows.lowerBound, rows.count, step, gradient, state, cell, inside, recurrent,
        zeros.pointer)
      if step == 0 { break }
      let place = rows.lowerBound * key.steps + step
      nnsh_packed_product(
        recurrent + place * width, key.steps * width, rows.count, packed.pointer, width, hidden, 1,
        state, hidden)
    }
    return true
  }
}
