import CKernels

/// A recurrent layer's steps in kernels, Float32: of each step a product of the states before, and
/// the gates in one pass. Rows do not depend on each other: pieces of them, cut by the sizes alone,
/// go through all steps on one thread each. It runs for one caller at a time.
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
    var threads = Threads.count

    package init(_ kind: Kind, rows: Int, steps: Int, hidden: Int, isBackward: Bool) {
      (self.kind, self.rows, self.steps) = (kind, rows, steps)
      (self.hidden, self.isBackward) = (hidden, isBackward)
    }

    /// The numbers of all gates.
    var width: Int { kind.gates * hidden }
  }

  /// Some rows.
  private struct Piece {
    let rows: Range<Int>
    let product: MatmulPrimitive
  }

  /// A thread's pieces and the memory it works in.
  private struct Share {
    let pieces: [Piece]
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
  private let team: TeamShares

  /// Rows that share a product.
  private static let pieceRows = 16

  init(_ key: Key) throws(TensorError) {
    self.key = key
    zeros = try FloatBuffer(count: key.hidden)
    let size = Swift.max(1, Swift.min(Self.pieceRows, (key.rows + 1) / 2))
    let pieces = stride(from: 0, to: key.rows, by: size).map {
      $0..<Swift.min(key.rows, $0 + size)
    }
    let count = Swift.max(1, Swift.min(key.threads, pieces.count))
    var shares: [Share] = []
    for share in 0..<count {
      let own = pieces[pieces.count * share / count..<pieces.count * (share + 1) / count]
      shares.append(
        Share(
          pieces: try Self.pieces(of: key, own),
          recurrent: try FloatBuffer(count: size * key.width),
          stateGradient: try FloatBuffer(count: size * key.hidden),
          cellGradient: try FloatBuffer(count: size * key.hidden)))
    }
    self.shares = shares
    team = TeamShares(count: count)
  }

  private static func pieces(
    of key: Key, _ rows: ArraySlice<Range<Int>>
  ) throws(TensorError) -> [Piece] {
    var primitives: [Int: MatmulPrimitive] = [:]
    var pieces: [Piece] = []
    for rows in rows {
      let known = primitives[rows.count]
      let product =
        if let known { known } else {
          try MatmulPrimitive(
            Self.product(key, rows.count), rows: rows.count, columns: columns(key))
        }
      primitives[rows.count] = product
      pieces.append(Piece(rows: rows, product: product))
    }
    return pieces
  }

  private static func columns(_ key: Key) -> Int { key.isBackward ? key.hidden : key.width }

  /// Forward states · weights, backward gradient · weightsᵀ added to what is there.
  private static func product(_ key: Key, _ rows: Int) -> MatmulPlan.Key {
    let (hidden, width) = (key.hidden, key.width)
    return key.isBackward
      ? MatmulPlan.Key(
        m: rows, n: hidden, k: width, leftStrides: [key.steps * width, 1],
        rightStrides: [1, width], destinationStride: hidden, hasBias: false, hasRelu: false,
        accumulate: 1)
      : MatmulPlan.Key(
        m: rows, n: width, k: hidden, leftStrides: [key.steps * hidden, 1],
        rightStrides: [width, 1], destinationStride: width, hasBias: false, hasRelu: false)
  }

  func execute(_ operands: Operands) throws(TensorError) {
    try team.run { run(shares[$0], operands) }
  }

  private func run(_ share: Share, _ operands: Operands) -> Int32 {
    var recurrence = nnsh_recurrence(
      kind: key.kind.rawValue, rows: key.rows, steps: key.steps, hidden: key.hidden,
      inside: operands.inside, own: operands.own, real: operands.real, kept: operands.kept,
      states: operands.states)
    for piece in share.pieces {
      let status =
        key.isBackward
        ? runBack(piece, share, &recurrence, operands)
        : runForward(piece, share, &recurrence, operands)
      if status != 0 { return status }
    }
    return 0
  }

  // SAFETY, of both: rows and steps lie within the memory that the plan was made for.

  private func runForward(
    _ piece: Piece, _ share: Share, _ recurrence: inout nnsh_recurrence, _ operands: Operands
  ) -> Int32 {
    let recurrent = share.recurrent.pointer
    recurrent.update(repeating: 0, count: piece.rows.count * key.width)
    for step in 0..<key.steps {
      if Interrupt.isRequested { return TeamShares.interrupted }
      if step > 0 {
        let place = piece.rows.lowerBound * key.steps + step - 1
        let status = piece.product.execute(
          operands.states + place * key.hidden, operands.weights, nil, recurrent)
        if status != 0 { return status }
      }
      nnsh_recurrent_step(
        &recurrence, piece.rows.lowerBound, piece.rows.count, step, recurrent, zeros.pointer)
    }
    return 0
  }

  private func runBack(
    _ piece: Piece, _ share: Share, _ recurrence: inout nnsh_recurrence, _ operands: Operands
  ) -> Int32 {
    guard let gradient = operands.gradient, let inside = operands.insideGradient,
      let recurrent = operands.recurrentGradient
    else { return 0 }
    let (state, cell) = (share.stateGradient.pointer, share.cellGradient.pointer)
    let (rows, hidden, steps) = (piece.rows.count, key.hidden, key.steps)
    state.update(repeating: 0, count: rows * hidden)
    cell.update(repeating: 0, count: rows * hidden)
    for step in stride(from: steps - 1, through: 0, by: -1) {
      if Interrupt.isRequested { return TeamShares.interrupted }
      nnsh_recurrent_step_back(
        &recurrence, piece.rows.lowerBound, rows, step, gradient, state, cell, inside, recurrent,
        zeros.pointer)
      if step == 0 { break }
      let place = piece.rows.lowerBound * steps + step
      let status = piece.product.execute(
        recurrent + place * key.width, operands.weights, nil, state)
      if status != 0 { return status }
    }
    return 0
  }
}
