import Files
import Networks
import Tensors

/// What can go wrong while code runs, as data; `RuntimeError+Message.swift` words it, and the
/// machine adds the place, the operands' names and shapes, and the call chain.
package enum RuntimeError: Error, Sendable {
  case unknownName(String)
  case unknownField(String, of: String, known: [String])
  case notCallable(kind: String)
  case notIndexable(kind: String)
  case notIterable(kind: String)
  /// An element of a sequence that a loop with several names cannot take apart.
  case notTakenApart(element: String, names: [String], sequence: String)
  case argumentKind(
    function: String, parameter: String, expected: String, got: String, usage: String?)
  case missingArgument(function: String, parameter: String, usage: String)
  case tooManyArguments(function: String, accepts: Int, got: Int, usage: String)
  case unknownArgument(function: String, name: String, known: [String], usage: String?)
  case repeatedArgument(function: String, name: String, usage: String?)
  case operands(operation: String, left: String, right: String)
  case conditionNotBool(kind: String)
  /// A side of `and`, `or` or `not` that is neither a bool nor a mask.
  case logicalOperand(operation: String, got: String)
  case recursionTooDeep(limit: Int)
  case notDifferentiable(String, reason: String)
  /// A gradient by places that the result is not computed from.
  case independent(of: [String])
  case assertion(String)
  /// `error("…")` of a script.
  case raised(String)
  /// `exit(n)`: not an error, but unwinds like one.
  case exit(Int32)
  case interrupted
  case tensor(TensorError)
  case network(NetworkError)
  case training(TrainingError)
  case dataset(DataError)
  /// Anything else, worded where it arises, with what to do.
  case other(String, hint: String?)

  /// The same for an error of any of the modules below.
  package init(_ error: any Error) {
    switch error {
    case let error as RuntimeError: self = error
    case let error as Failure: self = error.error
    case let error as PlaceFailure: self.init(error.error)
    case let error as TensorError: self = .tensor(error)
    case let error as NetworkError: self = .network(error)
    case let error as TrainingError: self = .training(error)
    case let error as DataError: self = .dataset(error)
    default: self = .other("\(error)", hint: nil)
    }
  }
}
