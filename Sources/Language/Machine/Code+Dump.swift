import Syntax

extension Code {
  /// The instructions as text, one a line, with the functions inside below: for tests and for
  /// those who want to see what their code becomes.
  var dump: String {
    var lines = [
      "\(name ?? (isFunction ? "function" : "statement")): \(registerNames.count) "
        + "variables, \(header.pointee.registerCount) registers"
    ]
    for (position, instruction) in instructions.enumerated() {
      lines.append("  \(position) " + text(instruction, at: position))
    }
    for template in tables.functions + tables.gradients.map(\.loss) {
      lines.append(template.code.dump)
    }
    return lines.joined(separator: "\n")
  }

  private func text(_ instruction: Instruction, at position: Int) -> String {
    let name = "\(instruction.opcode)"
    let target = "→ \(position + 1 + instruction.distance)"
    let a = text(instruction.a)
    let b = text(instruction.b)
    let c = text(instruction.c)
    switch instruction.opcode {
    case .jump, .loop: return "\(name) \(target)"
    case .jumpIf, .jumpDecided: return "\(name) \(b) is \(instruction.flags != 0) \(target)"
    case .fused: return "\(name) \(instruction.extra) of \(a) \(b) … \(target)"
    case .jumpIfSet: return "\(name) \(b) \(target)"
    case .jumpEqual, .jumpNotEqual, .jumpLess, .jumpLessOrEqual, .jumpGreater,
      .jumpGreaterOrEqual, .jumpContains:
      return "\(name) \(a) \(b) is \(instruction.flags != 0) \(target)"
    case .add, .subtract, .multiply, .divide, .remainder, .matmul, .power, .equal, .notEqual,
      .less, .lessOrEqual, .greater, .greaterOrEqual, .contains, .logical, .indexOne:
      return "\(a) ← \(name) \(b) \(c)"
    case .move, .negate, .not, .plus, .transpose: return "\(a) ← \(name) \(b)"
    case .call, .callNamed, .pipe, .pipeCall:
      return "\(a) ← \(name) \(b) (\(instruction.extra) from \(c))"
    case .extend: return "\(a) ← \(name) \(b)"
    case .storeElement: return "\(a)[\(b)] ← \(name) \(instruction.flags) \(c)"
    case .leave, .echo, .unset, .clear: return "\(name) \(a)"
    case .field: return "\(a) ← \(b).\(tables.names[Int(instruction.c)].content)"
    case .loadCell, .loadCapture: return "\(a) ← \(name) \(instruction.b)"
    case .storeCell: return "cell \(instruction.a) ← \(b)"
    case .forPrepare: return "\(name) \(b) in \(c)"
    case .forNext, .forAgain, .forNextParts: return "\(a) ← \(name) \(b) \(target)"
    case .bracket: return "\(a) ← \(name) \(instruction.b) from \(c)"
    case .closure, .gradient, .record, .interpolate:
      return "\(a) ← \(name) \(instruction.b)"
    default: return "\(name) \(a) \(b) \(c)"
    }
  }

  private func text(_ bits: UInt32) -> String {
    let operand = Operand(bits: bits)
    switch operand.base {
    case .frame:
      return registerNames.indices.contains(operand.index)
        ? registerNames[operand.index] : "r\(operand.index)"
    case .global: return "g\(operand.index)"
    case .constant:
      guard constants.indices.contains(operand.index) else { return "k\(operand.index)" }
      if case .number(let number) = constants[operand.index] {
        return Int(exactly: number).map { "\($0)" } ?? "\(number)"
      }
      return "k\(operand.index)"
    }
  }
}
