import Syntax
import Tensors

/// The value that an operand names.
///
/// SAFETY: the compiler gives only registers of the running frame, existing globals and existing
/// constants; `bases` holds where each begins.
@inline(__always)
func slot(
  _ bases: UnsafeMutablePointer<UnsafeMutablePointer<Value>>, _ bits: UInt32
) -> UnsafeMutablePointer<Value> {
  bases[Int(truncatingIfNeeded: bits >> 30)] + Int(truncatingIfNeeded: bits & 0x3fff_ffff)
}

extension UnsafeMutablePointer where Pointee == Value {
  /// Whether what is here can be overwritten without being released.
  @inline(__always)
  var isTrivial: Bool {
    switch pointee {
    case .number, .bool, .none: true
    default: false
    }
  }

  /// Stores a number, releasing what was here.
  @inline(__always)
  func put(_ number: Double) {
    // SAFETY: the slot is initialized; a trivial value needs no deinitialization.
    if isTrivial { initialize(to: .number(number)) } else { pointee = .number(number) }
  }

  /// Stores a truth value, releasing what was here.
  @inline(__always)
  func put(_ truth: Bool) {
    // SAFETY: as in `put(_: Double)`.
    if isTrivial { initialize(to: .bool(truth)) } else { pointee = .bool(truth) }
  }

  /// Stores the string of one ASCII character, releasing what was here.
  @inline(__always)
  func put(ascii code: Int) {
    // What is never counted need not be released.
    let isCharacter = borrowedText?._withUnsafeGuaranteedRef { $0.code >= 0 } ?? false
    if !isTrivial, !isCharacter { pointee = .none }
    TextBox.initialize(self, toASCII: code)
  }

  /// Takes out what is here, leaving `none`.
  @inline(__always)
  func take() -> Value {
    // SAFETY: the slot is initialized, and again after the move.
    let value = move()
    initialize(to: .none)
    return value
  }
}

extension Machine {
  /// Runs from `start` until the frame above `entryDepth` has been left.
  ///
  /// The one long function of the machine: a case a step, number paths here, everything else in a
  /// call.
  func dispatch(from start: UnsafePointer<Instruction>, until entryDepth: Int) throws {
    let bases = self.bases
    let frames = self.frames
    var pc = start
    do {
      while true {
        let instruction = pc.pointee
        pc += 1
        switch instruction.opcode {
        case .move:
          if case .number(let number) = slot(bases, instruction.b).pointee {
            slot(bases, instruction.a).put(number)
          } else {
            try move(instruction)
          }

        // Arithmetic
        case .add:
          if case .number(let x) = slot(bases, instruction.b).pointee,
            case .number(let y) = slot(bases, instruction.c).pointee
          {
            slot(bases, instruction.a).put(x + y)
          } else {
            try binary(.add, instruction, at: pc)
          }
        case .subtract:
          if case .number(let x) = slot(bases, instruction.b).pointee,
            case .number(let y) = slot(bases, instruction.c).pointee
          {
            slot(bases, instruction.a).put(x - y)
          } else {
            try binary(.subtract, instruction, at: pc)
          }
        case .multiply:
          if case .number(let x) = slot(bases, instruction.b).pointee,
            case .number(let y) = slot(bases, instruction.c).pointee
          {
            slot(bases, instruction.a).put(x * y)
          } else {
            try binary(.multiply, instruction, at: pc)
          }
        case .divide:
          if case .number(let x) = slot(bases, instruction.b).pointee,
            case .number(let y) = slot(bases, instruction.c).pointee
          {
            slot(bases, instruction.a).put(x / y)
          } else {
            try binary(.divide, instruction, at: pc)
          }
        case .remainder:
          if case .number(let x) = slot(bases, instruction.b).pointee,
            case .number(let y) = slot(bases, instruction.c).pointee
          {
            slot(bases, instruction.a).put(BinaryOperation.remainder(x, y))
          } else {
            try binary(.remainder, instruction, at: pc)
          }
        case .matmul: try binary(.matmul, instruction, at: pc)
        case .power: try binary(.power, instruction, at: pc)
        case .equal: try binary(.equal, instruction, at: pc)
        case .notEqual: try binary(.notEqual, instruction, at: pc)
        case .less: try binary(.less, instruction, at: pc)
        case .lessOrEqual: try binary(.lessOrEqual, instruction, at: pc)
        case .greater: try binary(.greater, instruction, at: pc)
        case .greaterOrEqual: try binary(.greaterOrEqual, instruction, at: pc)
        case .contains: try binary(.contains, instruction, at: pc)
        case .logical: try logical(instruction)
        case .negate, .not, .plus, .transpose: try unary(instruction, at: pc)

        // Jumps
        case .jump:
          pc = pc + instruction.distance
        case .loop:
          if Interrupt.needsAttention { try attend() }
          pc = pc + instruction.distance
          // Most loops begin with a comparison; here it costs no turn of this one.
          let condition = pc.pointee
          if condition.opcode.isComparingJump,
            case .number(let x) = slot(bases, condition.a).pointee,
            case .number(let y) = slot(bases, condition.b).pointee
          {
            pc += 1
            if condition.opcode.compares(x, y) == (condition.flags != 0) {
              pc = pc + condition.distance
            }
          }
        case .jumpIf:
          let truth: Bool
          if case .bool(let value) = slot(bases, instruction.b).pointee {
            truth = value
          } else {
            truth = try condition(instruction)
          }
          if truth == (instruction.flags != 0) { pc = pc + instruction.distance }
        case .jumpDecided:
          if try isDecided(instruction) { pc = pc + instruction.distance }
        case .jumpLess:
          let truth: Bool
          if case .number(let x) = slot(bases, instruction.a).pointee,
            case .number(let y) = slot(bases, instruction.b).pointee
          {
            truth = x < y
          } else {
            truth = try compare(.less, instruction)
          }
          if truth == (instruction.flags != 0) { pc = pc + instruction.distance }
        case .jumpLessOrEqual:
          let truth: Bool
          if case .number(let x) = slot(bases, instruction.a).pointee,
            case .number(let y) = slot(bases, instruction.b).pointee
          {
            truth = x <= y
          } else {
            truth = try compare(.lessOrEqual, instruction)
          }
          if truth == (instruction.flags != 0) { pc = pc + instruction.distance }
        case .jumpGreater:
          let truth: Bool
          if case .number(let x) = slot(bases, instruction.a).pointee,
            case .number(let y) = slot(bases, instruction.b).pointee
          {
            truth = x > y
          } else {
            truth = try compare(.greater, instruction)
          }
          if truth == (instruction.flags != 0) { pc = pc + instruction.distance }
        case .jumpGreaterOrEqual:
          let truth: Bool
          if case .number(let x) = slot(bases, instruction.a).pointee,
            case .number(let y) = slot(bases, instruction.b).pointee
          {
            truth = x >= y
          } else {
            truth = try compare(.greaterOrEqual, instruction)
          }
          if truth == (instruction.flags != 0) { pc = pc + instruction.distance }
        case .jumpEqual:
          let truth: Bool
          if case .number(let x) = slot(bases, instruction.a).pointee,
            case .number(let y) = slot(bases, instruction.b).pointee
          {
            truth = x == y
          } else {
            truth = try compare(.equal, instruction)
          }
          if truth == (instruction.flags != 0) { pc = pc + instruction.distance }
        case .jumpNotEqual:
          let truth: Bool
          if case .number(let x) = slot(bases, instruction.a).pointee,
            case .number(let y) = slot(bases, instruction.b).pointee
          {
            truth = x != y
          } else {
            truth = try compare(.notEqual, instruction)
          }
          if truth == (instruction.flags != 0) { pc = pc + instruction.distance }
        case .jumpContains:
          if try contains(instruction) == (instruction.flags != 0) {
            pc = pc + instruction.distance
          }
        case .jumpIfSet:
          if isSet(instruction) { pc = pc + instruction.distance }

        // Calls
        case .call:
          frames[depth].pc = pc
          if let header = plainFunction(instruction) {
            if Interrupt.needsAttention, Interrupt.mustStop { try attend() }
            let base = bases[0] + Int(instruction.c & 0x3fff_ffff)
            try pushFrame(
              Frame(
                header: header, base: base, function: nil, firstCell: cells.count,
                destination: instruction.a))
            pc = header.pointee.instructions + Int(header.pointee.fullEntry)
          } else {
            pc = try call(instruction, names: nil, pc)
          }
        case .callNamed:
          frames[depth].pc = pc + 1
          pc = try call(instruction, names: pc.pointee.b, pc + 1)
        case .pipe:
          frames[depth].pc = pc
          pc = try pipe(instruction, pc)
        case .pipeCall:
          frames[depth].pc = pc + 1
          pc = try pipe(instruction, names: pc.pointee.b, pc + 1)
        case .leave:
          if case .number(let number) = slot(bases, instruction.a).pointee {
            let destination = popFrame()
            if depth == entryDepth {
              result = .number(number)
              return
            }
            slot(bases, destination).put(number)
          } else {
            let value = try leaving(instruction)
            let destination = popFrame()
            if depth == entryDepth {
              result = value
              return
            }
            slot(bases, destination).pointee = value
          }
          pc = frames[depth].pc

        // Values
        case .indexOne: try indexOne(instruction)
        case .index: try index(instruction)
        case .field: try field(instruction)
        case .storeElement: try storeElement(instruction)
        case .storePath: try storePath(instruction)
        case .bracket: try bracket(instruction, context: pc.pointee.b)
        case .append: try append(instruction)
        case .extend: try extend(instruction, at: pc)
        case .record: record(instruction)
        case .range: try range(instruction)
        case .closure: closure(instruction)
        case .interpolate: try interpolate(instruction)
        case .fused:
          if instruction.flags == 0, case .number = slot(bases, instruction.a).pointee,
            case .number = slot(bases, instruction.b).pointee
          {
            break
          }
          if try runChain(instruction) { pc = pc + instruction.distance }

        // Variables
        case .loadCell: try loadCell(instruction)
        case .storeCell: storeCell(instruction)
        case .loadCapture: try loadCapture(instruction)
        case .unpack: try unpack(instruction)
        case .unset: slot(bases, instruction.a).pointee = .unset
        case .clear:
          if !slot(bases, instruction.a).isTrivial { slot(bases, instruction.a).pointee = .none }

        // Loops
        case .forPrepare: try prepareLoop(instruction)
        case .forNext:
          if !(try nextElement(instruction)) { pc = pc + instruction.distance }
        case .forAgain:
          if Interrupt.needsAttention { try attend() }
          if try nextElement(instruction) { pc = pc + instruction.distance }
        case .forNextParts:
          if !(try nextParts(instruction, names: pc.pointee.b)) { pc = pc + instruction.distance }

        // Whole expressions and statements
        case .gradient:
          frames[depth].pc = pc
          try gradient(instruction)
        case .command:
          frames[depth].pc = pc
          try command(instruction)
        case .echo: try echo(instruction)
        case .fail: throw failure(instruction)
        case .extended: break
        case .observe:
          frames[depth].pc = pc
          try observe(instruction)
        }
      }
    } catch {
      throw unwind(error, at: pc - 1, to: entryDepth)
    }
  }
}
