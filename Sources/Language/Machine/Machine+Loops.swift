import Syntax
import Tensors

/// A walk over a sequence uses five registers: the sequence (none for a range of numbers), the
/// next position, how many there are, and for a range its first number and step. Of a range that
/// counts in ones the next number and the one after the last stand in their places, and a truth
/// value in that of the sequence.
extension Machine {
  func prepareLoop(_ instruction: Instruction) throws {
    let value = try read(instruction.b, operand: 0)
    let state = slot(bases, instruction.c)
    guard let count = value.elementCount else {
      throw OperandFailure(
        error: RuntimeError.notIterable(kind: value.kindName), operands: [value])
    }
    state[1] = .number(0)
    state[2] = .number(Double(count))
    if case .range(let box) = value {
      // A range may have no end.
      let exactCount = box.content.exactCount
      let lower = box.content.lower
      if box.content.step == 1, lower.rounded() == lower, lower.magnitude + exactCount < 0x1p53,
        code?.isObserved == false
      {
        state[0] = .bool(true)
        state[1] = .number(lower)
        state[2] = .number(lower + exactCount)
        return
      }
      state[2] = .number(exactCount)
      state[0] = .none
      state[3] = .number(lower)
      state[4] = .number(box.content.step)
    } else {
      state[0] = value
    }
  }

  /// Puts the next element into the variable; false at the end.
  @inline(__always)
  func nextElement(_ instruction: Instruction) throws -> Bool {
    let state = slot(bases, instruction.b)
    guard case .number(let position) = state[1], case .number(let count) = state[2],
      position < count
    else { return false }
    // SAFETY: the register holds a number, which needs no release.
    (state + 1).initialize(to: .number(position + 1))
    let target = slot(bases, instruction.a)
    if case .bool = state[0] {
      target.put(position)
    } else if let list = state.borrowedList {
      target.pointee = list._withUnsafeGuaranteedRef { $0[Int(position)] }
    } else if let text = state.borrowedText {
      text._withUnsafeGuaranteedRef { text in
        if let code = text.asciiCharacter(at: Int(position)) {
          target.put(ascii: code)
        } else {
          target.pointee = text.character(at: Int(position))
        }
      }
    } else {
      target.pointee = try Self.element(at: position, of: state)
    }
    return true
  }

  /// The element at a position of a walk.
  private static func element(
    at position: Double, of state: UnsafeMutablePointer<Value>
  ) throws -> Value {
    if let list = state.borrowedList {
      return list._withUnsafeGuaranteedRef { $0[Int(position)] }
    }
    return switch (state[0], state[3], state[4]) {
    case (.bool, _, _): .number(position)
    case (.none, .number(let lower), .number(let step)): .number(lower + position * step)
    default: try state[0].walkingElement(Int(position))
    }
  }

  /// Takes the next element apart into as many registers as the loop has names: a list of so many
  /// values, or a record's name and value; false at the end.
  func nextParts(_ instruction: Instruction, names: UInt32) throws -> Bool {
    let state = slot(bases, instruction.b)
    guard case .number(let position) = state[1], case .number(let count) = state[2],
      position < count
    else { return false }
    state[1] = .number(position + 1)
    let target = slot(bases, instruction.a)
    if case .record(let box) = state[0], instruction.extra == 2 {
      target[0] = .string(box.content.keys[Int(position)])
      target[1] = box.content.values[Int(position)]
      return true
    }
    let element = try Self.element(at: position, of: state)
    guard case .list(let box) = element, box.count == Int(instruction.extra) else {
      let words = code?.tables.loopWords[Int(names)] ?? []
      throw RuntimeError.notTakenApart(
        element: element.kindPhrase, names: Array(words.dropLast()), sequence: words.last ?? "")
    }
    for offset in 0..<Int(instruction.extra) { target[offset] = box[offset] }
    return true
  }
}

extension Value {
  /// How many elements a loop runs over; nil where it cannot.
  package var elementCount: Int? {
    switch self {
    case .list(let box): box.count
    case .range(let box): box.content.count
    case .tensor(let box): box.content.shape.dimensions.first
    case .traced(let box): box.content.shape.dimensions.first
    case .string(let box): box.count
    case .record(let box): box.content.count
    case .split(let box): box.content.count
    case .table(let box): box.content.count
    case .network(let box): box.content.network.layers.count
    default: nil
    }
  }

  /// The element at a position below `elementCount`.
  package func element(_ position: Int) throws -> Value {
    switch self {
    case .record(let box): box.content.values[position]
    case .string(let box): box.character(at: position)
    default: try indexed(by: [.index(.number(Double(position)))])
    }
  }

  /// The element of a walk; of a record, the name.
  package func walkingElement(_ position: Int) throws -> Value {
    switch self {
    case .list(let box): box[position]
    case .string(let box): box.character(at: position)
    case .record(let box): .string(box.content.keys[position])
    default: try indexed(by: [.index(.number(Double(position)))])
    }
  }
}
