import Tensors

/// An operation that has kernels of its own, forward and backward, for what is otherwise many
/// operations.
///
/// The kernels are for Float32. Other types, derivatives of derivatives, and whoever looks at the
/// single steps (a derivation, the search for a NaN) go by the definition.
package struct FusedOperation: Sendable {
  /// What the kernel gives: the result, and what the way back needs besides.
  package typealias Computed = (output: Tensor, kept: [Tensor])

  package let name: String
  /// The same by operations.
  package let definition: @Sendable ([Variable]) throws -> Variable
  package let kernel: @Sendable ([Tensor]) throws -> Computed
  /// The derivative's part of each operand, of the operands, what was computed, and the derivative of
  /// the output.
  package let back: @Sendable ([Tensor], Computed, Tensor) throws -> [Tensor]

  package init(
    _ name: String, definition: @escaping @Sendable ([Variable]) throws -> Variable,
    kernel: @escaping @Sendable ([Tensor]) throws -> Computed,
    back: @escaping @Sendable ([Tensor], Computed, Tensor) throws -> [Tensor]
  ) {
    self.name = name
    self.definition = definition
    self.kernel = kernel
    self.back = back
  }

  /// Whether these operands are for the kernels.
  package static func takes(_ inputs: [Variable]) -> Bool {
    inputs.allSatisfy { $0.elementType == .f32 && !$0.isLookedAt }
  }

  package func callAsFunction(_ inputs: Variable...) throws -> Variable { try self(inputs) }

  package func callAsFunction(_ inputs: [Variable]) throws -> Variable {
    guard Self.takes(inputs) else { return try definition(inputs) }
    let latest = Latest()
    let operation = Operation(
      OperationKind(name, axes: .fresh),
      forward: { inputs in
        let computed = try kernel(inputs)
        latest.computed = computed
        return computed.output
      },
      pullback: { try pullback($0, latest) })
    return try operation(inputs)
  }

  private func pullback(_ p: Pullback, _ latest: Latest) throws -> [Variable?] {
    if p.isWithoutValues { throw Deferral.NeedsValues() }
    guard p.isConstant else {
      let tape = Tape()
      let watched = p.inputs.map(tape.watch)
      let parts = try tape.sweep(from: definition(watched), seed: p.cotangent, to: watched)
      return zip(parts, p.isNeeded).map { $1 ? $0 : nil }
    }
    let inputs = p.inputs.map(\.tensor)
    let computed = try latest.of(p.output.tensor) ?? kernel(inputs)
    return zip(try back(inputs, computed, p.cotangent.tensor), p.isNeeded).map {
      $1 ? Variable($0) : nil
    }
  }

  /// What the latest application computed.
  ///
  /// `@unchecked Sendable`: as a tape, it belongs to the thread that made it.
  private final class Latest: @unchecked Sendable {
    var computed: Computed?

    /// It, where this is its output.
    func of(_ output: Tensor) -> Computed? {
      computed?.output.identity == output.identity ? computed : nil
    }
  }
}

extension Variable {
  /// Whether somebody looks at each operation that it goes through.
  fileprivate var isLookedAt: Bool {
    var candidate = record
    while let found = candidate {
      if found.tape.isOpen, found.tape.isLookedAt { return true }
      candidate = found.primal.record
    }
    return false
  }
}
