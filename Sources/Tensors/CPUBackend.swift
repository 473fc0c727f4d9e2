import CKernels

/// The processor: the kernels of CKernels, and oneDNN's products.
package struct CPUBackend: Backend {
  private static let products = IdlePlans<MatmulPlan>(limit: 64)
  static let convolutions = IdlePlans<ConvolutionPlan>(limit: 32)
  static let attentions = IdlePlans<AttentionPlan>(limit: 8)
  static let recurrences = IdlePlans<RecurrentPlan>(limit: 8)

  package init() {}

  // SAFETY, for all that follows: callers give addresses of memory that holds what the operand says
  // and lives until the call returns.

  package func run(_ call: ElementwiseCall) throws(TensorError) {
    var count = call.shape.count
    let status =
      call.isFlat
      ? nnsh_program_run(
        call.codes, Int32(call.codes.count), Int32(call.operands.count), call.operands,
        call.strides, call.computeType.code, call.result, call.resultType.code, 1, &count,
        call.inPlace ? 1 : 0)
      : nnsh_program_run(
        call.codes, Int32(call.codes.count), Int32(call.operands.count), call.operands,
        call.strides, call.computeType.code, call.result, call.resultType.code,
        Int32(call.shape.rank), call.shape.dimensions, call.inPlace ? 1 : 0)
    try checkStatus(status)
  }

  package func run(_ call: ShortElementwiseCall) {
    nnsh_short_run(
      call.operation.code, call.first, call.second ?? call.first, call.second == nil ? 1 : 2,
      call.type.code, call.result, call.shape.count)
  }

  package func reduce(
    _ reduction: Int32, _ source: AxisOperand, means: [Double]?,
    into result: UnsafeMutablePointer<Double>
  ) throws(TensorError) {
    try checkStatus(
      nnsh_reduce(
        reduction, source.type.code, source.pointer, source.outer, source.length, source.inner,
        means, result))
  }

  package func findExtremes(
    largest: Bool, _ source: AxisOperand, into positions: UnsafeMutablePointer<Double>
  ) throws(TensorError) {
    try checkStatus(
      nnsh_argument_extreme(
        largest ? 1 : 0, source.type.code, source.pointer, source.outer, source.length,
        source.inner, positions))
  }

  package func sumCumulatively(
    _ source: AxisOperand, into result: UnsafeMutableRawPointer
  ) throws(TensorError) {
    try checkStatus(
      nnsh_cumulative_sum(
        source.type.code, source.pointer, source.outer, source.length, source.inner, result))
  }

  package func softmax(
    _ source: RowOperand, logarithm: Bool, whole: Bool, into result: UnsafeMutableRawPointer
  ) throws(TensorError) {
    try checkStatus(
      nnsh_softmax(
        logarithm ? 1 : 0, source.type.code, source.pointer, source.rows, source.columns, result,
        whole ? 1 : 0))
  }

  package func plan(_ product: MatmulPlan.Key) throws(TensorError) -> any PlannedProduct {
    try MatmulPlan(product)
  }

  package func multiply(
    _ product: MatmulPlan.Key, _ a: UnsafeRawPointer, _ b: UnsafeRawPointer,
    bias: UnsafeRawPointer?, into result: UnsafeMutableRawPointer
  ) throws(TensorError) {
    try Self.products.withPlan(product, make: MatmulPlan.init) { (plan) throws(TensorError) in
      try plan.execute(a, b, bias: bias, result)
    }
  }

  package func multiply(
    _ a: FloatMatrix, _ b: FloatMatrix, into result: UnsafeMutablePointer<Float>
  ) {
    nnsh_gemm_f32(
      a.pointer, a.rowStride, a.columnStride, b.pointer, b.rowStride, b.columnStride, a.rows,
      b.columns, a.columns, nil, 0, result, b.columns)
  }

  package func multiply(
    _ a: DoubleMatrix, _ b: DoubleMatrix, bias: UnsafePointer<Double>?, rectified: Bool,
    into result: UnsafeMutablePointer<Double>
  ) throws(TensorError) {
    try checkStatus(
      nnsh_gemm_f64(
        a.pointer, a.rowStride, a.columnStride, b.pointer, b.rowStride, b.columnStride, a.rows,
        b.columns, a.columns, bias, rectified ? 1 : 0, result))
  }

  package func apply(_ operation: UnaryOperation, to rows: FloatRows, into result: FloatRows) {
    nnsh_unary_f32(operation.rawValue, result.pointer, rows.pointer, rows.count)
  }

  package func mask(_ gradient: FloatRows, rectified output: FloatRows) {
    nnsh_relu_mask(gradient.pointer, output.pointer, output.count)
  }

  package func sumColumns(of rows: FloatRows, into sums: Floats, retaining retained: Float) {
    nnsh_column_sums(rows.pointer, rows.rows, rows.columns, rows.columns, retained, sums)
  }

  package func crossEntropy(
    logits: FloatRows, targets: FloatRows, scale: Float, gradient: FloatRows?, losses: Floats
  ) -> Int {
    var correct = 0
    _ = nnsh_softmax_cross_entropy_rows(
      logits.pointer, targets.pointer, logits.rows, logits.columns, scale, gradient?.pointer,
      losses, &correct)
    return correct
  }

  package func squaredErrors(
    of outputs: FloatRows, _ targets: FloatRows, scale: Float, gradient: FloatRows?,
    sums: UnsafeMutablePointer<Double>
  ) {
    nnsh_squared_errors(
      outputs.pointer, targets.pointer, outputs.rows, outputs.columns, scale, gradient?.pointer,
      sums)
  }

  package func round(_ numbers: FloatRows, into halves: HalfRows) {
    nnsh_f32_to_bf16(numbers.pointer, halves.pointer, numbers.count)
  }

  package func gather(
    _ order: UnsafePointer<Int>, from source: FloatRows, into target: FloatRows
  ) {
    nnsh_gather_rows(
      source.pointer, order, target.rows, target.columns * target.width, target.pointer)
  }

  package func firstNotFinite(in numbers: FloatRows) -> Int? {
    let position =
      numbers.type == .f64
      ? nnsh_first_nonfinite_f64(numbers.doubles, numbers.count)
      : nnsh_first_nonfinite_f32(numbers.pointer, numbers.count)
    return position < 0 ? nil : position
  }
}
