import Syntax

/// `and` and `or` as values.
extension Machine {
  /// Whether the left side alone decides; it must be a truth value or a mask.
  func isDecided(_ instruction: Instruction) throws -> Bool {
    let isOr = instruction.flags != 0
    let left = slot(bases, instruction.b).pointee
    if case .bool(let value) = left { return value == isOr }
    guard left.isMask else {
      throw OperandFailure(
        error: RuntimeError.logicalOperand(operation: isOr ? "or" : "and", got: left.kindPhrase),
        operands: [left])
    }
    return false
  }

  /// Both sides, where the left one has not decided.
  func logical(_ instruction: Instruction) throws {
    let left = try read(instruction.b, operand: 0)
    let right = try read(instruction.c, operand: 1)
    do {
      slot(bases, instruction.a).pointee = try Value.logical(
        instruction.flags != 0 ? .or : .and, left, right)
    } catch {
      throw OperandFailure(error: error, operands: [left, right])
    }
  }
}
