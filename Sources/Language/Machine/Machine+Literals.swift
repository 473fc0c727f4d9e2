import Syntax
import Tensors

/// Literals: brackets, records, ranges, interpolated strings.
extension Machine {
  /// The values of registers in a row, taken.
  private func row(_ first: UInt32, _ count: Int) -> [Value] {
    let start = slot(bases, first)
    return (0..<count).map { (start + $0).take() }
  }

  /// - Parameter context: the operand of the next instruction, where the flags ask for it.
  func bracket(_ instruction: Instruction, context: UInt32) throws {
    let flags = LiteralFlags(rawValue: instruction.flags)
    let keepsValues = flags.contains(.keepsValues)
    let place = slot(bases, instruction.c)
    var leaves: [Value] = []
    if !flags.contains(.collected) {
      leaves = (0..<Int(instruction.b)).map { keepsValues ? place[$0] : (place + $0).take() }
    } else if case .list(let box) = keepsValues ? place.pointee : place.take() {
      leaves = box.content
    }
    var pattern = LiteralPattern.values(leaves.count)
    if instruction.extra > 0, let code {
      pattern = code.tables.literals[Int(instruction.extra) - 1]
    }
    let value: Value
    if flags.contains(.isList) {
      value = .items(leaves)
    } else if flags.contains(.isBeside), case .list = slot(bases, context).pointee {
      value = .items(try Value.literalElements(pattern, leaves))
    } else {
      let isWide =
        flags.contains(.isArgument) && Self.keepsDigits(slot(bases, context).pointee)
      value = try Value.literal(pattern, leaves, elementType: isWide ? .f64 : nil)
    }
    slot(bases, instruction.a).pointee = value
  }

  /// Whether a function is one of the builtins that make Float64 of a literal in their call.
  private static func keepsDigits(_ callee: Value) -> Bool {
    guard case .function(let function) = callee, let builtin = function.builtin else {
      return false
    }
    return ["f64", "tensor"].contains(builtin.declaration.name)
  }

  /// `x = x + [e]`: in place where x is a list that nobody else refers to.
  func extend(_ instruction: Instruction, at pc: UnsafePointer<Instruction>) throws {
    frames[depth].pc = pc
    let element = try read(instruction.b, operand: 1)
    let target = slot(bases, instruction.a)
    if try target.pointee.append(element: element) { return }
    var left = try read(instruction.a, operand: 0)
    var right = Value.items([element])
    target.pointee = .none
    do {
      if case .list = left {} else { right = try Value.literal(.values(1), [element]) }
      target.pointee = try Value.binary(.add, &left, &right)
    } catch {
      target.pointee = left
      throw OperandFailure(error: error, operands: [left, right])
    }
  }

  func append(_ instruction: Instruction) throws {
    let elements = row(instruction.c, Int(instruction.b))
    let list = slot(bases, instruction.a)
    guard case .list(var box) = list.take() else { return }
    defer { list.pointee = .list(box) }
    if !isKnownUniquelyReferenced(&box) { box = ListBox(box.content) }
    try box.content.requireGrowth(by: elements.count)
    box.content += elements
  }

  func record(_ instruction: Instruction) {
    guard let keys = code?.tables.recordKeys[Int(instruction.b)] else { return }
    let start = slot(bases, instruction.c)
    var record = Record()
    for (place, key) in keys.enumerated() { record[key] = (start + place).take() }
    slot(bases, instruction.a).pointee = .record(RecordBox(record))
  }

  func range(_ instruction: Instruction) throws {
    let hasStep = instruction.flags & 2 != 0
    let values = row(instruction.c, hasStep ? 3 : 2)
    slot(bases, instruction.a).pointee = try Value.range(
      values[0], values[1], by: hasStep ? values[2] : nil,
      isInclusive: instruction.flags & 1 != 0)
  }

  func interpolate(_ instruction: Instruction) throws {
    guard let parts = code?.tables.interpolations[Int(instruction.b)] else { return }
    var value = slot(bases, instruction.c)
    var text = ""
    for part in parts {
      switch part {
      case .text(let piece): try text.appendGuarded(piece)
      case .value(let format):
        let piece = value.take()
        value += 1
        let shown = try format.map { try piece.formatted($0) } ?? piece.printed
        DifferentiatedText.note(shown, of: piece)
        try text.appendGuarded(shown)
      }
    }
    slot(bases, instruction.a).pointee = .text(text)
  }
}
