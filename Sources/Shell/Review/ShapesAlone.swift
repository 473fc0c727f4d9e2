import Tensors

/// Computes nothing: tensors that "run" on it have their shapes, and elements that mean nothing.
/// What checks shapes before it computes is thus asked about shapes of any size at no cost.
struct ShapesAlone: Backend {
  /// Runs `body` with nothing computed. No other thread may work on tensors meanwhile.
  static func without<Result>(_ body: () throws -> Result) rethrows -> Result {
    let before = Backends.current
    Backends.current = ShapesAlone()
    defer { Backends.current = before }
    return try body()
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
  func multiply(
    _ a: DoubleMatrix, _ b: DoubleMatrix, bias: UnsafePointer<Double>?, rectified: Bool,
    into result: UnsafeMutablePointer<Double>
  ) {}
  func apply(_ operation: UnaryOperation, to rows: FloatRows) {}
  func mask(_ gradient: FloatRows, rectified output: FloatRows) {}
  func sumColumns(of rows: FloatRows, into sums: Floats, retaining retained: Float) {}
  func crossEntropy(
    logits: FloatRows, targets: FloatRows, scale: Float, gradient: FloatRows?, losses: Floats
  ) -> Int { 0 }
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
}
