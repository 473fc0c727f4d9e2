import CKernels

/// What a reduction makes of many elements.
package enum Reduction: Int32, CaseIterable, Sendable {
  // The order is that of the kernels.
  case sum, mean
  /// A NaN among the elements gives NaN; so does `max`.
  case min
  case max, prod
  /// Truth values: whether any, or every, element is not 0.
  case any
  case all
  /// The root of the sum of squares.
  case norm
}

extension Tensor {
  /// Reduces axes (all where nil), added up in Float64 whatever the element type.
  ///
  /// The result does not depend on the number of threads. Throws `emptyReduction` for the least or
  /// largest of no elements.
  package func reduce(
    _ reduction: Reduction, axes: [Int]? = nil, keepDimensions: Bool = false
  ) throws(TensorError) -> Tensor {
    let axes = try shape.normalized(axes: axes)
    let type = resultType(of: reduction, axes: axes)
    let target = shape.reduced(axes: axes, keepDimensions: keepDimensions)
    if reduction == .min || reduction == .max {
      try checkNotEmpty("\(reduction)", axes: axes)
    }
    let values = try Profile.measure("reduction", work: Double(count)) {
      () throws(TensorError) in
      try reducedValues(reduction.rawValue, axes: axes, means: nil)
    }
    return try Tensor(doubles: values, target, elementType: type)
  }

  private func resultType(of reduction: Reduction, axes: [Int]) -> ElementType {
    if reduction == .any || reduction == .all { return .bool }
    if reduction == .min || reduction == .max { return elementType }
    // A count of truths may be more than Float32 can tell apart.
    let length = axes.reduce(1) { $0 * shape[$1] }
    if elementType == .bool, reduction == .sum, Self.indexType(for: length) == .f64 { return .f64 }
    return elementType.arithmetic
  }

  /// The mean squared deviation, over the number of elements less `ddof`.
  package func variance(
    axes: [Int]? = nil, ddof: Int = 0, keepDimensions: Bool = false
  ) throws(TensorError) -> Tensor {
    let axes = try shape.normalized(axes: axes)
    let target = shape.reduced(axes: axes, keepDimensions: keepDimensions)
    let means = try reducedValues(Reduction.mean.rawValue, axes: axes, means: nil)
    var values = try reducedValues(Int32(nnsh_squared_deviations), axes: axes, means: means)
    try clearRounding(of: &values, means: means, axes: axes)
    let number = axes.reduce(1) { $0 * shape[$1] }
    let divisor = Double(number) - Double(ddof)
    for index in values.indices { values[index] /= Swift.max(0, divisor) }
    return try Tensor(doubles: values, target, elementType: elementType.arithmetic)
  }

  /// Equal Float64 elements deviate by nothing, though their mean may be rounded off them.
  private func clearRounding(
    of squares: inout [Double], means: [Double], axes: [Int]
  ) throws(TensorError) {
    func isSuspect(_ place: Int) -> Bool {
      squares[place] > 0 && squares[place].squareRoot() < 1e-12 * Swift.abs(means[place])
    }
    guard elementType == .f64, squares.indices.contains(where: isSuspect) else { return }
    let least = try reducedValues(Reduction.min.rawValue, axes: axes, means: nil)
    let largest = try reducedValues(Reduction.max.rawValue, axes: axes, means: nil)
    for place in squares.indices where least[place] == largest[place] { squares[place] = 0 }
  }

  /// The root of the variance.
  package func standardDeviation(
    axes: [Int]? = nil, ddof: Int = 0, keepDimensions: Bool = false
  ) throws(TensorError) -> Tensor {
    try Tensor.apply(
      .sqrt, consuming: variance(axes: axes, ddof: ddof, keepDimensions: keepDimensions))
  }

  /// The position of the least element along an axis, or in the flat tensor; the first of equals.
  package func argmin(axis: Int? = nil, keepDimensions: Bool = false) throws(TensorError) -> Tensor
  {
    try extremePositions(largest: false, axis: axis, keepDimensions: keepDimensions)
  }

  /// The position of the largest element along an axis, or in the flat tensor; the first of equals.
  package func argmax(axis: Int? = nil, keepDimensions: Bool = false) throws(TensorError) -> Tensor
  {
    try extremePositions(largest: true, axis: axis, keepDimensions: keepDimensions)
  }

  /// Running sums along an axis, or of the flat tensor.
  package func cumulativeSum(axis: Int? = nil) throws(TensorError) -> Tensor {
    guard let axis else { return try flattened().cumulativeSum(axis: 0) }
    let parts = try lengths(around: axis)
    let plain = try cast(to: elementType.arithmetic).contiguous()
    let result = try Tensor(uninitialized: shape, plain.elementType)
    if count == 0 { return result }
    // SAFETY: both are contiguous, of one shape and one stored type.
    defer { withExtendedLifetime((plain, result)) {} }
    try Backends.current.sumCumulatively(plain.operand(parts), into: result.pointer)
    return result
  }

  /// The product of the lengths before an axis, its own, and of those after it.
  func lengths(around axis: Int) throws(TensorError) -> (outer: Int, length: Int, inner: Int) {
    let position = try shape.normalized(axis: axis)
    return (
      shape.dimensions[..<position].reduce(1, *), shape[position],
      shape.dimensions[(position + 1)...].reduce(1, *)
    )
  }

  /// This contiguous tensor with an axis in its middle.
  private func operand(_ parts: (outer: Int, length: Int, inner: Int)) -> AxisOperand {
    AxisOperand(
      pointer: pointer, type: elementType, outer: parts.outer, length: parts.length,
      inner: parts.inner)
  }

  /// f32 where such whole numbers are exact in it, otherwise f64.
  static func indexType(for length: Int) -> ElementType { length <= 1 << 24 ? .f32 : .f64 }

  private func checkNotEmpty(
    _ name: @autoclosure () -> String, axes: [Int]
  ) throws(TensorError) {
    if axes.contains(where: { shape[$0] == 0 }) { throw .emptyReduction(name()) }
  }

  /// The reduced values in order. The axes are brought together first where they lie apart.
  private func reducedValues(
    _ code: Int32, axes: [Int], means: [Double]?
  ) throws(TensorError) -> [Double] {
    var source = self
    var outer = 1
    var length = 1
    var inner = 1
    if let first = axes.first, let last = axes.last, last - first == axes.count - 1 {
      outer = shape.dimensions[..<first].reduce(1, *)
      length = axes.reduce(1) { $0 * shape[$1] }
      inner = shape.dimensions[(last + 1)...].reduce(1, *)
    } else if axes.isEmpty {
      outer = count
    } else {
      let kept = (0..<rank).filter { !axes.contains($0) }
      source = try transposed(kept + axes)
      outer = kept.reduce(1) { $0 * shape[$1] }
      length = axes.reduce(1) { $0 * shape[$1] }
    }
    source = try source.contiguous()
    let operand = source.operand((outer, length, inner))
    var failure: TensorError?
    let count = outer * inner
    try MemoryGuard.require(8 * count)
    let values = [Double](unsafeUninitializedCapacity: count) { buffer, initialized in
      initialized = count
      guard let base = buffer.baseAddress, initialized > 0 else { return }
      base.initialize(repeating: 0, count: initialized)
      // SAFETY: `source` is contiguous with as many elements as the operand says; the buffer holds
      // outer × inner, and so does `means` where it is given.
      do throws(TensorError) {
        try Backends.current.reduce(code, operand, means: means, into: base)
      } catch { failure = error }
      withExtendedLifetime(source) {}
    }
    if let failure { throw failure }
    return values
  }

  private func extremePositions(
    largest: Bool, axis: Int?, keepDimensions: Bool
  ) throws(TensorError) -> Tensor {
    guard let axis else {
      let flat = try flattened().extremePositions(largest: largest, axis: 0, keepDimensions: false)
      guard keepDimensions else { return flat }
      return try flat.reshaped([Int](repeating: 1, count: rank))
    }
    let position = try shape.normalized(axis: axis)
    try checkNotEmpty(largest ? "argmax" : "argmin", axes: [position])
    let parts = try lengths(around: position)
    let plain = try contiguous()
    try MemoryGuard.require(8 * parts.outer * parts.inner)
    var positions = [Double](repeating: 0, count: parts.outer * parts.inner)
    // SAFETY: `plain` is contiguous; there is one position for each of outer × inner.
    defer { withExtendedLifetime(plain) {} }
    try Backends.current.findExtremes(
      largest: largest, plain.operand(parts), into: &positions)
    let target = shape.reduced(axes: [position], keepDimensions: keepDimensions)
    return try Tensor(
      doubles: positions, target, elementType: Self.indexType(for: parts.length))
  }
}
