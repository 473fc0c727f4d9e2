import Networks

/// A function that nnsh itself provides.
///
/// Each is one `static let` in the file of its group under `Builtins/`; `Builtin.all` gathers them.
package struct Builtin: Sendable {
  /// What a builtin does with its arguments.
  package typealias Body = @Sendable (borrowing Arguments, any Interpreter) throws -> Value

  package let declaration: Declaration
  /// How gradients treat it.
  package let differentiation: Differentiation
  package let body: Body
  /// The layer that its bare name stands for in a composition: `dense(784, 10) |> softmax`.
  package let layer: LayerKind?
  /// The function of one number, for a call with just a number: no tensor is made.
  package let scalar: (@Sendable (Double) -> Double)?

  /// How `grad` sees a builtin.
  package enum Differentiation: Sendable, Equatable {
    /// The body works on `Variable`s and records itself.
    case differentiable
    /// Its result does not depend on what the numbers are, only on their shape (`shape`, `len`),
    /// or it has none.
    case constant
    /// Constant between jumps, for the reason given (`argmax`): the derivative is 0, and where no
    /// other way leads to the result, asking for it is an error that says why.
    case stepwise(String)
    /// Asking for its gradient is an error that says why.
    case refused(String)
  }

  package init(
    _ declaration: Declaration, differentiation: Differentiation = .constant,
    layer: LayerKind? = nil, scalar: (@Sendable (Double) -> Double)? = nil,
    _ body: @escaping Body
  ) {
    self.declaration = declaration
    self.differentiation = differentiation
    self.layer = layer
    self.scalar = scalar
    self.body = body
  }
}

/// The layers that need no arguments, so that a bare name composes.
package enum LayerKind: Sendable, Equatable {
  case relu, tanh, sigmoid, gelu, softmax, flatten, batchNorm
}

/// What a builtin may ask of the machine that runs it.
package protocol Interpreter: AnyObject {
  /// Calls a function value.
  func call(_ function: Value, _ arguments: [Value]) throws -> Value
  /// Writes to standard output (captured by transcripts and tests).
  func write(_ text: String)
  /// The generator behind `randn`, `xavier`, `shuffle`.
  var random: RandomState { get }
  /// The value of a global variable.
  func global(_ name: String) -> Value?
}
