import Operations
import Tensors

/// One application of a layer: values for its parameters, and in training what that needs.
package struct LayerPass {
  /// All groups in a row.
  package let parameters: ArraySlice<Variable>
  /// Nil outside training.
  package let training: TrainingPass?
  /// What the layers of a network tell each other of the sequences that pass.
  let sequences: SequencePass

  package init(
    parameters: ArraySlice<Variable>, training: TrainingPass? = nil,
    sequences: SequencePass = SequencePass()
  ) {
    self.parameters = parameters
    self.training = training
    self.sequences = sequences
  }

  /// The same with the parameters of a layer within.
  func with(_ parameters: ArraySlice<Variable>) -> LayerPass {
    LayerPass(parameters: parameters, training: training, sequences: sequences)
  }
}

/// Sequences on their way through the layers of a network: which of their steps are real.
package final class SequencePass {
  private enum Knowledge {
    case nothing
    case allReal
    /// Rows × steps, 0 for what fills up a sequence.
    case real(Tensor)
  }

  private var knowledge = Knowledge.nothing

  package init() {}

  /// Forgets the rows before.
  func begin() { knowledge = .nothing }

  /// Notes which steps are real: rows × steps, or all where it is nil.
  func note(_ real: Tensor?) { knowledge = real.map { .real($0) } ?? .allReal }

  /// Which steps of rows × steps × features are real; nil where all are, as far as is known.
  ///
  /// - Parameter looks: whether steps whose features are all 0 are not, where no layer before said
  ///   which they are.
  func realSteps(of x: Variable, looking looks: Bool) throws -> Tensor? {
    guard x.rank == 3 else { return nil }
    return try realSteps(rows: x.shape[0], steps: x.shape[1]) {
      looks ? try Tensor.apply(.notEqual, x.tensor, 0).reduce(.any, axes: [2]) : nil
    }
  }

  /// What is known of one of the rows.
  func row(_ row: Int, of rows: Int) throws -> SequencePass {
    let alone = SequencePass()
    switch knowledge {
    case .real(let real) where real.shape[0] == rows:
      alone.note(try real.rows(row..<row + 1))
    case .real, .nothing: break
    case .allReal: alone.note(nil)
    }
    return alone
  }

  /// The same of rows of so many steps in a plan, by what is known already.
  func realSteps(of x: FloatRows, steps: Int) throws -> Tensor? {
    try realSteps(rows: x.rows, steps: steps) { nil }
  }

  /// Looks which of the rows' steps have a feature that is not 0, where no layer before said which
  /// are real. It is never cut short.
  func look(at x: FloatRows, steps: Int) throws {
    _ = try realSteps(rows: x.rows, steps: steps) {
      let features = x.inRows(of: x.columns / max(1, steps))
      let isReal = (0..<features.rows).map { row in
        (0..<features.columns).contains { features.number(at: row * features.columns + $0) != 0 }
      }
      return try Tensor(
        doubles: isReal.map { $0 ? 1 : 0 }, Shape(checking: [x.rows, steps]), elementType: .f32)
    }
  }

  /// - Parameter look: finds out which steps are real, if that is to be done.
  private func realSteps(
    rows: Int, steps: Int, look: () throws -> Tensor?
  ) throws -> Tensor? {
    switch knowledge {
    case .allReal: return nil
    case .real(let real) where real.shape.dimensions == [rows, steps]: return real
    case .real, .nothing:
      guard let found = try look() else { return nil }
      note(found)
      return found
    }
  }
}

/// A layer's pass over a piece of a batch in training: where its random numbers come from, and
/// where what it measures goes.
package final class TrainingPass {
  private let seed: UInt64
  /// The layer's place in the network, from 1.
  package let position: Int
  private let step: UInt64
  private let firstRow: Int
  private var randomLayers = 0
  /// What the layers' statistics become, in the order of the layers.
  package private(set) var statistics: [Tensor] = []

  /// - Parameters:
  ///   - position: the layer's place in the network, from 1.
  ///   - step: counts the steps of the network's whole training.
  ///   - firstRow: the first row's place in the batch.
  package init(seed: UInt64, position: Int, step: UInt64, firstRow: Int) {
    self.seed = seed
    self.position = position
    self.step = step
    self.firstRow = firstRow
  }

  /// The random numbers of this pass for a layer that draws what it likes: the same whenever the
  /// step is taken again.
  package func generator() -> RandomGenerator {
    defer { randomLayers += 1 }
    let place = UInt64(truncatingIfNeeded: position &* 0x10001 &+ randomLayers)
    return RandomGenerator(
      seed: seed ^ (place &* 0x9E37_79B9_7F4A_7C15),
      stream: step &+ (UInt64(truncatingIfNeeded: firstRow) << 40))
  }

  /// Notes what the statistics of the layer at work are after this pass.
  package func measured(_ statistics: [Tensor]) { self.statistics += statistics }

  /// 0 with probability `probability`, otherwise 1/(1 − probability), for each number of these rows,
  /// in their type.
  package func dropout(_ probability: Double, like rows: Tensor) throws -> Tensor {
    let shape = rows.shape
    let mask = DropoutMask(probability, seed: seed, position: position, index: randomLayers)
    randomLayers += 1
    let width = shape.count / max(1, shape.dimensions.first ?? 1)
    let (step, first) = (step, firstRow * width)
    var factors = try Tensor(uninitialized: shape, rows.elementType.arithmetic)
    if factors.elementType == .f64 {
      try factors.withMutableDoubles { numbers throws(TensorError) in
        // SAFETY: each piece is of numbers of its own; so below.
        nonisolated(unsafe) let target = numbers
        DropoutMask.inPieces(numbers.count) { start, count in
          mask.forEach(count, step: step, from: first + start) { target[start + $0] = $1 }
        }
      }
    } else {
      try factors.withMutableFloats { floats throws(TensorError) in
        nonisolated(unsafe) let target = floats
        DropoutMask.inPieces(floats.count) { start, count in
          mask.forEach(count, step: step, from: first + start) { target[start + $0] = $1 }
        }
      }
    }
    return factors
  }
}
