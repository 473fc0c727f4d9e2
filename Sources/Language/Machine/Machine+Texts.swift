import Syntax

/// What two strings take no other step for.
extension Machine {
  /// A comparison of two strings that decides a jump; nil for other values.
  func compareTexts(_ operation: BinaryOperator, _ instruction: Instruction) -> Bool? {
    let (first, second) = (slot(bases, instruction.a), slot(bases, instruction.b))
    guard let left = first.borrowedText, let right = second.borrowedText else { return nil }
    let answer = left._withUnsafeGuaranteedRef { left in
      right._withUnsafeGuaranteedRef { right in
        left.code >= 0 && right.code >= 0
          ? Self.answer(operation, left.code, right.code) : Self.answer(operation, left, right)
      }
    }
    guard let answer else { return nil }
    finish(instruction.a)
    finish(instruction.b)
    return answer
  }

  @inline(__always)
  private static func answer<Text: Comparable>(
    _ operation: BinaryOperator, _ left: Text, _ right: Text
  ) -> Bool? {
    switch operation {
    case .equal: left == right
    case .notEqual: left != right
    case .less: left < right
    case .lessOrEqual: left <= right
    case .greater: left > right
    case .greaterOrEqual: left >= right
    default: nil
    }
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
    try box.append(more)
    finish(instruction.c)
    return true
  }
}
