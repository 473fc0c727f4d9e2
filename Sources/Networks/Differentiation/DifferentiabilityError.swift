import Tensors

/// Why a derivative cannot be taken.
package enum DifferentiabilityError: Error, Hashable, CustomStringConvertible {
  /// The builtin has no derivative, for the reason given.
  case notDifferentiable(builtin: String, reason: String)
  /// A gradient is of a number; the expression is not one.
  case notANumber(shape: Shape)

  /// The builtins through which no derivative passes, and why. Comparisons are not listed: their
  /// result is a constant, so that conditions on watched values work.
  package static let reasons: [String: String] = {
    let selects = "its result is a position, which jumps from one whole number to the next"
    let orders = "its result depends on the order of the elements, which jumps"
    let counts = "its result is a count, which jumps"
    return [
      "argmin": selects, "argmax": selects, "argsort": selects, "sort": orders, "unique": orders,
      "bincount": counts, "one_hot": selects, "any": "its result is true or false",
      "all": "its result is true or false", "isnan": "its result is true or false",
      "isfinite": "its result is true or false", "accuracy": counts, "confusion": counts,
    ]
  }()

  /// Throws when `builtin` is not differentiable and one of its operands is watched.
  package static func check(_ builtin: String, operands: [Variable]) throws(Self) {
    guard let reason = reasons[builtin], operands.contains(where: \.isDifferentiated) else {
      return
    }
    throw .notDifferentiable(builtin: builtin, reason: reason)
  }

  /// The message, in words.
  package var message: String {
    switch self {
    case .notDifferentiable(let builtin, let reason):
      "\(builtin) has no derivative: \(reason)"
    case .notANumber(let shape):
      "a gradient is taken of a number, and this is \(shape): use sum(…) or mean(…)"
    }
  }

  package var description: String { message }
}
