import Syntax

/// What two strings take no other step for.
extension Machine {
  /// A comparison of two strings that decides a jump; nil for other values.
  func compareTexts(_ operation: BinaryOperator, _ instruction: Instruction) -> Bool? {
    guard case .string(let left) = slot(bases, instruction.a).pointee,
      case .string(let right) = slot(bases, instruction.b).pointee
    else { return nil }
    let answer: Bool
    switch operation {
    case .equal: answer = left == right
    case .notEqual: answer = left != right
    case .less: answer = left < right
    case .lessOrEqual: answer = left <= right
    case .greater: answer = left > right
    case .greaterOrEqual: answer = left >= right
    default: return nil
    }
    finish(instruction.a)
    finish(instruction.b)
    return answer
  }

  /// `s = s + t` of two strings, in place where nobody else refers to s; false, with nothing done,
  /// in all other cases.
  func appendText(_ instruction: Instruction) throws -> Bool {
    guard instruction.a == instruction.b else { return false }
    let target = slot(bases, instruction.a)
    guard case .string = target.pointee,
      case .string(let more) = slot(bases, instruction.c).pointee,
      case .string(var box) = target.take()
    else { return false }
    defer { target.initialize(to: .string(box)) }
    guard isKnownUniquelyReferenced(&box) else { return false }
    try box.append(more.content)
    finish(instruction.c)
    return true
  }
}
