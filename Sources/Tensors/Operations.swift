import CKernels

/// Operations on one number, applied to each element.
package enum UnaryOperation: Int32, CaseIterable, Sendable {
  // The order is that of the kernels' table.
  case negate, exp, log, log1p, sqrt, abs, sign, sin, cos
  case tanh, sigmoid
  /// x Φ(x), with the error function itself as PyTorch has it.
  case gelu
  case softplus, floor, ceil
  /// To the nearest whole number, halves to the even one.
  case round
  case relu
  /// 1 where x > 0, otherwise 0: the gradient of relu.
  case heaviside
  case reciprocal, square, isnan, isfinite, not
  /// Φ(x) + x φ(x).
  case geluGradient

  /// The gradient of relu by its other name.
  package static let reluGradient = UnaryOperation.heaviside

  /// Whether the result is a truth value.
  package var isLogical: Bool { self == .isnan || self == .isfinite || self == .not }
}

/// Operations on two numbers, applied to elements of broadcast tensors.
package enum BinaryOperation: Int32, CaseIterable, Sendable {
  // The order is that of the kernels' table.
  case add, subtract, multiply, divide
  /// Of the divisor's sign, as in Python.
  case remainder
  case power
  /// A NaN on either side gives NaN, as in NumPy; so does `maximum`.
  case minimum
  case maximum
  case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual, and, or

  /// Whether the result is a truth value.
  package var isLogical: Bool { rawValue >= BinaryOperation.equal.rawValue }
}
