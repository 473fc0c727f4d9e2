import Syntax

/// Sees what observed code does: how `explain` shows an evaluation and `derive` follows a loss.
///
/// Only code that was compiled for it tells an observer anything, through instructions of its own;
/// other code is the same whether there is an observer or not. Each function that observed code
/// calls is compiled once more so, at its first call.
package protocol MachineObserver: AnyObject {
  /// Whether functions that are called now are seen from inside.
  var followsCalls: Bool { get }

  /// Whether the losses of gradients are seen, too, by reverse mode whichever was asked for: their
  /// values are traced then.
  var followsGradients: Bool { get }

  /// An expression is about to be evaluated. `depth` counts the functions that are running: an
  /// expression is left at the depth at which it was entered, or never, where an error or `return`
  /// leads out of it.
  func willEvaluate(_ expression: ObservedExpression, depth: Int) throws

  /// An expression gave a value.
  ///
  /// - Returns: what the code goes on with: the value, or one equal to it that is easier to follow.
  func didEvaluate(_ expression: ObservedExpression, depth: Int, as value: Value) throws -> Value

  /// The running function has its arguments, defaults filled in.
  func didEnter(parameters: [(name: String, value: Value)], depth: Int) throws

  /// A variable was given a value, or one of its parts was.
  ///
  /// - Parameter part: which of how many variables of one assignment it is.
  func didAssign(_ value: Value, to name: String, part: (index: Int, count: Int), depth: Int) throws

  /// A turn of a loop begins. Of a walk over a sequence (nil: a range, or `while`), `position` is
  /// the element's place and `elements` are what the loop's variables will hold.
  func willTakeTurn(
    of loop: ObservedLoop, position: Int, elements: [Value], of sequence: Value?, depth: Int
  ) throws

  /// A builtin was called, by the code or by another builtin.
  ///
  /// - Parameter names: as for `Builtin.invoke`.
  /// - Returns: what the code goes on with.
  func didCall(
    _ builtin: Builtin, _ arguments: [Value], names: [String?], giving value: Value
  ) throws -> Value

  /// What a network gives, where the observer applies its layers itself; nil where the machine
  /// shall.
  func output(of network: Box<NetworkValue>, for input: Value) throws -> Value?
}

extension MachineObserver {
  package var followsGradients: Bool { false }
}

/// An expression of observed code. The same object each time it is evaluated.
package final class ObservedExpression: Sendable {
  /// What an expression is to the code around it.
  package enum Role: Sendable {
    case part
    /// It chooses between the branches of an `if`.
    case choice
  }

  /// Whose variable a name is.
  package enum Owner: Sendable { case function, functionAround, global, builtin }

  package let expression: Expression
  package let source: SourceText
  package let role: Role
  /// Whose variable it is, where it is a name.
  package let owner: Owner?

  init(_ expression: Expression, in source: SourceText, _ role: Role, owner: Owner?) {
    self.expression = expression
    self.source = source
    self.role = role
    self.owner = owner
  }
}

/// A loop of observed code.
package final class ObservedLoop: Sendable {
  /// The loop's variables; none for `while`.
  package let names: [String]
  /// Where it stands.
  package let span: Span
  package let source: SourceText

  init(_ names: [String], _ span: Span, in source: SourceText) {
    self.names = names
    self.span = span
    self.source = source
  }
}
