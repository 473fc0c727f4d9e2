import Syntax

/// What two strings take no other step for.
extension Machine {
  /// A comparison of two strings that decides a jump; nil for other values.
  func compareTexts(_ operation: BinaryOperator, _ instruction: Instruction) -> Bool? {
    let (first, second) = (slot(bases, instruction.a), slot(bases, instruction.b))
    let answer: Bool?
    let (a, b) = (Self.code(first), Self.code(second))
    if a >= 0, b >= 0 {
      answer = Self.answer(operation, a, b)
    } else {
      guard case .string(let left) = first.pointee, case .string(let right) = second.pointee else {
        return nil
      }
      answer = Self.answer(operation, left, right)
    }
    guard let answer else { return nil }
    finish(instruction.a)
    finish(instruction.b)
    return answer
  }

  /// The number of a string of one ASCII character, without taking hold of it; otherwise below 0.
  @inline(__always)
  private static func code(_ place: UnsafeMutablePointer<Value>) -> Int16 {
    if case .string(let box) = place.pointee { box.code } else { -1 }
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
    try box.append(more.content)
    finish(instruction.c)
    return true
  }
}
