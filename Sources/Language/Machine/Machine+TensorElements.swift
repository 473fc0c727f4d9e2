import Syntax
import Tensors

/// Numbers at whole places of tensors, read and written where they are.
extension Machine {
  /// The element of a matrix at two whole numbers; nil for all else.
  func matrixElement(_ pattern: [SubscriptPattern], _ instruction: Instruction) -> Value? {
    guard pattern.count == 2, pattern[0] == .index, pattern[1] == .index,
      case .tensor(let box) = slot(bases, instruction.b).pointee, box.content.elementType != .bool
    else { return nil }
    let operands = slot(bases, instruction.c)
    guard let row = operands[0].wholeNumber, let column = operands[1].wholeNumber,
      let element = box.content.element(row, column)
    else { return nil }
    finish(instruction.b)
    return .number(element)
  }

  /// `m[i, j] = e` and `m[i, j] += e` of numbers, where the variable alone holds the matrix; false,
  /// with nothing done, in all other cases.
  func storeMatrixElement(_ instruction: Instruction) -> Bool {
    let target = slot(bases, instruction.a)
    let operands = slot(bases, instruction.c)
    guard instruction.flags > 0, case .tensor = target.pointee,
      let row = operands[0].wholeNumber, let column = operands[1].wholeNumber,
      case .number(let number) = operands[2], case .tensor(var box) = target.take()
    else { return false }
    defer { target.initialize(to: .tensor(box)) }
    guard isKnownUniquelyReferenced(&box) else { return false }
    guard let operation = BinaryOperator(updateNumber: instruction.flags - 1) else {
      return box.content.store(number, at: row, column)
    }
    guard let before = box.content.element(row, column),
      case .number(let combined)? = Value.number(before).combined(operation, with: .number(number))
    else { return false }
    return box.content.store(combined, at: row, column)
  }
}

extension Tensor {
  /// Puts a number at a place of a vector, or combines the number there with it; false, with nothing
  /// done, where that is not all there is to do.
  @inline(__always)
  mutating func store(_ number: Double, at place: Int, _ operation: BinaryOperator?) -> Bool {
    guard let operation else { return store(number, at: place) }
    guard let before = element(place),
      case .number(let combined)? = Value.number(before).combined(operation, with: .number(number))
    else { return false }
    return store(combined, at: place)
  }
}

extension PathPattern {
  /// Of an element of a matrix in a variable, one more than the number of its operator; otherwise 0.
  var elementFlags: UInt8 {
    guard cell == nil, literal == nil, steps.count == 1, case .index(let subscripts)? = steps.first,
      subscripts == [.index, .index]
    else { return 0 }
    return 1 + (update?.updateNumber ?? 0)
  }
}

extension Value {
  /// The whole number that this is.
  var wholeNumber: Int? {
    if case .number(let number) = self { return Int(exactly: number) }
    return nil
  }
}
