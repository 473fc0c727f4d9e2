import Syntax

/// An error on its way up through the frames: what it is, and where, with the calls that led there.
package struct Failure: Error {
  /// What happened.
  package let error: RuntimeError
  /// The same for people.
  package internal(set) var diagnostic: Diagnostic
  /// The function that native code called and the error left: its caller's place is known only to
  /// the frame further out.
  var unplacedFunction: String?
}

/// An error with the operands that caused it, in the order of the site's.
struct OperandFailure: Error {
  let error: any Error
  let operands: [Value]
  /// Which of the site's operands the first one is.
  var first = 0
}

/// A variable read before it has a value.
struct UnsetVariable: Error {
  let name: String
  /// Which of the site's operands it is.
  let operand: Int
}
