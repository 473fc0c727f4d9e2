import Syntax
import Tensors

/// A walk over a sequence uses five registers: the sequence (none for a range of numbers), the
/// next position, how many there are, and for a range its first number and step.
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
      state[2] = .number(box.content.exactCount)
      state[0] = .none
      state[3] = .number(box.content.lower)
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
    if case .none = state[0], case .number(let lower) = state[3], case .number(let step) = state[4]
    {
      slot(bases, instruction.a).put(lower + position * step)
      return true
    }
    slot(bases, instruction.a).pointee = try state[0].walkingElement(Int(position))
    return true
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
      target[0] = .text(box.content.names[Int(position)])
      target[1] = box.content.values[Int(position)]
      return true
    }
    let element: Value
    if case .none = state[0], case .number(let lower) = state[3], case .number(let step) = state[4]
    {
      element = .number(lower + position * step)
    } else {
      element = try state[0].walkingElement(Int(position))
    }
    guard case .list(let box) = element, box.content.count == Int(instruction.extra) else {
      let words = code?.tables.fieldNames[Int(names)] ?? []
      throw RuntimeError.notTakenApart(
        element: element.kindPhrase, names: Array(words.dropLast()), sequence: words.last ?? "")
    }
    for (offset, part) in box.content.enumerated() { target[offset] = part }
    return true
  }
}

extension Value {
  /// How many elements a loop runs over; nil where it cannot.
  package var elementCount: Int? {
    switch self {
    case .list(let box): box.content.count
    case .range(let box): box.content.count
    case .tensor(let box): box.content.shape.dimensions.first
    case .traced(let box): box.content.shape.dimensions.first
    case .string(let box): box.count
    case .record(let box): box.content.names.count
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
    case .list(let box): box.content[position]
    case .string(let box): box.character(at: position)
    case .record(let box): .text(box.content.names[position])
    default: try indexed(by: [.index(.number(Double(position)))])
    }
  }
}
