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
  /// The value; while it is pending, a tensor of its shape and type whose elements mean nothing.
  let placeholder: Tensor
  /// Whether the value is computed when it is asked for (see `Deferral`).
  let isPending: Bool
  let record: Record?

  /// The numeric value. One that is pending is computed now.
  package var tensor: Tensor {
    guard isPending, let record else { return placeholder }
    return record.value ?? placeholder
  }

  /// A constant.
  package init(_ tensor: Tensor) {
    placeholder = tensor
    isPending = false
    record = nil
  }

  /// A plain number: zero-dimensional Float64, which yields to the other operand's element type.
  package init(_ number: Double) throws {
    self.init(try Tensor.scalar(number, .f64))
  }

  init(_ primal: Variable, tape: Tape, index: Int) {
    placeholder = primal.placeholder
    isPending = primal.isPending
    record = Record(tape: tape, index: index, primal: primal)
  }

  /// What stands at a place of a tape that defers.
  init(_ placeholder: Tensor, isPending: Bool, record: Record) {
    self.placeholder = placeholder
    self.isPending = isPending
    self.record = record
  }

  /// The shape of the value.
  package var shape: Shape { placeholder.shape }
  /// The number of axes.
  package var rank: Int { placeholder.rank }
  /// The number of elements.
  package var count: Int { placeholder.count }
  /// The element type of the value.
  package var elementType: ElementType { placeholder.elementType }

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
  let primal: Variable
  /// The value that was pending, once its tape has been swept.
  var settled: Tensor?

  init(tape: Tape, index: Int, primal: Variable) {
    self.tape = tape
    self.index = index
    self.primal = primal
  }

  /// The value of a pending variable, computed now if it is not known; nil where that failed, which
  /// the tape tells at its next operation.
  var value: Tensor? {
    if let settled { return settled }
    if let deferral = tape.deferral { return deferral.value(at: index) }
    return primal.isPending ? primal.tensor : nil
  }
}
