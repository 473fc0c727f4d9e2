import Language
import Syntax

/// A part of an operation that is run on what is known.
indirect enum ProbeOperand {
  /// It stands as it is written: a constant, or the name of a builtin.
  case asWritten
  case known(KnownValue)
  /// A bracket literal, which means something else than a variable that holds the same: its form is
  /// kept, with what its elements are.
  case literal([ProbeOperand])

  /// All that is known in it.
  var values: [KnownValue] {
    switch self {
    case .asWritten: []
    case .known(let value): [value]
    case .literal(let elements): elements.flatMap(\.values)
    }
  }
}

extension Expression {
  /// Whether it is a number, a text or a word that stands for itself.
  var isConstant: Bool {
    switch kind {
    case .none, .bool, .number, .string: true
    case .unary(.negate, let operand): operand.isConstant
    default: false
    }
  }
}
