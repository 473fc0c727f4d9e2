import Syntax

/// A compiled text, ready to run on the machine that compiled it.
package struct Program {
  /// What it was compiled from.
  package let source: SourceText
  /// The tree, a statement an element.
  package let statements: [Statement]
  /// The code of each statement.
  let codes: [Code]

  /// The compiled form as text, for tests and the curious.
  package var dump: String { codes.map(\.dump).joined(separator: "\n") }
}

/// What carries out commands and shows values: the shell, or a test.
package protocol CommandHost: AnyObject {
  /// The names that a machine knows from the beginning.
  var vocabulary: Vocabulary { get }
  /// The forms of the commands, by every name that they go by.
  var commandSyntax: [String: CommandSyntax] { get }
  /// Carries out a command; a value that it gives becomes `ans`.
  func execute(_ command: RunningCommand, on machine: Machine) throws -> Value?
  /// Told that a top-level statement begins, and that it is over.
  func statementBegins(_ statement: Statement, in source: SourceText)
  func statementEnds(_ statement: Statement, hasFailed: Bool)
  /// Shows the value of a top-level expression.
  func echo(_ value: Value)
  /// How `print` shows values: as an echo, but without colours.
  var printStyle: DisplayStyle { get }
  /// Tells the person something that accompanies results.
  func note(_ text: String)
  /// What of a value becomes `ans`; nil where it is too large to be kept so.
  func answer(_ value: Value) -> Value?
}

extension CommandHost {
  package func statementBegins(_ statement: Statement, in source: SourceText) {}
  package func statementEnds(_ statement: Statement, hasFailed: Bool) {}
  package var printStyle: DisplayStyle { .plain }
  package func note(_ text: String) {}
  /// Every value is kept.
  package func answer(_ value: Value) -> Value? { value }
}

/// A command under way: its arguments as words and unevaluated expressions.
package struct RunningCommand {
  /// The command's name, as written.
  package let name: Name
  /// The text that it stands in.
  package let source: SourceText
  /// What was given, with the slot or option that it fills, in order.
  package let inputs: [(slot: String, input: CommandInput)]
  /// Whether its value is assigned to a variable, rather than shown.
  package let isAssigned: Bool
  /// The file in which it stands, where that has a scope of its own.
  package let scope: Scope?
  /// What bare paths read as, by their slots, where that could name a variable.
  package let readings: [String: Thunk]

  /// The bare words given for a slot.
  package func words(_ slot: String) -> [String] {
    all(slot).compactMap { if case .word(let word, _) = $0 { word } else { nil } }
  }

  /// What was given for a slot first.
  package func first(_ slot: String) -> CommandInput? { all(slot).first }

  /// All that was given for a slot.
  package func all(_ slot: String) -> [CommandInput] {
    inputs.filter { $0.slot == slot }.map(\.input)
  }
}

/// One argument of a command.
package enum CommandInput {
  /// A bare word or path.
  case word(String, Span)
  case thunk(Thunk)

  /// Where it stands.
  package var span: Span {
    switch self {
    case .word(_, let span): span
    case .thunk(let thunk): thunk.expression.span
    }
  }
}

/// An unevaluated expression with its environment: the globals, or the variables of the function
/// that is running.
package struct Thunk {
  /// The tree.
  package let expression: Expression
  /// The text that it stands in.
  package let source: SourceText
  /// The variable that the expression names, where it does nothing more.
  package let place: Place?
  let function: Function
  unowned let machine: Machine

  /// Its value now.
  package func evaluate() throws -> Value { try machine.call(.function(function), []) }
}
