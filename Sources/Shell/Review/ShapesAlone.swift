import Tensors

/// Computes nothing: tensors that "run" on it have their shapes, and elements that mean nothing.
/// What checks shapes before it computes is thus asked about shapes of any size at no cost.
struct ShapesAlone: Backend {
  /// Runs `body` with nothing computed on this thread.
  static func without<Result>(_ body: () throws -> Result) rethrows -> Result {
    try Backends.replaced(by: ShapesAlone(), body)
  }

  func run(_ program: ElementwiseCall) {}
  func reduce(
    _ reduction: Int32, _ source: AxisOperand, means: [Double]?,
    into result: UnsafeMutablePointer<Double>
  ) {}
  func findExtremes(
    largest: Bool, _ source: AxisOperand, into positions: UnsafeMutablePointer<Double>
  ) {}
  func sumCumulatively(_ source: AxisOperand, into result: UnsafeMutableRawPointer) {}
  func softmax(
    _ source: RowOperand, logarithm: Bool, whole: Bool, into result: UnsafeMutableRawPointer
  ) {}
  func plan(_ product: MatmulPlan.Key) -> any PlannedProduct { NoProduct() }
  func multiply(
    _ product: MatmulPlan.Key, _ a: UnsafeRawPointer, _ b: UnsafeRawPointer,
    bias: UnsafeRawPointer?, into result: UnsafeMutableRawPointer
  ) {}
  func multiply(_ a: FloatMatrix, _ b: FloatMatrix, into result: UnsafeMutablePointer<Float>) {}
  func multiply(
    _ a: DoubleMatrix, _ b: DoubleMatrix, bias: UnsafePointer<Double>?, rectified: Bool,
    into result: UnsafeMutablePointer<Double>
  ) {}
  func plan(_ convolution: ConvolutionPlan.Key) -> (any PlannedConvolution)? { NoConvolution() }
  func convolve(
    _ convolution: ConvolutionPlan.Key, images: Floats, weights: Floats,
    bias: UnsafePointer<Float>?, outputs: Floats
  ) -> Bool { true }
  func attend(_ attention: AttentionPlan.Key, _ operands: AttentionPlan.Operands) {}
  func recur(_ recurrence: RecurrentPlan.Key, _ operands: RecurrentPlan.Operands) {}
  func pool(
    _ windows: PoolingGeometry, rows: Int, _ type: ElementType, _ images: UnsafeRawPointer,
    into outputs: UnsafeMutableRawPointer
  ) {}
  func unpool(
    _ windows: PoolingGeometry, rows: Int, _ type: ElementType, rectified: Bool,
    images: UnsafeRawPointer, outputs: UnsafeRawPointer, gradient: UnsafeRawPointer,
    into back: UnsafeMutableRawPointer
  ) {}
  func chooseLargest(
    _ windows: PoolingGeometry, rows: Int, _ type: ElementType, images: UnsafeRawPointer,
    outputs: UnsafeRawPointer, of numbers: UnsafeRawPointer,
    into chosen: UnsafeMutableRawPointer
  ) {}
  func columnTotals(of rows: FloatRows, around centres: [Double]?) -> [Double] {
    [Double](repeating: 0, count: rows.columns)
  }
  func standardizeColumns(
    of rows: FloatRows, _ columns: ColumnStatistics, gamma: Floats, beta: Floats,
    rectified: Bool, into output: FloatRows
  ) {}
  func columnProducts(
    of gradient: FloatRows, _ rows: FloatRows, _ columns: ColumnStatistics,
    rectified output: FloatRows?
  ) -> [Double] { [Double](repeating: 0, count: 2 * gradient.columns) }
  func standardizeColumnsBack(
    _ gradient: FloatRows, _ rows: FloatRows, _ columns: ColumnStatistics, factors: Floats,
    shifts: Floats, slopes: Floats
  ) {}
  func standardizeGroups(
    _ groups: ChannelGroups, of x: Floats, gamma: Floats, beta: Floats, epsilon: Float,
    scratch: Floats, _ kept: ColumnStatistics, into output: Floats
  ) {}
  func standardizeGroupsBack(
    _ groups: ChannelGroups, _ gradient: Floats, of x: Floats, _ kept: ColumnStatistics,
    gamma: Floats, scratch: Floats
  ) -> (gamma: [Double], beta: [Double]) {
    let zeros = [Double](repeating: 0, count: groups.channels)
    return (zeros, zeros)
  }
  func standardizeRows(
    of rows: FloatRows, gamma: Floats, beta: Floats, epsilon: Float, scales: Floats,
    means: Floats, into output: Floats
  ) {}
  func standardizeRowsBack(
    _ gradient: FloatRows, of rows: Floats, scales: Floats, means: Floats, gamma: Floats,
    into back: Floats
  ) -> (gamma: [Double], beta: [Double]) {
    let zeros = [Double](repeating: 0, count: gradient.columns)
    return (zeros, zeros)
  }
  func apply(_ operation: UnaryOperation, to rows: FloatRows, into result: FloatRows) {}
  func mask(_ gradient: FloatRows, rectified output: FloatRows) {}
  func sumColumns(of rows: FloatRows, into sums: Floats, retaining retained: Float) {}
  func crossEntropy(
    logits: FloatRows, targets: FloatRows, scale: Float, gradient: FloatRows?, losses: Floats
  ) -> Int { 0 }
  func squaredErrors(
    of outputs: FloatRows, _ targets: FloatRows, scale: Float, gradient: FloatRows?,
    sums: UnsafeMutablePointer<Double>
  ) {}
  func update(
    _ rule: Int, _ weights: FloatRows, states: (FloatRows?, FloatRows?), gradient: FloatRows,
    numbers: SIMD8<Double>
  ) {}
  func update(
    _ rule: Int, _ weights: inout Tensor, states: inout [Tensor], gradient: Tensor,
    numbers: SIMD8<Double>
  ) {}
  func round(_ numbers: FloatRows, into halves: HalfRows) {}
  func gather(_ order: UnsafePointer<Int>, from source: FloatRows, into target: FloatRows) {}
  func firstNotFinite(in numbers: FloatRows) -> Int? { nil }

  private final class NoProduct: PlannedProduct {
    func execute(
      _ a: UnsafeRawPointer, _ b: UnsafeRawPointer, bias: UnsafeRawPointer?,
      _ destination: UnsafeMutableRawPointer
    ) {}
  }

  private final class NoConvolution: PlannedConvolution {
    func execute(
      images: Floats, weights: Floats, bias: Floats?, outputs: Floats, retaining retained: Float
    ) {}
  }
}
