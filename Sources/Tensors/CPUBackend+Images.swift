import CKernels

// SAFETY, for all that follows: callers give addresses of memory that holds what the operand says
// and lives until the call returns.

extension CPUBackend {
  package func plan(
    _ convolution: ConvolutionPlan.Key
  ) throws(TensorError) -> (any PlannedConvolution)? {
    let plan = try ConvolutionPlan(convolution)
    return plan.isAvailable ? plan : nil
  }

  package func convolve(
    _ convolution: ConvolutionPlan.Key, images: Floats, weights: Floats,
    bias: UnsafePointer<Float>?, outputs: Floats
  ) throws(TensorError) -> Bool {
    try Self.convolutions.withPlan(
      convolution, make: ConvolutionPlan.init
    ) { (plan) throws(TensorError) in
      guard plan.isAvailable else { return false }
      try plan.execute(
        // Outputs only read it.
        images: images, weights: weights, bias: bias.map { Floats(mutating: $0) },
        outputs: outputs, retaining: 0)
      return true
    }
  }

  package func pool(
    _ windows: PoolingGeometry, rows: Int, _ type: ElementType, _ images: UnsafeRawPointer,
    into outputs: UnsafeMutableRawPointer
  ) {
    var pools = windows.pools(rows: rows)
    nnsh_pool(&pools, windows.kind.code, type.code, images, outputs)
  }

  package func unpool(
    _ windows: PoolingGeometry, rows: Int, _ type: ElementType, rectified: Bool,
    images: UnsafeRawPointer, outputs: UnsafeRawPointer, gradient: UnsafeRawPointer,
    into back: UnsafeMutableRawPointer
  ) {
    var pools = windows.pools(rows: rows)
    nnsh_unpool(
      &pools, windows.kind.code, type.code, rectified ? 1 : 0, images, outputs, gradient, back)
  }

  package func chooseLargest(
    _ windows: PoolingGeometry, rows: Int, _ type: ElementType, images: UnsafeRawPointer,
    outputs: UnsafeRawPointer, of numbers: UnsafeRawPointer,
    into chosen: UnsafeMutableRawPointer
  ) {
    var pools = windows.pools(rows: rows)
    nnsh_pool_chosen(&pools, type.code, images, outputs, numbers, chosen)
  }

  package func columnTotals(
    of rows: FloatRows, around centres: [Double]?
  ) throws(TensorError) -> [Double] {
    var totals = [Double](repeating: 0, count: rows.columns)
    try checkStatus(
      nnsh_column_totals(rows.pointer, rows.rows, rows.columns, centres, &totals))
    return totals
  }

  package func standardizeColumns(
    of rows: FloatRows, _ columns: ColumnStatistics, gamma: Floats, beta: Floats,
    rectified: Bool, into output: FloatRows
  ) {
    nnsh_standardize_columns(
      rows.pointer, rows.rows, rows.columns, columns.means, columns.scales, gamma, beta,
      rectified ? 1 : 0, output.pointer)
  }

  package func columnProducts(
    of gradient: FloatRows, _ rows: FloatRows, _ columns: ColumnStatistics,
    rectified output: FloatRows?
  ) throws(TensorError) -> [Double] {
    var both = [Double](repeating: 0, count: 2 * gradient.columns)
    try checkStatus(
      nnsh_column_products(
        gradient.pointer, rows.pointer, output?.pointer, gradient.rows, gradient.columns,
        columns.means, columns.scales, &both))
    return both
  }

  package func standardizeColumnsBack(
    _ gradient: FloatRows, _ rows: FloatRows, _ columns: ColumnStatistics, factors: Floats,
    shifts: Floats, slopes: Floats
  ) {
    nnsh_standardize_columns_back(
      gradient.pointer, rows.pointer, gradient.rows, gradient.columns, columns.means,
      columns.scales, factors, shifts, slopes)
  }
}
