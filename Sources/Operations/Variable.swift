import Tensors

/// The value that differentiation sees: a constant tensor, or one recorded on a `Tape`.
///
/// A recorded variable carries the variable that it is at the enclosing level (its *primal*), so
/// that a pullback, written with the same operations, is itself recorded by the tapes further out:
/// derivatives nest to any depth. This is the arrangement of Maclaurin, Duvenaud and Adams,
/// "Autograd: Effortless Gradients in NumPy" (2015).
///
/// Invariant: `tensor` is the number seen from outside, whatever the level.
package struct Variable: Sendable {
  private enum Content {
    case constant(Tensor)
    case recorded(Record)
  }

  private let content: Content

  /// The value; while it is pending, a tensor of its shape and type whose elements mean nothing.
  var placeholder: Tensor {
    switch content {
    case .constant(let tensor): tensor
    case .recorded(let record): record.primal.placeholder
    }
  }

  /// Where it was recorded, whether that tape is open or not.
  var record: Record? {
    if case .recorded(let record) = content { record } else { nil }
  }

  /// Whether the value is computed when it is asked for (see `Deferral`).
  var isPending: Bool { record?.isPending ?? false }

  /// The numeric value. One that is pending is computed now.
  package var tensor: Tensor {
    switch content {
    case .constant(let tensor): tensor
    case .recorded(let record): record.tensor
    }
  }

  /// A constant.
  package init(_ tensor: Tensor) { content = .constant(tensor) }

  /// A plain number: zero-dimensional Float64, which yields to the other operand's element type.
  package init(_ number: Double) throws {
    self.init(try Tensor.scalar(number, .f64))
  }

  init(_ primal: Variable, tape: Tape, index: Int) {
    content = .recorded(Record(tape: tape, index: index, primal: primal))
  }

  /// What stands at a place of a tape that defers.
  init(_ record: Record) { content = .recorded(record) }

  /// The shape of the value.
  package var shape: Shape {
    switch content {
    case .constant(let tensor): tensor.shape
    case .recorded(let record): record.primal.shape
    }
  }
  /// The number of axes.
  package var rank: Int { shape.rank }
  /// The number of elements.
  package var count: Int { shape.count }
  /// The element type of the value.
  package var elementType: ElementType {
    switch content {
    case .constant(let tensor): tensor.elementType
    case .recorded(let record): record.primal.elementType
    }
  }

  /// Whether the two stand at one place of one tape.
  package func isSame(as other: Variable) -> Bool {
    guard let live, let its = other.live else { return false }
    return live.tape === its.tape && live.index == its.index
  }

  /// Whether no open tape watches the value.
  package var isConstant: Bool { live == nil }

  /// Whether an open tape will be swept back to the value; one that only watches asks nothing.
  package var isDifferentiated: Bool {
    var candidate = live
    while let found = candidate {
      if found.tape.isOpen, !found.tape.isOnlyWatching { return true }
      candidate = found.primal.record
    }
    return false
  }

  /// Whether operations on it wait, to be planned.
  var isDeferred: Bool { live?.tape.deferral != nil }

  /// Whether it is itself what a derivative is taken for, rather than computed from that.
  package var isWatched: Bool { live.map { $0.tape.isLeaf($0.index) } ?? false }

  /// Tells the innermost tape that will be swept back to the value that something constant between
  /// jumps was computed from it: a position, a count, a truth value. Those further out see the
  /// gradient, which may be constant without a cut.
  package func noteCut(_ name: String, reason: String) {
    var candidate = live
    while let found = candidate {
      if found.tape.isOpen, !found.tape.isOnlyWatching {
        return found.tape.noteCut(.init(name: name, reason: reason), at: found.index)
      }
      candidate = found.primal.record
    }
  }

  /// The same number, watched by no tape.
  package var detached: Variable { Variable(tensor) }

  /// The record on the innermost open tape. A variable that outlived its tape's sweep stands for
  /// what it was at the level outside.
  var live: Record? {
    var candidate = record
    while let found = candidate, !found.tape.isOpen { candidate = found.primal.record }
    return candidate
  }

  /// The value as the level outside `tape` sees it.
  func primal(outside tape: Tape) -> Variable {
    guard let live else { return Variable(tensor) }
    return live.tape === tape ? live.primal : self
  }
}

/// Where a variable stands on its tape.
///
/// `@unchecked Sendable`: as its tape, it belongs to the thread that made it.
final class Record: @unchecked Sendable {
  let tape: Tape
  let index: Int
  /// The variable at the level outside; on a tape that defers, a constant of its shape and type,
  /// which is its value unless that was to be computed later.
  let primal: Variable
  private let wasPending: Bool
  /// The value that was pending, once its tape has been swept.
  var settled: Tensor?

  init(tape: Tape, index: Int, primal: Variable, isPending: Bool = false) {
    self.tape = tape
    self.index = index
    self.primal = primal
    wasPending = isPending
  }

  /// To a pullback that runs without values, nothing has one: what a recording happens to know need
  /// not be what the next one knows.
  var isPending: Bool {
    wasPending || tape.deferral?.isSymbolic == true || primal.isPending
  }

  /// The value, computed now if it is not known. Where that fails it means nothing, and the tape
  /// tells at its next operation.
  var tensor: Tensor {
    if let settled { return settled }
    if let deferral = tape.deferral, wasPending || deferral.isSymbolic {
      return deferral.value(at: index) ?? primal.placeholder
    }
    return primal.tensor
  }
}
