import Syntax

/// A function as a value.
package final class Function: Sendable {
  /// The builtin that this is.
  package let builtin: Builtin?

  /// A builtin as a value.
  package init(_ builtin: Builtin) { self.builtin = builtin }

  /// How it is shown: `builtin sum(x, axis=none, keepdims=false)`.
  package var displayName: String { "builtin " + (builtin?.declaration.signature ?? "") }
}
