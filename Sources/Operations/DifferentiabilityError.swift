import Tensors

/// Why a derivative cannot be taken.
package enum DifferentiabilityError: Error, Hashable, CustomStringConvertible {
  /// All that leads from a variable to the result goes through something that is constant between
  /// jumps, named here with the reason.
  case notDifferentiable(name: String, reason: String)
  /// Nothing that is differentiated went into the result.
  case independent
  /// A gradient is of a number; the expression is not one.
  case notANumber(shape: Shape)

  /// The message, in words.
  package var message: String {
    switch self {
    case .notDifferentiable(let name, let reason):
      "\(name) has no derivative: \(reason)"
    case .independent:
      "the result does not depend on what it is differentiated by"
    case .notANumber(let shape):
      "a gradient is taken of a number, and this is \(shape): use sum(…) or mean(…)"
    }
  }

  package var description: String { message }
}
