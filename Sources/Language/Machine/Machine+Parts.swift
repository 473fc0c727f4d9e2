import Syntax
import Tensors

/// Elements and fields: reading them, and changing them where they are.
extension Machine {
  /// Releases an intermediate value that has been looked at where it is.
  @inline(__always)
  func finish(_ bits: UInt32) {
    let place = slot(bases, bits)
    if !place.isTrivial, isTemporary(bits) { place.pointee = .none }
  }

  /// Whether an element lies in what a condition looks into.
  func contains(_ instruction: Instruction) throws -> Bool {
    try contains(instruction.a, in: instruction.b) ?? compare(.contains, instruction)
  }

  /// Whether a name is in a record, or a part in a string; nil, with nothing done, for all else.
  func contains(_ elementBits: UInt32, in containerBits: UInt32) -> Bool? {
    let (element, container) = (slot(bases, elementBits), slot(bases, containerBits))
    guard let name = element.borrowedText else { return nil }
    let isThere: Bool
    if let record = container.borrowedRecord {
      isThere = record._withUnsafeGuaranteedRef { record in
        name._withUnsafeGuaranteedRef { record.contains($0) }
      }
    } else if let text = container.borrowedText {
      isThere = text._withUnsafeGuaranteedRef { text in
        name._withUnsafeGuaranteedRef { text.contains($0) }
      }
    } else {
      return nil
    }
    finish(elementBits)
    finish(containerBits)
    return isThere
  }

  func indexOne(_ instruction: Instruction) throws {
    if let element = plainElement(instruction) {
      finish(instruction.b)
      finish(instruction.c)
      slot(bases, instruction.a).pointee = element
      return
    }
    let container = try read(instruction.b, operand: 0)
    let index = try read(instruction.c, operand: 1)
    do {
      slot(bases, instruction.a).pointee = try container.indexed(by: [.index(index)])
    } catch {
      // Of a vector the message tells the length.
      if case .tensor(let box) = container, box.content.rank == 1, case .number = index {
        throw error
      }
      throw OperandFailure(error: error, operands: [container, index])
    }
  }

  /// The element that a number within bounds or a known name leads to; nil in all other cases.
  @inline(__always)
  private func plainElement(_ instruction: Instruction) -> Value? {
    let container = slot(bases, instruction.b)
    let index = slot(bases, instruction.c)
    if let name = index.borrowedText {
      return container.borrowedRecord?._withUnsafeGuaranteedRef { record in
        name._withUnsafeGuaranteedRef { record[$0] }
      }
    }
    guard case .number(let number) = index.pointee, var place = Int(exactly: number) else {
      return nil
    }
    if let list = container.borrowedList {
      return list._withUnsafeGuaranteedRef { list in
        let count = list.count
        if place < 0 { place += count }
        return place >= 0 && place < count ? list[place] : nil
      }
    }
    if let text = container.borrowedText {
      return text._withUnsafeGuaranteedRef { text in
        let count = text.count
        if place < 0 { place += count }
        return place >= 0 && place < count ? text.character(at: place) : nil
      }
    }
    guard case .tensor(let box) = container.pointee, box.content.elementType != .bool else {
      return nil
    }
    return box.content.element(place).map { .number($0) }
  }

  func index(_ instruction: Instruction) throws {
    guard let code, code.tables.subscripts.indices.contains(Int(instruction.extra)) else { return }
    let pattern = code.tables.subscripts[Int(instruction.extra)]
    if let slice = plainSlice(pattern, instruction) ?? matrixElement(pattern, instruction) {
      slot(bases, instruction.a).pointee = slice
      return
    }
    let container = try read(instruction.b, operand: 0)
    var position = 0
    let subscripts = SubscriptValue.filling(
      pattern, from: slot(bases, instruction.c), &position)
    do {
      slot(bases, instruction.a).pointee = try container.indexed(by: subscripts)
    } catch {
      throw OperandFailure(error: error, operands: [container])
    }
  }

  /// The part of a string between two whole numbers, or the whole in steps; nil for all else.
  private func plainSlice(_ pattern: [SubscriptPattern], _ instruction: Instruction) -> Value? {
    guard pattern.count == 1, case .slice(let hasStart, let hasStop, let hasStep) = pattern[0],
      let text = slot(bases, instruction.b).borrowedText
    else { return nil }
    let operands = slot(bases, instruction.c)
    let count = text._withUnsafeGuaranteedRef(\.count)
    if hasStep {
      guard !hasStart, !hasStop, let step = operands[0].wholeNumber,
        let steps = try? SubscriptValue.steps(nil, nil, step, count)
      else { return nil }
      defer { finish(instruction.b) }
      return text._withUnsafeGuaranteedRef { $0.characters(at: steps) }
    }
    var ends = (first: 0, last: count)
    if hasStart {
      guard let start = operands[0].wholeNumber else { return nil }
      ends.first = min(max(start < 0 ? start &+ count : start, 0), count)
    }
    if hasStop {
      guard let stop = operands[hasStart ? 1 : 0].wholeNumber else { return nil }
      ends.last = min(max(stop < 0 ? stop &+ count : stop, 0), count)
    }
    let slice = text._withUnsafeGuaranteedRef { $0.part(ends.first..<max(ends.first, ends.last)) }
    finish(instruction.b)
    return slice
  }

  func field(_ instruction: Instruction) throws {
    guard let code else { return }
    let name = code.tables.names[Int(instruction.c)]
    if !isTemporary(instruction.b), case .record(let box) = slot(bases, instruction.b).pointee,
      let value = box[name]
    {
      slot(bases, instruction.a).pointee = value
      return
    }
    let object = try read(instruction.b, operand: 0)
    do {
      slot(bases, instruction.a).pointee = try object.field(name.content)
    } catch {
      throw OperandFailure(error: error, operands: [object])
    }
  }

  // MARK: Changing

  /// Changes an element of a variable.
  func storeElement(_ instruction: Instruction) throws {
    let operation = BinaryOperator(updateNumber: instruction.flags)
    let isAppended = instruction.flags == BinaryOperator.appendNumber
    if !isAppended, storePlainly(operation, instruction) { return }
    let value = try read(instruction.c, operand: 2)
    if isAppended, try appendPlainly(value, instruction) { return }
    let index = try read(instruction.b, operand: 3)
    var change: PartChange = operation.map { .update($0, value) } ?? .replace(value)
    if isAppended { change = .extend(.values(1), [value]) }
    try Self.change(
      &slot(bases, instruction.a).pointee, variableName(instruction.a), [.index([.index(index)])],
      change)
  }

  /// Appends to a list that is an element of a list or record; false, with nothing done, where one
  /// of the two is held elsewhere as well, and in all other cases.
  private func appendPlainly(_ value: Value, _ instruction: Instruction) throws -> Bool {
    let target = slot(bases, instruction.a)
    let index = slot(bases, instruction.b)
    var isDone = false
    if case .string(let name) = index.pointee, case .record = target.pointee,
      case .record(var box) = target.take()
    {
      defer { target.initialize(to: .record(box)) }
      if isKnownUniquelyReferenced(&box) { isDone = try box.append(value, toListUnder: name) }
    } else if case .number(let number) = index.pointee, let place = Int(exactly: number),
      case .list = target.pointee, case .list(var box) = target.take()
    {
      defer { target.initialize(to: .list(box)) }
      if isKnownUniquelyReferenced(&box) { isDone = try box.append(value, toListAt: place) }
    }
    if isDone { finish(instruction.b) }
    return isDone
  }

  /// The same for what needs no more than a look: a value put under a name or at a place within
  /// bounds of what is held by the variable alone, a number combined with the number there. False,
  /// with nothing done, in all other cases.
  @inline(__always)
  private func storePlainly(_ operation: BinaryOperator?, _ instruction: Instruction) -> Bool {
    let target = slot(bases, instruction.a)
    let index = slot(bases, instruction.b)
    let stored = slot(bases, instruction.c)
    // What is stored may be the variable itself, which is taken out below.
    if instruction.c == instruction.a { return false }
    if case .function = stored.pointee { return false }
    var isDone = false
    if let name = index.borrowedText, case .record = target.pointee,
      case .record(var box) = target.take()
    {
      if isKnownUniquelyReferenced(&box) {
        isDone = name._withUnsafeGuaranteedRef { box.store(stored.pointee, $0, operation) }
      }
      target.initialize(to: .record(box))
    } else if case .number(let number) = index.pointee, let place = Int(exactly: number),
      case .list = target.pointee, case .list(var box) = target.take()
    {
      if isKnownUniquelyReferenced(&box) { isDone = box.store(stored.pointee, place, operation) }
      target.initialize(to: .list(box))
    } else if case .number(let number) = index.pointee, let place = Int(exactly: number),
      case .number(let new) = stored.pointee, case .tensor = target.pointee,
      case .tensor(var box) = target.take()
    {
      if isKnownUniquelyReferenced(&box) { isDone = box.content.store(new, at: place, operation) }
      target.initialize(to: .tensor(box))
    }
    guard isDone else { return false }
    finish(instruction.b)
    finish(instruction.c)
    return true
  }

  /// Changes a part of a variable, which is taken out meanwhile so that nothing is copied.
  func storePath(_ instruction: Instruction) throws {
    if storeMatrixElement(instruction) { return }
    guard let code else { return }
    let pattern = code.tables.paths[Int(instruction.extra)]
    let operands = slot(bases, instruction.c)
    var position = 0
    var path: [Accessor] = []
    for step in pattern.steps {
      switch step {
      case .field(let name): path.append(.field(name))
      case .index(let subscripts):
        path.append(.index(SubscriptValue.filling(subscripts, from: operands, &position)))
      }
    }
    let value = (operands + pattern.operandCount).take()
    var change: PartChange = pattern.update.map { .update($0, value) } ?? .replace(value)
    if let literal = pattern.literal, case .list(let leaves) = value {
      change = .extend(literal, leaves.content)
    }
    if let cell = pattern.cell {
      let cell = cells[Int(frames[depth].firstCell) + cell]
      try Self.change(&cell.value, code.cellNames[pattern.cell ?? 0], path, change)
    } else {
      try Self.change(
        &slot(bases, instruction.a).pointee, variableName(instruction.a), path, change)
    }
  }

  private static func change(
    _ place: inout Value, _ name: @autoclosure () -> String, _ path: [Accessor],
    _ change: PartChange
  ) throws {
    if place.isUnset { throw UnsetVariable(name: name(), operand: 1) }
    do {
      try place.write(path[...], change)
    } catch {
      var operands = [place]
      if case .update(_, let value) = change { operands.append(value) }
      if case .replace(let value) = change { operands.append(value) }
      if case .extend(_, let leaves) = change { operands.append(.items(leaves)) }
      throw OperandFailure(error: error, operands: operands, first: 1)
    }
  }
}
