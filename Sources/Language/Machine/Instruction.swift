import Syntax

/// What the machine does next; one case a step, bodies in the `Machine+…` files.
enum Opcode: UInt8 {
  // a ← b
  case move, negate, not, plus, transpose
  // a ← b ∘ c, in the order of `BinaryOperator.allCases`
  case add, subtract, multiply, divide, remainder, matmul, power
  case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual, contains
  /// a ← b and c, b or c where `flags` is 1, after `jumpDecided` of b.
  case logical
  /// pc ← c: a number of instructions, or the position while the code is being built.
  case jump
  /// pc ← c, a backward jump: asks whether an interrupt was requested.
  case loop
  /// pc ← c where b is the truth value in `flags`.
  case jumpIf
  /// pc ← c where b is the truth value in `flags`; goes on where it is the other one or a mask.
  case jumpDecided
  /// pc ← c where the comparison of a and b has the truth value in `flags`.
  case jumpEqual, jumpNotEqual, jumpLess, jumpLessOrEqual, jumpGreater, jumpGreaterOrEqual
  case jumpContains
  /// pc ← c where the variable b has a value.
  case jumpIfSet
  /// a ← b(registers c, c + 1, …), `extra` of them.
  case call
  /// The same; the instruction that follows names the arguments.
  case callNamed
  /// a ← register c |> b
  case pipe
  /// a ← register c |> b(registers c + 1, …), `extra` of them with the first; the instruction that
  /// follows names the arguments.
  case pipeCall
  /// Leaves the function with the value a.
  case leave
  /// a ← b[c]
  case indexOne
  /// a ← b[…]: subscript pattern `extra`, its numbers from register c on.
  case index
  /// a ← b.name, name c
  case field
  /// a[b] = c; with `flags` a[b] ∘= c by the operator of that number, or a[b] += [c].
  case storeElement
  /// a ← a + [b]
  case extend
  /// a.path = …: path `extra`, its operands from register c on; the last is the value. `flags` is
  /// the path's `elementFlags`.
  case storePath
  /// a ← the bracket literal of pattern `extra` with its values: see `LiteralFlags`.
  case bracket
  /// Appends registers c, …, b of them, to the list in register a.
  case append
  /// a ← {names b: registers c, …}
  case record
  /// a ← register c ..< c + 1 by c + 2
  case range
  /// a ← function literal b
  case closure
  /// a ← the parts b of a string, values from register c on.
  case interpolate
  /// a ← cell b, and cell a ← b.
  case loadCell, storeCell
  /// a ← captured cell b
  case loadCapture
  /// Registers c…c+4 ← the state of a walk over b.
  case forPrepare
  /// a ← the next element of the walk in registers b…, or pc ← c.
  case forNext
  /// a ← the next element of the walk in registers b… and pc ← c, backwards; goes on at the end. Asks
  /// whether an interrupt was requested.
  case forAgain
  /// Registers a, … ← the `extra` parts of the next element, or pc ← c; the names b of the next
  /// instruction are those of the loop's variables and the sequence.
  case forNextParts
  /// Registers c, … ← the `extra` elements of b.
  case unpack
  /// a ← gradient b
  case gradient
  /// Runs command b; its value, if any, becomes `ans`, or a where `flags` is 1.
  case command
  /// The value of a top-level expression: `ans`, and shown unless `flags` is 1.
  case echo
  /// a has no value yet.
  case unset
  /// a is needed no more.
  case clear
  /// Fails with error b.
  case fail
  /// a ← the elementwise chain b.
  case fused
  /// Carries operands of the instruction before it.
  case extended
  /// Tells the observer: see `ObservedEvent`.
  case observe
}

/// How a bracket literal is made.
struct LiteralFlags: OptionSet {
  let rawValue: UInt8

  /// Its values are those of the list in register c; otherwise registers c, …, b of them.
  static let collected = LiteralFlags(rawValue: 1)
  /// A list of the values untouched.
  static let isList = LiteralFlags(rawValue: 2)
  /// A list of its elements where the operand b of the next instruction is a list: `l + [x]`.
  static let isBeside = LiteralFlags(rawValue: 4)
  /// Float64 where the operand b of the next instruction is the builtin that asks for it.
  static let isArgument = LiteralFlags(rawValue: 8)
  /// Its values are copied, not taken: the same literal is made once more.
  static let keepsValues = LiteralFlags(rawValue: 16)
}

extension BinaryOperator {
  /// The operator of `+=` and the like by its number in an instruction; nil for 0.
  @inline(__always)
  init?(updateNumber: UInt8) {
    switch updateNumber {
    case 1: self = .add
    case 2: self = .subtract
    case 3: self = .multiply
    case 4: self = .divide
    case 5: self = .remainder
    case 6: self = .power
    case 7: self = .matmul
    default: return nil
    }
  }

  /// In place of an operator's number: `+= [e]`.
  static let appendNumber: UInt8 = 8

  var updateNumber: UInt8 { (1...7).first { BinaryOperator(updateNumber: $0) == self } ?? 0 }
}

/// Where an operand lies: the two highest bits choose the running frame's registers, the globals
/// or the constants of the code, the rest counts from there.
struct Operand: Hashable {
  enum Base: UInt32 { case frame, global, constant }

  let bits: UInt32

  init(bits: UInt32) { self.bits = bits }

  static func register(_ index: Int) -> Operand { Operand(.frame, index) }
  static func global(_ index: Int) -> Operand { Operand(.global, index) }
  static func constant(_ index: Int) -> Operand { Operand(.constant, index) }

  /// An operand that an instruction does not use.
  static let unused = Operand(bits: 0)

  private init(_ base: Base, _ index: Int) {
    bits = base.rawValue << 30 | UInt32(truncatingIfNeeded: index) & 0x3fff_ffff
  }

  var base: Base { Base(rawValue: bits >> 30) ?? .frame }
  var index: Int { Int(bits & 0x3fff_ffff) }
}

/// One step, sixteen bytes.
struct Instruction {
  let opcode: Opcode
  let flags: UInt8
  let extra: UInt16
  let a: UInt32
  let b: UInt32
  var c: UInt32

  init(
    _ opcode: Opcode, flags: UInt8 = 0, extra: Int = 0, a: UInt32 = 0, b: UInt32 = 0, c: UInt32 = 0
  ) {
    self.opcode = opcode
    self.flags = flags
    self.extra = UInt16(truncatingIfNeeded: extra)
    self.a = a
    self.b = b
    self.c = c
  }

  /// How far a jump goes from the instruction after it.
  @inline(__always)
  var distance: Int { Int(Int32(bitPattern: c)) }

  /// The same jump with its target, an instruction's number, as a distance.
  func relative(to position: Int) -> Instruction {
    var copy = self
    copy.c = UInt32(bitPattern: Int32(truncatingIfNeeded: Int(c) - position - 1))
    return copy
  }
}

extension Opcode {
  /// Whether it compares two values and jumps.
  @inline(__always)
  var isComparingJump: Bool {
    rawValue &- Opcode.jumpEqual.rawValue
      <= Opcode.jumpGreaterOrEqual.rawValue &- Opcode.jumpEqual.rawValue
  }

  /// What such a comparison says of two numbers.
  @inline(__always)
  func compares(_ x: Double, _ y: Double) -> Bool {
    switch self {
    case .jumpLess: x < y
    case .jumpLessOrEqual: x <= y
    case .jumpGreater: x > y
    case .jumpGreaterOrEqual: x >= y
    case .jumpEqual: x == y
    default: x != y
    }
  }

  /// Whether `c` is a target.
  var isJump: Bool {
    switch self {
    case .jump, .loop, .jumpIf, .jumpDecided, .jumpEqual, .jumpNotEqual, .jumpLess,
      .jumpLessOrEqual,
      .jumpGreater, .jumpGreaterOrEqual, .jumpContains, .jumpIfSet, .forNext, .forAgain,
      .forNextParts, .fused:
      true
    default: false
    }
  }
}
