import CKernels
import Synchronization

/// What computes: matrix products, elementwise programs, reductions, softmax, and the kernels of
/// a training step. Tensors reach it as `Backends.current`, a trainer's plans hold the one that
/// they were made with; nothing else calls a kernel that computes.
///
/// There is the processor's, `CPUBackend`. Another takes its place as a whole: it is told addresses
/// in the process's memory, and has done its work when a call returns. Convolutions that it has no
/// kernel for come as products of windows. A call costs one indirect jump, so that there is one a
/// kernel and none an element.
package protocol Backend: Sendable {
  // MARK: tensors

  func run(_ program: ElementwiseCall) throws(TensorError)
  /// One operation on few numbers.
  func run(_ call: ShortElementwiseCall) throws(TensorError)
  /// Fills outer × inner numbers.
  func reduce(
    _ reduction: Int32, _ source: AxisOperand, means: [Double]?,
    into result: UnsafeMutablePointer<Double>
  ) throws(TensorError)
  /// Fills outer × inner positions along the axis, of the first of equals.
  func findExtremes(
    largest: Bool, _ source: AxisOperand, into positions: UnsafeMutablePointer<Double>
  ) throws(TensorError)
  /// Running sums along the axis, of the operand's own shape and type.
  func sumCumulatively(_ source: AxisOperand, into result: UnsafeMutableRawPointer)
    throws(TensorError)
  /// The softmax of each row, or its logarithm. A whole one is never cut short by an interruption.
  func softmax(
    _ source: RowOperand, logarithm: Bool, whole: Bool, into result: UnsafeMutableRawPointer
  ) throws(TensorError)

  // MARK: products

  /// A Float32 product to be executed many times.
  func plan(_ product: MatmulPlan.Key) throws(TensorError) -> any PlannedProduct
  /// The same once.
  func multiply(
    _ product: MatmulPlan.Key, _ a: UnsafeRawPointer, _ b: UnsafeRawPointer,
    bias: UnsafeRawPointer?, into result: UnsafeMutableRawPointer
  ) throws(TensorError)
  /// A Float32 product of few numbers (`MatmulCut.isSmall`) into a contiguous matrix.
  func multiply(_ a: FloatMatrix, _ b: FloatMatrix, into result: UnsafeMutablePointer<Float>)
  /// A Float64 product of strided matrices into a contiguous one.
  func multiply(
    _ a: DoubleMatrix, _ b: DoubleMatrix, bias: UnsafePointer<Double>?, rectified: Bool,
    into result: UnsafeMutablePointer<Double>
  ) throws(TensorError)

  // MARK: convolutions

  /// A convolution or one of its gradients, to be executed many times; nil where there is no kernel
  /// for it.
  func plan(
    _ convolution: ConvolutionPlan.Key
  ) throws(TensorError) -> (any PlannedConvolution)?
  /// The same once.
  ///
  /// - Returns: whether there is a kernel for it.
  func convolve(
    _ convolution: ConvolutionPlan.Key, images: Floats, weights: Floats,
    bias: UnsafePointer<Float>?, outputs: Floats
  ) throws(TensorError) -> Bool

  // MARK: sequences

  /// The attention of all heads, or its gradient.
  func attend(
    _ attention: AttentionPlan.Key, _ operands: AttentionPlan.Operands
  ) throws(TensorError)
  /// All steps of a recurrent layer, or their gradient.
  func recur(
    _ recurrence: RecurrentPlan.Key, _ operands: RecurrentPlan.Operands
  ) throws(TensorError)

  // MARK: windows of images, never cut short

  /// What is taken of each window of contiguous images.
  func pool(
    _ windows: PoolingGeometry, rows: Int, _ type: ElementType, _ images: UnsafeRawPointer,
    into outputs: UnsafeMutableRawPointer)
  /// The images' gradient.
  ///
  /// - Parameter rectified: whether the images were rectified, and their gradient is wanted for what
  ///   they were before: 0 where they are 0. Of the largest elements alone.
  func unpool(
    _ windows: PoolingGeometry, rows: Int, _ type: ElementType, rectified: Bool,
    images: UnsafeRawPointer, outputs: UnsafeRawPointer, gradient: UnsafeRawPointer,
    into back: UnsafeMutableRawPointer)
  /// Of numbers that lie as the images do, the mean of those where a window is largest.
  func chooseLargest(
    _ windows: PoolingGeometry, rows: Int, _ type: ElementType, images: UnsafeRawPointer,
    outputs: UnsafeRawPointer, of numbers: UnsafeRawPointer,
    into chosen: UnsafeMutableRawPointer)

  // MARK: steps of training, never cut short

  /// Applies an operation to every number; the result may lie in the same memory.
  func apply(_ operation: UnaryOperation, to rows: FloatRows, into result: FloatRows)
  /// Sets the gradient to 0 where a rectifier's output is 0.
  func mask(_ gradient: FloatRows, rectified output: FloatRows)
  /// The sums of the columns, added to `retained` times what `sums` holds.
  func sumColumns(of rows: FloatRows, into sums: Floats, retaining retained: Float)
  /// The sum of each column, or of its squared deviations from a centre.
  func columnTotals(
    of rows: FloatRows, around centres: [Double]?
  ) throws(TensorError) -> [Double]
  /// output = gamma · (rows − mean) · scale + beta, column by column; max(0, ·) of that where it is
  /// rectified.
  func standardizeColumns(
    of rows: FloatRows, _ columns: ColumnStatistics, gamma: Floats, beta: Floats,
    rectified: Bool, into output: FloatRows)
  /// The sums of the columns of a gradient, and after them those of gradient · (rows − mean) · scale.
  /// Where what came out was rectified, the gradient is first set to 0 where that is 0.
  func columnProducts(
    of gradient: FloatRows, _ rows: FloatRows, _ columns: ColumnStatistics,
    rectified output: FloatRows?
  ) throws(TensorError) -> [Double]
  /// gradient = factor · gradient − shift − (rows − mean) · scale · slope, column by column.
  func standardizeColumnsBack(
    _ gradient: FloatRows, _ rows: FloatRows, _ columns: ColumnStatistics, factors: Floats,
    shifts: Floats, slopes: Floats)
  /// output = gamma · (rows − mean) · scale + beta, each row with its own mean and scale,
  /// 1/√(variance + epsilon), which are kept.
  func standardizeRows(
    of rows: FloatRows, gamma: Floats, beta: Floats, epsilon: Float, scales: Floats,
    means: Floats, into output: Floats)
  /// The gradient of the rows for one of the output; gives those of gamma and beta.
  func standardizeRowsBack(
    _ gradient: FloatRows, of rows: Floats, scales: Floats, means: Floats, gamma: Floats,
    into back: Floats
  ) throws(TensorError) -> (gamma: [Double], beta: [Double])
  /// output = gamma · (x − mean) · scale + beta, each group of channels of each row with its own mean
  /// and scale, 1/√(variance + epsilon), which are kept, rows × channels each.
  func standardizeGroups(
    _ groups: ChannelGroups, of x: Floats, gamma: Floats, beta: Floats, epsilon: Float,
    scratch: Floats, _ kept: ColumnStatistics, into output: Floats)
  /// The gradient of the output becomes that of x; gives those of gamma and beta.
  func standardizeGroupsBack(
    _ groups: ChannelGroups, _ gradient: Floats, of x: Floats, _ kept: ColumnStatistics,
    gamma: Floats, scratch: Floats
  ) -> (gamma: [Double], beta: [Double])
  /// Softmax and cross-entropy of rows of logits in one pass: fills a loss a row and, where it is
  /// given, the gradient times `scale`.
  ///
  /// - Returns: in how many rows the largest logit is where the largest target is.
  func crossEntropy(
    logits: FloatRows, targets: FloatRows, scale: Float, gradient: FloatRows?, losses: Floats
  ) -> Int
  /// The errors of rows of numbers: fills the gradient of their squares times `scale`, where it is
  /// given, and for each row the sum of the squares and that of the absolute errors.
  func squaredErrors(
    of outputs: FloatRows, _ targets: FloatRows, scale: Float, gradient: FloatRows?,
    sums: UnsafeMutablePointer<Double>)
  /// Changes weights by a gradient, which may be the first state itself, in the rule's formula; all
  /// are of one type.
  func update(
    _ rule: Int, _ weights: FloatRows, states: (FloatRows?, FloatRows?), gradient: FloatRows,
    numbers: SIMD8<Double>)
  /// The same of tensors of one shape, in the weights' element type.
  func update(
    _ rule: Int, _ weights: inout Tensor, states: inout [Tensor], gradient: Tensor,
    numbers: SIMD8<Double>) throws(TensorError)
  /// Rounds to bfloat16.
  func round(_ numbers: FloatRows, into halves: HalfRows)
  /// Rows of `source` by their numbers, as many as `target` has.
  func gather(_ order: UnsafePointer<Int>, from source: FloatRows, into target: FloatRows)
  /// The position of the first number that is NaN or infinite.
  func firstNotFinite(in numbers: FloatRows) -> Int?
}

/// What columns are standardized by.
package struct ColumnStatistics {
  package let means: Floats
  /// 1/√(variance + epsilon).
  package let scales: Floats

  package init(means: Floats, scales: Floats) { (self.means, self.scales) = (means, scales) }
}

/// A product whose sizes, layout and fusions are fixed.
package protocol PlannedProduct: AnyObject {
  /// Runs the product on memory laid out as it was planned for.
  func execute(
    _ a: UnsafeRawPointer, _ b: UnsafeRawPointer, bias: UnsafeRawPointer?,
    _ destination: UnsafeMutableRawPointer
  ) throws(TensorError)
}

/// A convolution whose sizes and fusions are fixed.
package protocol PlannedConvolution: AnyObject {
  /// Fills what it was made to compute from the other two; the weights' gradient, and that of the
  /// bias where it was asked for, is added to `retained` times what is there.
  func execute(
    images: Floats, weights: Floats, bias: Floats?, outputs: Floats,
    retaining retained: Float
  ) throws(TensorError)
}

/// The backend at work.
package enum Backends {
  /// What tensors compute with.
  package static var current: any Backend {
    // Asked for with every operation, and nearly always nobody replaces it.
    replacements.load(ordering: .relaxed) == 0 ? processor : replacement.current ?? processor
  }

  private static let processor = CPUBackend()
  private static let replacement = ThreadLocal<(any Backend)?>(nil)
  private static let replacements = Atomic<Int>(0)

  /// Runs `body` with another one, for what this thread computes alone: what others compute at the
  /// same time, they compute as before.
  package static func replaced<Result>(
    by backend: any Backend, _ body: () throws -> Result
  ) rethrows -> Result {
    replacements.add(1, ordering: .relaxed)
    defer { replacements.subtract(1, ordering: .relaxed) }
    return try replacement.withValue(backend, body)
  }
}

/// One operation on one or two operands that lie as the result does, or are numbers, of not more
/// elements than `limit` (`nnsh_short_run`).
package struct ShortElementwiseCall {
  static let limit = Int(nnsh_short_count)

  let operation: ElementwiseProgram.Instruction
  let first: nnsh_operand
  let second: nnsh_operand?
  /// In which it computes, and of the result.
  let type: ElementType
  let result: UnsafeMutableRawPointer
  let shape: Shape
}

extension Backend {
  package func run(_ call: ShortElementwiseCall) throws(TensorError) {
    let operands = [call.first] + (call.second.map { [$0] } ?? [])
    let codes = operands.indices.map { ElementwiseProgram.Instruction.load($0).code }
    try run(
      ElementwiseCall(
        codes: codes + [call.operation.code], operands: operands,
        strides: operands.map { $0.data == nil ? 0 : 1 }, computeType: call.type,
        result: call.result, resultType: call.type, shape: call.shape, isFlat: true,
        inPlace: false))
  }
}

/// An elementwise program on operands broadcast to one shape (`nnsh_program_run`).
package struct ElementwiseCall {
  let codes: [Int32]
  var operands: [nnsh_operand]
  /// As many as the result has axes, for each operand; those of a flat one begin with one for each.
  let strides: [Int]
  let computeType: ElementType
  var result: UnsafeMutableRawPointer
  let resultType: ElementType
  let shape: Shape
  /// Whether operands that are no single numbers lie as the result does: all is one long row.
  let isFlat: Bool
  /// Whether the result lies in an operand's memory: it is not cut short then.
  let inPlace: Bool
}

/// A contiguous array, outer × length × inner, whose middle axis is at issue.
package struct AxisOperand {
  let pointer: UnsafeRawPointer
  let type: ElementType
  let outer: Int
  let length: Int
  let inner: Int

  package init(
    pointer: UnsafeRawPointer, type: ElementType, outer: Int, length: Int, inner: Int
  ) {
    self.pointer = pointer
    self.type = type
    self.outer = outer
    self.length = length
    self.inner = inner
  }
}

/// Contiguous rows of a type.
package struct RowOperand {
  let pointer: UnsafeRawPointer
  let type: ElementType
  let rows: Int
  let columns: Int

  package init(_ pointer: UnsafeRawPointer, _ type: ElementType, rows: Int, columns: Int) {
    self.pointer = pointer
    self.type = type
    self.rows = rows
    self.columns = columns
  }

  /// Rows of a plan.
  package init(_ rows: FloatRows) {
    self.init(rows.pointer, rows.type, rows: rows.rows, columns: rows.columns)
  }
}

/// A strided matrix.
package struct StridedMatrix<Number> {
  let pointer: UnsafePointer<Number>
  let rows: Int
  let columns: Int
  let rowStride: Int
  let columnStride: Int

  package init(
    pointer: UnsafePointer<Number>, rows: Int, columns: Int, rowStride: Int, columnStride: Int
  ) {
    self.pointer = pointer
    self.rows = rows
    self.columns = columns
    self.rowStride = rowStride
    self.columnStride = columnStride
  }
}

package typealias FloatMatrix = StridedMatrix<Float>
package typealias DoubleMatrix = StridedMatrix<Double>
