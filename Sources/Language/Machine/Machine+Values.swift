import Syntax
import Tensors

/// The steps on values that are no plain numbers.
extension Machine {
  /// The code that runs.
  var code: Code? { frames[depth].code?.takeUnretainedValue() }

  /// The operands of intermediate registers are used once and may be taken.
  @inline(__always)
  func isTemporary(_ bits: UInt32) -> Bool {
    bits >> 30 == Operand.Base.frame.rawValue && bits >= frames[depth].localCount
  }

  /// The value of an operand: an intermediate one is taken, a variable's is copied.
  ///
  /// - Parameter operand: which operand of the site it is, for the error that it has no value.
  func read(_ bits: UInt32, operand: Int) throws -> Value {
    let place = slot(bases, bits)
    if isTemporary(bits) { return place.take() }
    let value = place.pointee
    if value.isUnset { throw UnsetVariable(name: variableName(bits), operand: operand) }
    return value
  }

  /// What the variable of an operand is called.
  func variableName(_ bits: UInt32) -> String {
    let operand = Operand(bits: bits)
    switch operand.base {
    case .global:
      return globals.slotNames.indices.contains(operand.index)
        ? Scope.written(globals.slotNames[operand.index]) : "?"
    case .frame:
      guard let names = code?.registerNames, names.indices.contains(operand.index) else {
        return "?"
      }
      return names[operand.index]
    case .constant: return "?"
    }
  }

  func move(_ instruction: Instruction) throws {
    let source = slot(bases, instruction.b)
    if isTemporary(instruction.b), instruction.flags == 0 {
      slot(bases, instruction.a).pointee = source.take()
      return
    }
    let value = source.pointee
    if value.isUnset { throw UnsetVariable(name: variableName(instruction.b), operand: 0) }
    slot(bases, instruction.a).pointee = value
  }

  /// An operator on other than two numbers.
  ///
  /// Where the result replaces an operand, as in `v = v + w`, that operand is taken out of its
  /// variable, so that memory which is the variable's alone is used again.
  func binary(
    _ operation: BinaryOperator, _ instruction: Instruction, at pc: UnsafePointer<Instruction>
  ) throws {
    // Whoever watches the operations asks where they stand.
    frames[depth].pc = pc
    if operation == .add, try appendText(instruction) { return }
    let (first, second) = (instruction.b, instruction.c)
    let target = slot(bases, instruction.a)
    if let result = try textResult(operation, instruction) {
      target.pointee = result
      return
    }
    var left = try read(first, operand: 0)
    var right = try read(second, operand: 1)
    let replacesLeft = first == instruction.a && !isTemporary(first)
    let replacesRight = second == instruction.a && !isTemporary(second)
    if replacesLeft || replacesRight { target.pointee = .none }
    do {
      target.pointee = try Value.binary(operation, &left, &right)
    } catch {
      if replacesLeft { target.pointee = left } else if replacesRight { target.pointee = right }
      throw OperandFailure(error: error, operands: [left, right])
    }
  }

  func unary(_ instruction: Instruction, at pc: UnsafePointer<Instruction>) throws {
    frames[depth].pc = pc
    let value = try read(instruction.b, operand: 0)
    let result: Value
    do {
      switch instruction.opcode {
      case .negate: result = try value.negative()
      case .not: result = try value.negated()
      case .transpose: result = try value.transposed()
      default: result = try value.negative().negative()
      }
    } catch {
      throw OperandFailure(error: error, operands: [value])
    }
    slot(bases, instruction.a).pointee = result
  }

  /// A condition that is no plain truth value.
  func condition(_ instruction: Instruction) throws -> Bool {
    let value = try read(instruction.b, operand: 0)
    do { return try value.truth() } catch {
      throw OperandFailure(error: error, operands: [value])
    }
  }

  /// A comparison that decides a jump.
  func compare(_ operation: BinaryOperator, _ instruction: Instruction) throws -> Bool {
    if let answer = compareTexts(operation, instruction.a, instruction.b) { return answer }
    var left = try read(instruction.a, operand: 0)
    var right = try read(instruction.b, operand: 1)
    do {
      return try Value.binary(operation, &left, &right).truth()
    } catch {
      throw OperandFailure(error: error, operands: [left, right])
    }
  }

  /// Whether a variable has a value; with `flags`, one that the user gave it.
  func isSet(_ instruction: Instruction) -> Bool {
    if instruction.flags != 0 { return globals.isUserDefined(Operand(bits: instruction.b).index) }
    return !slot(bases, instruction.b).pointee.isUnset
  }

  // MARK: Variables

  func loadCell(_ instruction: Instruction) throws {
    let cell = cells[Int(frames[depth].firstCell) + Int(instruction.b)]
    if cell.value.isUnset {
      throw UnsetVariable(name: code?.cellNames[Int(instruction.b)] ?? "?", operand: 0)
    }
    slot(bases, instruction.a).pointee = cell.value
  }

  func storeCell(_ instruction: Instruction) {
    let source = slot(bases, instruction.b)
    let cell = cells[Int(frames[depth].firstCell) + Int(instruction.a)]
    cell.value = instruction.flags == 0 ? source.take() : source.pointee
  }

  func loadCapture(_ instruction: Instruction) throws {
    guard let function = frames[depth].function else { return }
    let value = function._withUnsafeGuaranteedRef { $0.captures[Int(instruction.b)].value }
    if value.isUnset {
      throw UnsetVariable(name: code?.captureNames[Int(instruction.b)] ?? "?", operand: 0)
    }
    slot(bases, instruction.a).pointee = value
  }

  /// A cell that the running function captured.
  func capture(_ index: Int) -> Cell? {
    frames[depth].function?.takeUnretainedValue().captures[index]
  }

  func closure(_ instruction: Instruction) {
    guard let template = code?.tables.functions[Int(instruction.b)] else { return }
    slot(bases, instruction.a).pointee = .function(function(template))
  }

  /// A function of the template with this frame's variables.
  func function(_ template: FunctionTemplate) -> Function {
    let captures = template.captures.compactMap { source -> Cell? in
      switch source {
      case .cell(let index): cells[Int(frames[depth].firstCell) + index]
      case .capture(let index): capture(index)
      }
    }
    return Function(template.code, captures: captures)
  }

  func unpack(_ instruction: Instruction) throws {
    let value = try read(instruction.b, operand: 0)
    let count = Int(instruction.extra)
    guard let length = value.elementCount else {
      throw OperandFailure(
        error: RuntimeError.other("\(value.kindPhrase) cannot be taken apart", hint: nil),
        operands: [value])
    }
    guard length == count else {
      throw OperandFailure(
        error: RuntimeError.other(
          "\(length) value\(length == 1 ? "" : "s") for \(count) variables", hint: nil),
        operands: [value])
    }
    let first = slot(bases, instruction.c)
    for position in 0..<count { first[position] = try value.element(position) }
  }

  func failure(_ instruction: Instruction) -> any Error {
    guard let errors = code?.tables.errors, errors.indices.contains(Int(instruction.b)) else {
      return RuntimeError.other("this cannot be done", hint: nil)
    }
    return errors[Int(instruction.b)]
  }
}
