import CKernels

/// What follows a matrix product in the same pass.
package enum Activation: Sendable { case none, relu }

extension Tensor {
  /// The matrix product by the rules of NumPy's `matmul`, with a bias (one number a column) added
  /// and an activation applied in the same pass.
  ///
  /// Float32 runs in oneDNN; where either side is Float64 both are, in a kernel of our own.
  /// Throws `matmul` where the inner sizes differ. Interruptible between pieces of large products.
  package static func matmul(
    _ left: Tensor, _ right: Tensor, bias: Tensor? = nil, activation: Activation = .none
  ) throws(TensorError) -> Tensor {
    if bias == nil, activation == .none, let product = try simpleProduct(left, right) {
      return product
    }
    if left.rank == 0 || right.rank == 0 { throw .matmulNumber }
    // A vector stands for a row on the left and for a column on the right.
    let a = left.rank == 1 ? try left.expandedDimensions(axis: 0) : left
    let b = right.rank == 1 ? try right.expandedDimensions(axis: 1) : right
    if a.shape[a.rank - 1] != b.shape[b.rank - 2] { throw .matmul(left.shape, right.shape) }
    let columns = b.shape[b.rank - 1]
    if let bias, bias.count != columns || bias.rank > 2 {
      throw .biasShape(bias.shape, columns: columns)
    }
    let type: ElementType =
      left.elementType == .f64 || right.elementType == .f64 ? .f64 : .working
    let rows = a.count / Swift.max(1, a.shape[a.rank - 1])
    var key: ProductMemo.Key?
    if ProductMemo.isWorthwhile(
      rows: rows, columns: columns, terms: a.shape[a.rank - 1], elementSize: type.size)
    {
      let known = ProductMemo.Key(
        left: .init(left), right: .init(right), bias: bias.map(ProductMemo.Operand.init),
        hasRelu: activation == .relu, type: type)
      if let result = ProductMemo.result(for: known) { return result }
      key = known
    }
    let product = MatrixProduct(
      left: try a.cast(to: type), right: try b.cast(to: type),
      bias: try bias?.cast(to: type).contiguous(), hasRelu: activation == .relu)
    let work = 2 * Double(rows) * Double(columns) * Double(a.shape[a.rank - 1])
    let result = try Profile.measure("matrix product", work: work) { () throws(TensorError) in
      try product.run(shapes: (left.shape, right.shape))
    }
    var dimensions = result.shape.dimensions
    if right.rank == 1 { dimensions.removeLast() }
    if left.rank == 1 { dimensions.remove(at: dimensions.count - (right.rank == 1 ? 1 : 2)) }
    let shaped = try result.reshaped(dimensions)
    if let key { ProductMemo.keep(shaped, for: key) }
    return shaped
  }

  /// NumPy's `dot`: the inner product of vectors, otherwise the matrix product; with a number, the
  /// product by it. (For higher ranks it is `matmul`.)
  package static func dot(_ left: Tensor, _ right: Tensor) throws(TensorError) -> Tensor {
    left.rank == 0 || right.rank == 0
      ? try apply(.multiply, left, right) : try matmul(left, right)
  }

  /// The products of all pairs of elements of two flat tensors, as a matrix.
  package static func outer(_ left: Tensor, _ right: Tensor) throws(TensorError) -> Tensor {
    try apply(
      .multiply, left.flattened().expandedDimensions(axis: 1),
      right.flattened().expandedDimensions(axis: 0))
  }

  /// The sum of the main diagonal of a matrix.
  package func trace() throws(TensorError) -> Tensor {
    if rank != 2 { throw .notAMatrix(operation: "trace", shape: shape) }
    return try diagonal().reduce(.sum)
  }

  /// The main diagonal of a matrix, as a view; of a vector, the matrix with it on the diagonal.
  package func diagonal() throws(TensorError) -> Tensor {
    let own = strides
    if rank == 2 {
      return Tensor(
        storage: storage, shape: Shape(unchecked: [Swift.min(shape[0], shape[1])]),
        strides: [own[0] + own[1]], offset: offset, elementType: elementType)
    }
    if rank != 1 { throw .notAMatrix(operation: "diag", shape: shape) }
    let result = try Tensor.zeros(Shape(checking: [count, count]), elementType)
    let place = Tensor(
      storage: result.storage, shape: shape, strides: [count + 1], elementType: elementType)
    try place.copyElements(from: self, strides: own, mode: nnsh_copy_new)
    return result
  }
}

/// One product of two tensors of rank 2 or more, of one element type.
struct MatrixProduct {
  var left: Tensor
  var right: Tensor
  var bias: Tensor?
  var hasRelu: Bool

  /// Above this many operations a product is cut into pieces of rows, so that it can be stopped.
  private static let pieceWork = 4e9
  /// What reading or writing an element counts beside an operation.
  private static let moveWork = 100.0
  /// The most terms that are summed at a time.
  private static let mostTerms = 2048

  private var m: Int { left.shape[left.rank - 2] }
  private var k: Int { left.shape[left.rank - 1] }
  private var n: Int { right.shape[right.rank - 1] }

  func run(shapes: (left: Shape, right: Shape)) throws(TensorError) -> Tensor {
    let leftBatch = Shape(unchecked: Array(left.shape.dimensions.dropLast(2)))
    let rightBatch = Shape(unchecked: Array(right.shape.dimensions.dropLast(2)))
    guard let batch = try? leftBatch.broadcast(rightBatch) else {
      throw .matmul(shapes.left, shapes.right)
    }
    let shape = try Shape(checking: batch.dimensions + [m, n])
    let result = try Tensor(uninitialized: shape, left.elementType)
    if shape.count == 0 { return result }
    if k == 0 {
      try result.fill(0)
      guard bias != nil || hasRelu else { return result }
      return try finish(result)
    }
    // Batches of the left side against one right side are more rows of one product.
    if rightBatch.count == 1 && leftBatch.count > 1 {
      let rows = try left.reshaped([-1, k])
      let matrix = try right.reshaped([k, n])
      try MatrixProduct(left: rows, right: matrix, bias: bias, hasRelu: hasRelu)
        .multiply(rows, matrix, into: result.reshaped([-1, n]))
      return result
    }
    try multiplyBatches(batch, result)
    return result
  }

  private func finish(_ result: Tensor) throws(TensorError) -> Tensor {
    var value = result
    if let bias { try value.apply(.add, with: bias.flattened()) }
    return hasRelu ? try Tensor.apply(.relu, consuming: value) : value
  }

  private func multiplyBatches(_ batch: Shape, _ result: Tensor) throws(TensorError) {
    let left = try left.broadcast(to: Shape(checking: batch.dimensions + [m, k]))
    let right = try right.broadcast(to: Shape(checking: batch.dimensions + [k, n]))
    var indices = [Int](repeating: 0, count: batch.rank)
    for _ in 0..<batch.count {
      let place = indices.map { Index.at($0) }
      try multiply(
        left.subscripted(place), right.subscripted(place), into: result.subscripted(place))
      for axis in indices.indices.reversed() {
        indices[axis] += 1
        if indices[axis] < batch[axis] { break }
        indices[axis] = 0
      }
    }
  }

  /// One product of matrices, in pieces of rows where it is long, and of terms where each sum is:
  /// oneDNN has its fast kernels for sums of some thousand terms.
  private func multiply(_ a: Tensor, _ b: Tensor, into c: Tensor) throws(TensorError) {
    let left = try Self.withUnitStride(a)
    let right = try Self.withUnitStride(b)
    let depths =
      a.elementType == .f64 ? [0..<k] : Self.parts(of: k, count: (k - 1) / Self.mostTerms + 1)
    for depth in depths {
      // A narrow product waits for memory: an element moved counts as much as many operations.
      let rowWork =
        2 * Double(n) * Double(depth.count) + Self.moveWork * Double(n + depth.count)
      let count = Int((Double(a.shape[0]) * rowWork / Self.pieceWork).rounded(.up))
      for rows in Self.parts(of: a.shape[0], count: Swift.max(1, count)) {
        if rows.count < a.shape[0] || depth.count < k { try Interrupt.check() }
        let terms = try left.rows(rows).transposed().rows(depth).transposed()
        try multiplyPiece(terms, right.rows(depth), into: c.rows(rows), depth)
      }
    }
  }

  /// About equal parts in whole multiples of 64, which fill the kernels' tiles.
  private static func parts(of size: Int, count: Int) -> [Range<Int>] {
    let units = (size + 63) / 64
    let parts = Swift.min(count, units)
    return (0..<parts).map { part in
      units * part / parts * 64..<Swift.min(size, units * (part + 1) / parts * 64)
    }
  }

  private func multiplyPiece(
    _ a: Tensor, _ b: Tensor, into c: Tensor, _ depth: Range<Int>
  ) throws(TensorError) {
    let rows = a.shape[0]
    let aStrides = Self.canonicalStrides(a)
    let bStrides = Self.canonicalStrides(b)
    // SAFETY: all three stay within their tensors' storage, which live beyond the call.
    defer { withExtendedLifetime((a, b, c, bias)) {} }
    if a.elementType == .f64 {
      try Backends.current.multiply(
        Self.doubles(a, aStrides), Self.doubles(b, bStrides),
        bias: bias?.pointer.assumingMemoryBound(to: Double.self), rectified: hasRelu,
        into: c.pointer.assumingMemoryBound(to: Double.self))
      return
    }
    // The bias comes with the first terms, what is there is added to with the others, and the
    // sum is rectified with the last.
    let addsBias = bias != nil && depth.lowerBound == 0
    let key = MatmulPlan.Key(
      m: rows, n: n, k: depth.count, leftStrides: aStrides, rightStrides: bStrides,
      destinationStride: n, hasBias: addsBias, hasRelu: hasRelu && depth.upperBound == k,
      accumulate: depth.lowerBound == 0 ? 0 : 1)
    try Backends.current.multiply(
      key, a.pointer, b.pointer, bias: addsBias ? bias?.pointer : nil, into: c.pointer)
  }

  private static func doubles(_ matrix: Tensor, _ strides: [Int]) -> DoubleMatrix {
    DoubleMatrix(
      pointer: UnsafePointer(matrix.pointer.assumingMemoryBound(to: Double.self)),
      rows: matrix.shape[0], columns: matrix.shape[1], rowStride: strides[0],
      columnStride: strides[1])
  }

  /// Whether a product is over before anybody could wish to stop it, or to keep its result.
  static func isShort(m: Int, n: Int, k: Int) -> Bool {
    Double(m) * Double(n) * Double(k) < ProductMemo.leastWork
  }

  /// Whether one call computes a product of this size.
  static func isOnePiece(m: Int, n: Int, k: Int, _ type: ElementType) -> Bool {
    guard type == .f64 || k <= mostTerms else { return false }
    let rowWork = 2 * Double(n) * Double(k) + moveWork * Double(n + k)
    return Double(m) * rowWork <= pieceWork
  }

  /// oneDNN's fast kernels want one of the two strides to be 1 and the other not to be too short.
  private static func withUnitStride(_ matrix: Tensor) throws(TensorError) -> Tensor {
    let (rows, columns) = (matrix.shape[0], matrix.shape[1])
    let isFit = unitStrides(matrix.strides, rows: rows, columns: columns) != nil
    return isFit ? matrix : try matrix.copied(as: matrix.elementType)
  }

  /// The strides as products read them; nil where the matrix must be copied first.
  static func unitStrides(_ strides: [Int], rows: Int, columns: Int) -> [Int]? {
    let strides = canonicalStrides(strides, rows: rows, columns: columns)
    let isPlain = strides[1] == 1 && strides[0] >= columns
    let isTransposed = strides[0] == 1 && strides[1] >= rows
    return isPlain || isTransposed ? strides : nil
  }

  /// The strides, with those of axes of length 1 (where any would do) as in a contiguous matrix.
  /// All others say where elements lie: a stretched axis keeps its stride of 0.
  private static func canonicalStrides(_ matrix: Tensor) -> [Int] {
    canonicalStrides(matrix.strides, rows: matrix.shape[0], columns: matrix.shape[1])
  }

  private static func canonicalStrides(_ strides: [Int], rows: Int, columns: Int) -> [Int] {
    var strides = strides
    if columns == 1 { strides[1] = 1 }
    if rows == 1 { strides[0] = columns * strides[1] }
    return strides
  }
}
