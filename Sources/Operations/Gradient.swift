import Tensors

/// The gradients of a scalar-valued function at `point`, one for each argument, by reverse mode.
/// Throws `DifferentiabilityError.notANumber` when the result has more than one element.
package func gradient(
  of function: ([Variable]) throws -> Variable, at point: [Variable]
) throws -> [Variable] {
  let tape = Tape()
  let watched = point.map(tape.watch)
  let result = try function(watched)
  guard result.count == 1 else {
    throw DifferentiabilityError.notANumber(shape: result.shape)
  }
  return try tape.sweep(from: result, to: watched)
}

/// The same at plain tensors.
package func gradient(
  of function: ([Variable]) throws -> Variable, at point: [Tensor]
) throws -> [Tensor] {
  try gradient(of: function, at: point.map { Variable($0) }).map(\.tensor)
}

/// Central differences in Float64: (f(x + h) − f(x − h)) / 2h for the given flat (row-major)
/// elements of argument `argument`, or for all of them. The step is h = ∛ε · max(1, |x|), which
/// balances truncation against rounding (Dennis and Schnabel, 1983, §5.4).
package func numericalGradient(
  of function: ([Tensor]) throws -> Double, at point: [Tensor], argument: Int,
  elements: [Int]? = nil
) throws -> [Double] {
  guard point.indices.contains(argument) else { return [] }
  var arguments = try point.map { $0.elementType == .bool ? $0 : try $0.cast(to: .f64) }
  let values = try arguments[argument].guardedDoubles()
  let shape = arguments[argument].shape
  return try (elements ?? Array(values.indices)).map { element in
    guard values.indices.contains(element) else { return 0 }
    try Interrupt.check()
    let step = 6.055e-6 * Swift.max(1, abs(values[element]))
    func value(at shifted: Double) throws -> Double {
      // The copy that is moved, and the tensor made of it.
      try MemoryGuard.check(elements: Double(values.count), bytesEach: 3 * 8)
      var moved = values
      moved[element] = shifted
      arguments[argument] = try Tensor(doubles: moved, shape, elementType: .f64)
      return try function(arguments)
    }
    let upper = values[element] + step
    let lower = values[element] - step
    return (try value(at: upper) - value(at: lower)) / (upper - lower)
  }
}
