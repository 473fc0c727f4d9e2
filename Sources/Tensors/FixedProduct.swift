/// A matrix product of operands of fixed layouts that one call computes, as `Tensor.matmul` would.
package struct FixedProduct {
  private enum Kernel {
    case floats(any PlannedProduct)
    case doubles
  }

  private let kernel: Kernel
  private let m: Int
  private let n: Int
  private let k: Int
  private let left: [Int]
  private let right: [Int]

  /// Nil where `Tensor.matmul` copies an operand first, or cuts the product into pieces.
  ///
  /// - Parameters:
  ///   - left: the strides of an m × k matrix.
  ///   - right: those of a k × n matrix.
  package init?(
    m: Int, n: Int, k: Int, left: [Int], right: [Int], _ type: ElementType
  ) throws(TensorError) {
    guard m > 0, n > 0, k > 0, MatrixProduct.isOnePiece(m: m, n: n, k: k, type),
      let left = MatrixProduct.unitStrides(left, rows: m, columns: k),
      let right = MatrixProduct.unitStrides(right, rows: k, columns: n)
    else { return nil }
    (self.m, self.n, self.k, self.left, self.right) = (m, n, k, left, right)
    if type == .f64 {
      kernel = .doubles
    } else {
      kernel = .floats(
        try Backends.current.plan(
          MatmulPlan.Key(
            m: m, n: n, k: k, leftStrides: left, rightStrides: right, destinationStride: n,
            hasBias: false, hasRelu: false)))
    }
  }

  /// Computes the product of two matrices that lie as it was made for.
  // SAFETY: the caller names memory of as many elements as the layouts reach, alive until it ends.
  package func run(
    _ a: UnsafeRawPointer, _ b: UnsafeRawPointer, into result: UnsafeMutableRawPointer
  ) throws(TensorError) {
    switch kernel {
    case .floats(let product): try product.execute(a, b, bias: nil, result)
    case .doubles:
      try Backends.current.multiply(
        DoubleMatrix(
          pointer: a.assumingMemoryBound(to: Double.self), rows: m, columns: k,
          rowStride: left[0], columnStride: left[1]),
        DoubleMatrix(
          pointer: b.assumingMemoryBound(to: Double.self), rows: k, columns: n,
          rowStride: right[0], columnStride: right[1]),
        bias: nil, rectified: false, into: result.assumingMemoryBound(to: Double.self))
    }
  }
}
