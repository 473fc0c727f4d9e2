extension Tensor {
  /// The product of matrices or vectors that one call computes: few numbers, and not many of
  /// Float64, for which preparing more would take as long as the product. Nil where it is none of
  /// these.
  static func simpleProduct(_ left: Tensor, _ right: Tensor) throws(TensorError) -> Tensor? {
    guard left.elementType == right.elementType, left.elementType == left.elementType.arithmetic,
      let a = Sides(left, isLeft: true), let b = Sides(right, isLeft: false), a.columns == b.rows,
      a.rows > 0, b.columns > 0, a.columns > 0,
      MatmulCut.isSmall(m: a.rows, n: b.columns, k: a.columns)
        || left.elementType == .f64 && MatrixProduct.isShort(m: a.rows, n: b.columns, k: a.columns),
      !Profile.isOn
    else { return nil }
    var dimensions: [Int] = []
    if left.rank == 2 { dimensions.append(a.rows) }
    if right.rank == 2 { dimensions.append(b.columns) }
    let result = try Tensor(uninitialized: Shape(checking: dimensions), left.elementType)
    // SAFETY: both lie within their tensors' storage, which live beyond the calls, and the result
    // has as many elements as the product.
    defer { withExtendedLifetime((left, right, result)) {} }
    if left.elementType == .f64 {
      try Backends.current.multiply(
        a.matrix(left) as DoubleMatrix, b.matrix(right), bias: nil, rectified: false,
        into: result.pointer.assumingMemoryBound(to: Double.self))
    } else {
      Backends.current.multiply(
        a.matrix(left) as FloatMatrix, b.matrix(right),
        into: result.pointer.assumingMemoryBound(to: Float.self))
    }
    return result
  }

  /// How an operand of a product lies: a vector is a row on the left, and a column on the right.
  private struct Sides {
    let rows: Int
    let columns: Int
    let rowStride: Int
    let columnStride: Int

    init?(_ tensor: Tensor, isLeft: Bool) {
      switch tensor.rank {
      case 1:
        let stride = tensor.customStrides?[0] ?? 1
        (rows, columns) = isLeft ? (1, tensor.count) : (tensor.count, 1)
        (rowStride, columnStride) = isLeft ? (tensor.count, stride) : (stride, 1)
      case 2:
        (rows, columns) = (tensor.shape[0], tensor.shape[1])
        (rowStride, columnStride) =
          tensor.customStrides.map { ($0[0], $0[1]) } ?? (tensor.shape[1], 1)
      default: return nil
      }
    }

    func matrix<Number>(_ tensor: Tensor) -> StridedMatrix<Number> {
      StridedMatrix(
        pointer: UnsafePointer(tensor.pointer.assumingMemoryBound(to: Number.self)), rows: rows,
        columns: columns, rowStride: rowStride, columnStride: columnStride)
    }
  }
}
