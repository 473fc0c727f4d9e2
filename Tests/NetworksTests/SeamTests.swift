import Foundation
import Synchronization
import Testing

@testable import Networks
@testable import Operations
@testable import Tensors

/// The processor's backend, which counts what it is asked for.
final class CountingBackend: Backend {
  private let cpu = CPUBackend()
  private let counts = Mutex<[String: Int]>([:])

  /// A planned product that is counted when it runs.
  private final class Product: PlannedProduct {
    let product: any PlannedProduct
    let backend: CountingBackend
    init(_ product: any PlannedProduct, _ backend: CountingBackend) {
      self.product = product
      self.backend = backend
    }
    func execute(
      _ a: UnsafeRawPointer, _ b: UnsafeRawPointer, bias: UnsafeRawPointer?,
      _ destination: UnsafeMutableRawPointer
    ) throws(TensorError) {
      backend.count("product")
      try product.execute(a, b, bias: bias, destination)
    }
  }

  private func count(_ name: String) { counts.withLock { $0[name, default: 0] += 1 } }

  /// What was asked for since this was last read.
  func taken() -> [String: Int] {
    counts.withLock { counts in
      defer { counts = [:] }
      return counts
    }
  }

  func run(_ program: ElementwiseCall) throws(TensorError) {
    count("elementwise")
    try cpu.run(program)
  }
  func reduce(
    _ reduction: Int32, _ source: AxisOperand, means: [Double]?,
    into result: UnsafeMutablePointer<Double>
  ) throws(TensorError) {
    count("reduce")
    try cpu.reduce(reduction, source, means: means, into: result)
  }
  func findExtremes(
    largest: Bool, _ source: AxisOperand, into positions: UnsafeMutablePointer<Double>
  ) throws(TensorError) {
    count("extremes")
    try cpu.findExtremes(largest: largest, source, into: positions)
  }
  func sumCumulatively(
    _ source: AxisOperand, into result: UnsafeMutableRawPointer
  ) throws(TensorError) {
    count("cumulative")
    try cpu.sumCumulatively(source, into: result)
  }
  func softmax(
    _ source: RowOperand, logarithm: Bool, whole: Bool, into result: UnsafeMutableRawPointer
  ) throws(TensorError) {
    count("softmax")
    try cpu.softmax(source, logarithm: logarithm, whole: whole, into: result)
  }
  func plan(_ product: MatmulPlan.Key) throws(TensorError) -> any PlannedProduct {
    Product(try cpu.plan(product), self)
  }
  func multiply(
    _ product: MatmulPlan.Key, _ a: UnsafeRawPointer, _ b: UnsafeRawPointer,
    bias: UnsafeRawPointer?, into result: UnsafeMutableRawPointer
  ) throws(TensorError) {
    count("product")
    try cpu.multiply(product, a, b, bias: bias, into: result)
  }
  func multiply(_ a: FloatMatrix, _ b: FloatMatrix, into result: UnsafeMutablePointer<Float>) {
    count("product")
    cpu.multiply(a, b, into: result)
  }
  func multiply(
    _ a: DoubleMatrix, _ b: DoubleMatrix, bias: UnsafePointer<Double>?, rectified: Bool,
    into result: UnsafeMutablePointer<Double>
  ) throws(TensorError) {
    count("product64")
    try cpu.multiply(a, b, bias: bias, rectified: rectified, into: result)
  }
  func plan(
    _ convolution: ConvolutionPlan.Key
  ) throws(TensorError) -> (any PlannedConvolution)? {
    try cpu.plan(convolution)
  }
  func convolve(
    _ convolution: ConvolutionPlan.Key, images: Floats, weights: Floats,
    bias: UnsafePointer<Float>?, outputs: Floats
  ) throws(TensorError) -> Bool {
    count("convolution")
    return try cpu.convolve(
      convolution, images: images, weights: weights, bias: bias, outputs: outputs)
  }
  func pool(
    _ windows: PoolingGeometry, rows: Int, _ type: ElementType, _ images: UnsafeRawPointer,
    into outputs: UnsafeMutableRawPointer
  ) {
    count("pool")
    cpu.pool(windows, rows: rows, type, images, into: outputs)
  }
  func unpool(
    _ windows: PoolingGeometry, rows: Int, _ type: ElementType, rectified: Bool,
    images: UnsafeRawPointer, outputs: UnsafeRawPointer, gradient: UnsafeRawPointer,
    into back: UnsafeMutableRawPointer
  ) {
    count("unpool")
    cpu.unpool(
      windows, rows: rows, type, rectified: rectified, images: images, outputs: outputs,
      gradient: gradient, into: back)
  }
  func chooseLargest(
    _ windows: PoolingGeometry, rows: Int, _ type: ElementType, images: UnsafeRawPointer,
    outputs: UnsafeRawPointer, of numbers: UnsafeRawPointer,
    into chosen: UnsafeMutableRawPointer
  ) {
    cpu.chooseLargest(
      windows, rows: rows, type, images: images, outputs: outputs, of: numbers, into: chosen)
  }
  func attend(
    _ attention: AttentionPlan.Key, _ operands: AttentionPlan.Operands
  ) throws(TensorError) {
    count("attention")
    try cpu.attend(attention, operands)
  }
  func recur(
    _ recurrence: RecurrentPlan.Key, _ operands: RecurrentPlan.Operands
  ) throws(TensorError) {
    count("recurrence")
    try cpu.recur(recurrence, operands)
  }
  func standardizeRows(
    of rows: FloatRows, gamma: Floats, beta: Floats, epsilon: Float, scales: Floats,
    means: Floats, into output: Floats
  ) {
    cpu.standardizeRows(
      of: rows, gamma: gamma, beta: beta, epsilon: epsilon, scales: scales, means: means,
      into: output)
  }
  func standardizeRowsBack(
    _ gradient: FloatRows, of rows: Floats, scales: Floats, means: Floats, gamma: Floats,
    into back: Floats
  ) throws(TensorError) -> (gamma: [Double], beta: [Double]) {
    try cpu.standardizeRowsBack(
      gradient, of: rows, scales: scales, means: means, gamma: gamma, into: back)
  }
  func columnTotals(
    of rows: FloatRows, around centres: [Double]?
  ) throws(TensorError) -> [Double] {
    try cpu.columnTotals(of: rows, around: centres)
  }
  func standardizeColumns(
    of rows: FloatRows, _ columns: ColumnStatistics, gamma: Floats, beta: Floats,
    rectified: Bool, into output: FloatRows
  ) {
    cpu.standardizeColumns(
      of: rows, columns, gamma: gamma, beta: beta, rectified: rectified, into: output)
  }
  func columnProducts(
    of gradient: FloatRows, _ rows: FloatRows, _ columns: ColumnStatistics,
    rectified output: FloatRows?
  ) throws(TensorError) -> [Double] {
    try cpu.columnProducts(of: gradient, rows, columns, rectified: output)
  }
  func standardizeColumnsBack(
    _ gradient: FloatRows, _ rows: FloatRows, _ columns: ColumnStatistics, factors: Floats,
    shifts: Floats, slopes: Floats
  ) {
    cpu.standardizeColumnsBack(
      gradient, rows, columns, factors: factors, shifts: shifts, slopes: slopes)
  }
  func standardizeGroups(
    _ groups: ChannelGroups, of x: Floats, gamma: Floats, beta: Floats, epsilon: Float,
    scratch: Floats, _ kept: ColumnStatistics, into output: Floats
  ) {
    cpu.standardizeGroups(
      groups, of: x, gamma: gamma, beta: beta, epsilon: epsilon, scratch: scratch, kept,
      into: output)
  }
  func standardizeGroupsBack(
    _ groups: ChannelGroups, _ gradient: Floats, of x: Floats, _ kept: ColumnStatistics,
    gamma: Floats, scratch: Floats
  ) -> (gamma: [Double], beta: [Double]) {
    cpu.standardizeGroupsBack(groups, gradient, of: x, kept, gamma: gamma, scratch: scratch)
  }
  func apply(_ operation: UnaryOperation, to rows: FloatRows, into result: FloatRows) {
    count("apply")
    cpu.apply(operation, to: rows, into: result)
  }
  func mask(_ gradient: FloatRows, rectified output: FloatRows) {
    count("mask")
    cpu.mask(gradient, rectified: output)
  }
  func sumColumns(of rows: FloatRows, into sums: Floats, retaining retained: Float) {
    count("columns")
    cpu.sumColumns(of: rows, into: sums, retaining: retained)
  }
  func crossEntropy(
    logits: FloatRows, targets: FloatRows, scale: Float, gradient: FloatRows?, losses: Floats
  ) -> Int {
    count("cross_entropy")
    return cpu.crossEntropy(
      logits: logits, targets: targets, scale: scale, gradient: gradient, losses: losses)
  }
  func squaredErrors(
    of outputs: FloatRows, _ targets: FloatRows, scale: Float, gradient: FloatRows?,
    sums: UnsafeMutablePointer<Double>
  ) {
    count("squared_errors")
    cpu.squaredErrors(of: outputs, targets, scale: scale, gradient: gradient, sums: sums)
  }
  func update(
    _ rule: Int, _ weights: FloatRows, states: (FloatRows?, FloatRows?),
    gradient: FloatRows, numbers: SIMD8<Double>
  ) {
    count("update")
    cpu.update(rule, weights, states: states, gradient: gradient, numbers: numbers)
  }
  func update(
    _ rule: Int, _ weights: inout Tensor, states: inout [Tensor], gradient: Tensor,
    numbers: SIMD8<Double>
  ) throws(TensorError) {
    count("update")
    try cpu.update(rule, &weights, states: &states, gradient: gradient, numbers: numbers)
  }
  func round(_ numbers: FloatRows, into halves: HalfRows) {
    count("round")
    cpu.round(numbers, into: halves)
  }
  func gather(_ order: UnsafePointer<Int>, from source: FloatRows, into target: FloatRows) {
    count("gather")
    cpu.gather(order, from: source, into: target)
  }
  func firstNotFinite(in numbers: FloatRows) -> Int? { cpu.firstNotFinite(in: numbers) }
}

/// What lies under a training, and what between its gradients and its update, can be replaced.
@Suite struct SeamTests {
  private func layers() throws -> [any Layer] {
    [
      try Dense(inputs: 5, outputs: 7), ActivationLayer(.relu), try Dense(outputs: 4),
      ActivationLayer(.tanh), try Dense(outputs: 3), Softmax(),
    ]
  }

  /// Every kernel of a step goes through the trainer's backend, and no more than are needed.
  @Test func aStepIsWhatTheBackendIsAskedFor() throws {
    let sample = try Sample(rows: 20, features: 5, classes: 3)
    let backend = CountingBackend()
    var options = TrainingOptions()
    options.batch = .rows(10)
    options.epochs = 2
    let start = try network(layers())
    let counted = try Trainer(start, data: sample.data(), options: options, backend: backend)
    #expect(backend.taken() == [:])
    try counted.takeStep(rate: 0.1)
    // Products: 3 forward, 3 for the weights, 2 back. The rectifier is in its product; tanh is
    // applied, and its derivative is one elementwise pass.
    let step = backend.taken()
    #expect(
      step.filter { $0.key != "gather" } == [
        "product": 8, "mask": 1, "columns": 3, "apply": 1, "elementwise": 1,
        "cross_entropy": 1, "update": 1,
      ])
    let other = try Trainer(start, data: sample.data(), options: options, backend: backend)
    _ = try other.run()
    let plain = try trainer(start, sample.data(), options)
    _ = try plain.run()
    #expect(
      try other.trained().parameters.map { $0.tensor.doubles() }
        == plain.trained().parameters.map { $0.tensor.doubles() })
    #expect(backend.taken()["update"] == 4)
  }

  /// Tensors compute with the backend at work, and those of other threads with theirs.
  @Test func tensorsAskTheBackendAtWork() throws {
    let backend = CountingBackend()
    try Backends.replaced(by: backend) {
      let x = try Tensor([1, 2, 3, 4] as [Float], [2, 2])
      let expectations: [(String, () throws -> Tensor, Tensor)] = [
        ("product", { try Tensor.matmul(x, x) }, try Tensor([7, 10, 15, 22] as [Float], [2, 2])),
        (
          "product64", { try Tensor.matmul(x.cast(to: .f64), x.cast(to: .f64)) },
          try Tensor([7, 10, 15, 22] as [Float], [2, 2])
        ),
        (
          "elementwise", { try Tensor.apply(.multiply, x, x) },
          try Tensor([1, 4, 9, 16] as [Float], [2, 2])
        ),
        ("reduce", { try x.reduce(.sum, axes: [0]) }, try Tensor([4, 6] as [Float], [2])),
        ("extremes", { try x.argmax(axis: 1) }, try Tensor([1, 1] as [Float], [2])),
        (
          "cumulative", { try x.cumulativeSum(axis: 1) },
          try Tensor([1, 3, 3, 7] as [Float], [2, 2])
        ),
      ]
      for (name, compute, expected) in expectations {
        _ = backend.taken()
        let result = try compute()
        #expect(backend.taken()[name] == 1, "\(name)")
        #expect(difference(result, expected) == 0, "\(name)")
      }
      _ = backend.taken()
      _ = try x.softmax()
      #expect(backend.taken()["softmax"] == 1)
      let other = Mutex<[Double]>([])
      let ended = DispatchSemaphore(value: 0)
      Thread.detachNewThread {
        other.withLock { $0 = (try? x.softmax().argmax(axis: 1).doubles()) ?? [] }
        ended.signal()
      }
      ended.wait()
      #expect(other.withLock { $0 } == [1, 1] && backend.taken().isEmpty)
    }
  }
}
