import CKernels

// Decompositions of matrices by LAPACK, in Float64; results are of the operand's type.

extension Tensor {
  /// A⁻¹ of a square matrix.
  ///
  /// - Throws: where it is singular, with its condition number.
  package func inverse() throws(TensorError) -> Tensor {
    try solve(.identity(requireSquare(), elementType.arithmetic))
  }

  /// X with A X = B; of a vector B, a vector.
  ///
  /// - Throws: where A is singular, with its condition number.
  package func solve(_ right: Tensor) throws(TensorError) -> Tensor {
    let size = try requireSquare()
    guard right.rank == 1 || right.rank == 2, right.shape[0] == size else {
      throw .decomposition(
        "the right side of \(shape) has \(size) rows, and this is \(right.shape)")
    }
    let columns = right.rank == 1 ? 1 : right.shape[1]
    var work = try Decomposition(of: self)
    work.b = try right.rank == 1 ? right.guardedDoubles() : right.byColumns()
    try work.run(nnsh_solving, columns: columns)
    // Below this, not one digit of the result would be right.
    if work.condition < 1e-16 { throw .singular(condition: 1 / work.condition) }
    let type: ElementType =
      elementType == .f64 || right.elementType == .f64 ? .f64 : elementType.arithmetic
    return try right.rank == 1
      ? Tensor(doubles: work.b, elementType: type)
      : .byColumns(work.b[...], rows: size, columns: columns, type)
  }

  /// The determinant of a square matrix.
  package func determinant() throws(TensorError) -> Double {
    _ = try requireSquare()
    var work = try Decomposition(of: self)
    work.c = [0]
    try work.run(nnsh_determinant)
    return work.c[0]
  }

  /// The lower triangular L with L Lᵀ = A, of which the lower half is read.
  ///
  /// - Throws: where A is not positive definite.
  package func cholesky() throws(TensorError) -> Tensor {
    let size = try requireSquare()
    var work = try Decomposition(of: self)
    if try work.run(nnsh_cholesky) > 0 {
      throw .decomposition("the matrix is not positive definite")
    }
    return try .byColumns(work.a[...], rows: size, columns: size, elementType)
  }

  /// Eigenvalues of a symmetric matrix, ascending, and the eigenvectors in columns.
  package func symmetricEigen() throws(TensorError) -> (values: Tensor, vectors: Tensor) {
    let size = try requireSquare()
    var work = try Decomposition(of: self)
    work.c = [Double](repeating: 0, count: size)
    if try work.run(nnsh_eigenvalues) > 0 {
      throw .decomposition("the eigenvalues did not converge")
    }
    return (
      try Tensor(doubles: work.c, elementType: elementType.arithmetic),
      try .byColumns(work.a[...], rows: size, columns: size, elementType)
    )
  }

  /// U (M×K), the singular values descending, and Vᵀ (K×N), with K the smaller side.
  package func singularValues() throws(TensorError) -> (u: Tensor, values: Tensor, v: Tensor) {
    let (rows, columns) = try requireMatrix()
    let count = Swift.min(rows, columns)
    var work = try Decomposition(of: self)
    work.c = Decomposition.room(count + count * columns)
    work.b = Decomposition.room(rows * count)
    if try work.run(nnsh_singular_values) > 0 {
      throw .decomposition("the singular values did not converge")
    }
    return (
      try .byColumns(work.b[...], rows: rows, columns: count, elementType),
      try Tensor(doubles: Array(work.c[..<count]), elementType: elementType.arithmetic),
      try .byColumns(work.c[count...], rows: count, columns: columns, elementType)
    )
  }

  /// Q (M×K) with orthonormal columns and the upper triangular R (K×N), with Q R = A.
  package func orthogonalTriangular() throws(TensorError) -> (q: Tensor, r: Tensor) {
    let (rows, columns) = try requireMatrix()
    let count = Swift.min(rows, columns)
    var work = try Decomposition(of: self)
    work.c = Decomposition.room(count * columns)
    try work.run(nnsh_orthogonal)
    return (
      try .byColumns(work.a[..<(rows * count)], rows: rows, columns: count, elementType),
      try .byColumns(work.c[...], rows: count, columns: columns, elementType)
    )
  }

  /// The X of least norm for which |A X − B| is least.
  package func leastSquares(_ right: Tensor) throws(TensorError) -> Tensor {
    let (rows, columns) = try requireMatrix()
    guard right.rank == 1 || right.rank == 2, right.shape[0] == rows else {
      throw .decomposition(
        "the right side of \(shape) has \(rows) rows, and this is \(right.shape)")
    }
    let sides = right.rank == 1 ? 1 : right.shape[1]
    let height = Swift.max(rows, columns)
    try MemoryGuard.check(elements: Double(height) * Double(sides), bytesEach: 8)
    let given = try right.rank == 1 ? right.guardedDoubles() : right.byColumns()
    var work = try Decomposition(of: self)
    work.b = [Double](repeating: 0, count: height * sides)
    // Of no rows there can be any number of columns.
    let filled = height == 0 ? 0 : sides
    for column in 0..<filled {
      if column & 0xFFF == 0 { try Interrupt.check() }
      for row in 0..<rows { work.b[column * height + row] = given[column * rows + row] }
    }
    // LAPACK complains on standard error of a right side without columns.
    if sides > 0, try work.run(nnsh_least_squares, columns: sides) > 0 {
      throw .decomposition("the singular values did not converge")
    }
    var solution: [Double] = []
    for column in 0..<filled {
      if column & 0xFFF == 0 { try Interrupt.check() }
      solution += work.b[column * height..<column * height + columns]
    }
    let type: ElementType =
      elementType == .f64 || right.elementType == .f64 ? .f64 : elementType.arithmetic
    return try right.rank == 1
      ? Tensor(doubles: solution, elementType: type)
      : .byColumns(solution[...], rows: columns, columns: sides, type)
  }

  private func requireMatrix() throws(TensorError) -> (rows: Int, columns: Int) {
    guard rank == 2 else {
      throw .decomposition("a matrix is decomposed, and this is of shape \(shape)")
    }
    return (shape[0], shape[1])
  }

  private func requireSquare() throws(TensorError) -> Int {
    let (rows, columns) = try requireMatrix()
    guard rows == columns else {
      throw .decomposition("this takes a square matrix, and \(shape) is none")
    }
    return rows
  }

  fileprivate func byColumns() throws(TensorError) -> [Double] {
    try transposed().guardedDoubles()
  }

  private static func byColumns(
    _ numbers: ArraySlice<Double>, rows: Int, columns: Int, _ type: ElementType
  ) throws(TensorError) -> Tensor {
    try Tensor(
      doubles: Array(numbers), Shape(checking: [columns, rows]),
      elementType: type.arithmetic
    ).transposed().contiguous()
  }
}

/// One call of LAPACK: the matrix column by column, and what the call needs beside it.
private struct Decomposition {
  var a: [Double]
  var b: [Double] = []
  var c: [Double] = []
  private(set) var condition = 0.0
  private let rows: Int
  private let columns: Int

  init(of matrix: Tensor) throws(TensorError) {
    (rows, columns) = (matrix.shape[0], matrix.shape[1])
    a = try matrix.byColumns()
    for start in stride(from: 0, to: a.count, by: Tensor.blockLength) {
      try Interrupt.check()
      let block = a[start..<min(a.count, start + Tensor.blockLength)]
      guard block.allSatisfy(\.isFinite) else {
        throw .decomposition("the matrix holds NaN or infinity")
      }
    }
  }

  /// Room for numbers that the call writes: setting them before would take as long as a copy.
  static func room(_ count: Int) -> [Double] {
    // SAFETY: any bits are a Float64, and the call writes all of them before they are read.
    [Double](unsafeUninitializedCapacity: count) { $1 = count }
  }

  /// What OpenBLAS takes for itself, in bytes: it ends the process where it cannot have that.
  private static let workspace = 64 << 20

  /// - Returns: LAPACK's number above 0 where it did not succeed.
  @discardableResult
  mutating func run(
    _ kind: nnsh_decomposition, columns sides: Int = 1
  ) throws(TensorError) -> Int {
    try MemoryGuard.require(8 * (a.count + b.count + c.count) + Self.workspace)
    guard let m = Int32(exactly: rows), let n = Int32(exactly: columns),
      let count = Int32(exactly: sides)
    else {
      throw .decomposition("LAPACK counts rows and columns up to \(Int32.max)")
    }
    // SAFETY: each array is as long as is said, and C works on copies.
    let status = nnsh_decompose(
      kind, m, n, count, &a, a.count, &b, b.count, &c, c.count, &condition)
    switch status {
    case -100:
      throw .decomposition(
        "LAPACK is not on this machine: apt-get install libopenblas0-pthread brings it")
    case -101: throw .decomposition("not enough memory for the decomposition")
    case -102: throw .interrupted
    case ..<0: throw .decomposition("the matrix is larger than LAPACK can work on")
    default: return Int(status)
    }
  }
}
