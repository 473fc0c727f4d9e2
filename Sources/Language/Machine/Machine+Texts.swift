import Syntax

/// What two strings take no other step for.
extension Machine {
  /// A comparison of two strings; nil, with nothing done, for all else.
  func compareTexts(_ operation: BinaryOperator, _ a: UInt32, _ b: UInt32) -> Bool? {
    let (first, second) = (slot(bases, a), slot(bases, b))
    guard let left = first.borrowedText, let right = second.borrowedText else { return nil }
    let answer = left._withUnsafeGuaranteedRef { left in
      right._withUnsafeGuaranteedRef { right in
        left.code >= 0 && right.code >= 0
          ? Self.answer(operation, left.code, right.code) : Self.answer(operation, left, right)
      }
    }
    guard let answer else { return nil }
    finish(a)
    finish(b)
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

  /// What an operator gives for two strings; nil, with nothing done, for all else.
  func textResult(_ operation: BinaryOperator, _ instruction: Instruction) throws -> Value? {
    if operation == .contains {
      return contains(instruction.b, in: instruction.c).map { .bool($0) }
    }
    guard let left = slot(bases, instruction.b).borrowedText,
      let right = slot(bases, instruction.c).borrowedText
    else { return nil }
    if let answer = compareTexts(operation, instruction.b, instruction.c) { return .bool(answer) }
    // A longer text may have room for more, and much more may not fit into memory.
    guard operation == .add, left._withUnsafeGuaranteedRef(\.byteCount) < 256,
      right._withUnsafeGuaranteedRef(\.byteCount) < 1 << 16
    else { return nil }
    let joined = try left._withUnsafeGuaranteedRef { left in
      try right._withUnsafeGuaranteedRef { try left.appending($0) }
    }
    finish(instruction.b)
    finish(instruction.c)
    return .string(joined)
  }

  /// `s = s + t` of two strings, in place where nobody else refers to s; false, with nothing done,
  /// in all other cases.
  func appendText(_ instruction: Instruction) throws -> Bool {
    guard instruction.a == instruction.b else { return false }
    let target = slot(bases, instruction.a)
    guard case .string = target.pointee, instruction.c != instruction.a,
      let more = slot(bases, instruction.c).borrowedText, case .string(var box) = target.take()
    else { return false }
    defer { target.initialize(to: .string(box)) }
    guard isKnownUniquelyReferenced(&box) else { return false }
    try more._withUnsafeGuaranteedRef { try box.append($0) }
    finish(instruction.c)
    return true
  }
}
