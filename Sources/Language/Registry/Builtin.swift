import Networks
import ONNX
import Operations
import Syntax
import Tensors

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
  package let layer: (any Layer)?
  /// The elementwise operation that it is where it is given nothing but the operands: the compiler
  /// fuses it, and of numbers no tensor is made.
  package let elementwise: ElementwiseOperation?
  /// What it gives where its arguments are of the commonest kinds.
  package let direct: DirectCall?
  /// Adds the nodes that compute it, as a layer of one operand, in ONNX's form; nil where what it
  /// records says enough.
  package let addNodes: AddingNodes?

  /// - Parameters:
  ///   - x: the operand.
  ///   - numbers: the arguments after it, those that are given.
  package typealias AddingNodes =
    @Sendable (inout GraphBuilder, _ x: String, _ numbers: [Double]) throws -> String

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
    layer: (any Layer)? = nil, elementwise: ElementwiseOperation? = nil,
    addNodes: AddingNodes? = nil,
    direct: DirectCall? = nil, _ body: @escaping Body
  ) {
    self.declaration = declaration
    self.differentiation = differentiation
    self.layer = layer
    self.elementwise = elementwise
    self.addNodes = addNodes
    self.direct = direct ?? DirectCall(elementwise)
    self.body = body
  }
}

/// A kernel of the elementwise operations.
package enum ElementwiseOperation: Sendable, Equatable {
  case unary(UnaryOperation)
  case binary(BinaryOperation)

  package var operandCount: Int { if case .unary = self { 1 } else { 2 } }

  package var name: String {
    switch self {
    case .unary(let operation): operation.name
    case .binary(let operation): operation.name
    }
  }

  package var isLogical: Bool {
    switch self {
    case .unary(let operation): operation.isLogical
    case .binary(let operation): operation.isLogical
    }
  }

  package var isCostly: Bool {
    switch self {
    case .unary(let operation): operation.isCostly
    case .binary(let operation): operation.isCostly
    }
  }

  package var record: ElementwiseRecord {
    switch self {
    case .unary(let operation): operation.record
    case .binary(let operation): operation.record
    }
  }

  /// What it gives for plain numbers; nil where these are no operands.
  func callAsFunction(numbers values: [Value]) -> Value? {
    let result: Double
    switch self {
    case .unary(let operation):
      guard values.count == 1, case .number(let x) = values[0] else { return nil }
      result = operation(x)
    case .binary(let operation):
      guard values.count == 2, case .number(let x) = values[0], case .number(let y) = values[1]
      else { return nil }
      result = operation(x, y)
    }
    return isLogical ? .bool(result != 0) : .number(result)
  }

  /// What a function of one operand gives for a tensor, or for what is being differentiated: what
  /// small tensors and single numbers need no binding of arguments for. Nil for other values, and
  /// for a function that is constant between jumps, of which more is to be told.
  func callAsFunction(one values: [Value]) throws -> Value? {
    guard case .unary(let operation) = self, values.count == 1, !operation.isStepwise else {
      return nil
    }
    switch values[0] {
    case .traced(let box): return Value(try Variable.apply(operation, box.content))
    case .tensor(let box):
      return Value(try Operation.of(operation).computed([box.content]))
    default: return nil
    }
  }
}

/// What a builtin may ask of the machine that runs it.
package protocol Interpreter: AnyObject {
  /// Calls a function value.
  func call(_ function: Value, _ arguments: [Value]) throws -> Value
  /// Calls a function with an element of a sequence: a list or a row is taken apart for a function
  /// that needs several arguments.
  func call(_ function: Value, element: Value) throws -> Value
  /// Writes to standard output (captured by transcripts and tests).
  func write(_ text: String)
  /// How values are written.
  var printStyle: DisplayStyle { get }
  /// The generator behind `randn`, `xavier`, `shuffle`.
  var random: RandomState { get }
  /// The value of a global variable.
  func global(_ name: String) -> Value?
  /// Calls a function value unseen by whoever observes the code at hand.
  ///
  /// - Parameter silently: whether what it prints is dropped.
  func callApart(_ function: Value, _ arguments: [Value], silently: Bool) throws -> Value
  /// The call of a person's named function within which a builtin runs.
  var runningCall: RunningCall? { get }
  /// Where the code that runs stands.
  var position: (source: SourceText, span: Span)? { get }
}

extension Interpreter {
  package var printStyle: DisplayStyle { .plain }
  package func callApart(_ function: Value, _ arguments: [Value], silently: Bool) throws -> Value {
    try call(function, arguments)
  }
  package var runningCall: RunningCall? { nil }
  package var position: (source: SourceText, span: Span)? { nil }
}
