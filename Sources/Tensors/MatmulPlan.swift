import CKernels
import COneDNN
import Synchronization

/// A matrix somewhere in memory, by the strides between its rows and columns (in elements).
package struct MatrixView {
  package var pointer: UnsafeMutablePointer<Float>
  package var rows: Int
  package var columns: Int
  package var rowStride: Int
  package var columnStride: Int

  /// A view of memory that the caller keeps alive and within whose bounds it lies.
  package init(
    pointer: UnsafeMutablePointer<Float>, rows: Int, columns: Int, rowStride: Int,
    columnStride: Int = 1
  ) {
    self.pointer = pointer
    self.rows = rows
    self.columns = columns
    self.rowStride = rowStride
    self.columnStride = columnStride
  }
}

/// oneDNN's engine, made at the first product so that start-up does not pay for it.
///
/// `@unchecked Sendable`: the two handles are never changed, and oneDNN's CPU engine and in-order
/// stream hold no state of an execution.
final class MatrixEngine: @unchecked Sendable {
  let engine: dnnl_engine_t?
  let stream: dnnl_stream_t?
  let status: Int

  static let shared = MatrixEngine()

  private init() {
    // SAFETY: both handles are written by oneDNN before it returns success.
    var engine: dnnl_engine_t?
    var stream: dnnl_stream_t?
    var status = dnnl_engine_create(&engine, dnnl_cpu, 0)
    if status == dnnl_success {
      status = dnnl_stream_create(&stream, engine, dnnl_stream_default_flags.rawValue)
    }
    self.engine = engine
    self.stream = stream
    self.status = Int(status.rawValue)
  }
}

/// A matrix product set up once: executing it allocates nothing.
///
/// destination = scale · A·B + bias + accumulate · destination, then max(0, ·) where relu is on.
/// A is m × k and B is k × n after the transpositions; the bias has n elements. One plan runs on
/// one thread at a time.
package final class MatmulPlan: @unchecked Sendable {
  /// The element type of A and B; the bias and the destination are always Float32.
  package enum SourceType: Hashable, Sendable { case f32, bf16 }

  /// What a plan is made for, and found again by.
  struct Key: Hashable {
    var m: Int
    var n: Int
    var k: Int
    var leftStrides: [Int]
    var rightStrides: [Int]
    var destinationStride: Int
    var hasBias: Bool
    var hasRelu: Bool
    var scale: Float = 1
    var accumulate: Float = 0
    var sourceType: SourceType = .f32
    /// oneDNN divides the work, and sizes its scratch memory, when a primitive is made.
    var threads = Threads.count
  }

  let key: Key
  private var primitive: dnnl_primitive_t?
  private var left: dnnl_memory_t?
  private var right: dnnl_memory_t?
  private var bias: dnnl_memory_t?
  private var destination: dnnl_memory_t?
  private var scratch: dnnl_memory_t?
  private var scratchStorage: Storage?
  private let arguments: UnsafeMutablePointer<dnnl_exec_arg_t>
  private var argumentCount: Int32 = 0

  /// A plan for contiguous rows, or rows `leading…` elements apart.
  ///
  /// Where `transposeA` is set A is stored k × m, and where `transposeB` is set B is n × k.
  package convenience init(
    m: Int, n: Int, k: Int, transposeA: Bool = false, transposeB: Bool = false, bias: Bool = false,
    relu: Bool = false, outputScale: Float = 1, accumulate: Float = 0,
    sourceType: SourceType = .f32, leadingA: Int? = nil, leadingB: Int? = nil,
    leadingDestination: Int? = nil
  ) throws(TensorError) {
    let stepA = leadingA ?? (transposeA ? m : k)
    let stepB = leadingB ?? (transposeB ? k : n)
    try self.init(
      Key(
        m: m, n: n, k: k, leftStrides: transposeA ? [1, stepA] : [stepA, 1],
        rightStrides: transposeB ? [1, stepB] : [stepB, 1],
        destinationStride: leadingDestination ?? n, hasBias: bias, hasRelu: relu,
        scale: outputScale, accumulate: accumulate, sourceType: sourceType))
  }

  init(_ key: Key) throws(TensorError) {
    self.key = key
    // SAFETY: at most five arguments are ever written, and the memory is freed in deinit.
    self.arguments = .allocate(capacity: 5)
    for size in [key.m, key.n, key.k] where size < 1 { throw .negativeCount("a size", size) }
    nnsh_use_threads(Int32(key.threads))
    let engine = MatrixEngine.shared
    try Self.check(dnnl_status_t(UInt32(engine.status)))
    var attributes: dnnl_primitive_attr_t?
    try Self.check(dnnl_primitive_attr_create(&attributes))
    defer { dnnl_primitive_attr_destroy(attributes) }
    try Self.configure(attributes, key)
    var leftType = try Self.descriptor([key.m, key.k], key.leftStrides, key.sourceType)
    var rightType = try Self.descriptor([key.k, key.n], key.rightStrides, key.sourceType)
    var biasType = try Self.descriptor([1, key.n], [key.n, 1], .f32)
    var resultType = try Self.descriptor([key.m, key.n], [key.destinationStride, 1], .f32)
    var operation = dnnl_matmul_desc_t()
    try Self.check(
      withUnsafePointer(to: &biasType) { biasType in
        dnnl_matmul_desc_init(
          &operation, &leftType, &rightType, key.hasBias ? biasType : nil, &resultType)
      })
    var descriptor: dnnl_primitive_desc_t?
    try Self.check(
      dnnl_primitive_desc_create(&descriptor, &operation, attributes, engine.engine, nil))
    defer { dnnl_primitive_desc_destroy(descriptor) }
    try Self.check(dnnl_primitive_create(&primitive, descriptor))
    left = try addArgument(DNNL_ARG_SRC, &leftType)
    right = try addArgument(DNNL_ARG_WEIGHTS, &rightType)
    if key.hasBias { bias = try addArgument(DNNL_ARG_BIAS, &biasType) }
    destination = try addArgument(DNNL_ARG_DST, &resultType)
    if let type = dnnl_primitive_desc_query_md(descriptor, dnnl_query_scratchpad_md, 0) {
      let size = dnnl_memory_desc_get_size(type)
      if size > 0 {
        let storage = try Storage(byteCount: Int(size))
        scratchStorage = storage
        scratch = try addArgument(DNNL_ARG_SCRATCHPAD, type)
        try Self.check(dnnl_memory_set_data_handle(scratch, storage.pointer))
      }
    }
  }

  deinit {
    // SAFETY: the handles are this plan's own; destroying nil is allowed.
    dnnl_primitive_destroy(primitive)
    for memory in [left, right, bias, destination, scratch] { dnnl_memory_destroy(memory) }
    arguments.deallocate()
  }

  /// Whether this processor multiplies bfloat16 numbers.
  package static let offersHalfPrecision: Bool =
    (try? MatmulPlan(m: 16, n: 16, k: 16, sourceType: .bf16)) != nil

  /// Runs the product on memory laid out as the plan says. `bias` is needed where the plan has one.
  package func execute(
    _ a: UnsafeRawPointer, _ b: UnsafeRawPointer, bias biasValues: UnsafeRawPointer? = nil,
    _ destinationValues: UnsafeMutableRawPointer
  ) throws(TensorError) {
    nnsh_use_threads(Int32(key.threads))
    // SAFETY: oneDNN reads A, B and the bias, and writes the destination only; the caller vouches
    // for their sizes.
    try Self.check(dnnl_memory_set_data_handle(left, UnsafeMutableRawPointer(mutating: a)))
    try Self.check(dnnl_memory_set_data_handle(right, UnsafeMutableRawPointer(mutating: b)))
    if let bias {
      try Self.check(
        dnnl_memory_set_data_handle(bias, UnsafeMutableRawPointer(mutating: biasValues)))
    }
    try Self.check(dnnl_memory_set_data_handle(destination, destinationValues))
    try Self.check(
      dnnl_primitive_execute(primitive, MatrixEngine.shared.stream, argumentCount, arguments))
  }

  private static func configure(
    _ attributes: dnnl_primitive_attr_t?, _ key: Key
  ) throws(TensorError) {
    try check(dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user))
    if key.scale != 1 {
      var scale = key.scale
      try check(dnnl_primitive_attr_set_output_scales(attributes, 1, 0, &scale))
    }
    guard key.hasRelu || key.accumulate != 0 else { return }
    var operations: dnnl_post_ops_t?
    try check(dnnl_post_ops_create(&operations))
    defer { dnnl_post_ops_destroy(operations) }
    if key.accumulate != 0 { try check(dnnl_post_ops_append_sum(operations, key.accumulate)) }
    if key.hasRelu {
      try check(dnnl_post_ops_append_eltwise(operations, 1, dnnl_eltwise_relu, 0, 0))
    }
    try check(dnnl_primitive_attr_set_post_ops(attributes, operations))
  }

  private static func descriptor(
    _ dimensions: [Int], _ strides: [Int], _ type: SourceType
  ) throws(TensorError) -> dnnl_memory_desc_t {
    var result = dnnl_memory_desc_t()
    let sizes = dimensions.map(Int64.init)
    // oneDNN keeps twelve places for sizes and strides each and reads the first two.
    let steps = strides.map(Int64.init)
    try check(
      dnnl_memory_desc_init_by_strides(
        &result, 2, sizes, type == .f32 ? dnnl_f32 : dnnl_bf16, steps))
    return result
  }

  private func addArgument(
    _ name: Int32, _ type: UnsafePointer<dnnl_memory_desc_t>
  ) throws(TensorError) -> dnnl_memory_t? {
    var memory: dnnl_memory_t?
    try Self.check(dnnl_memory_create(&memory, type, MatrixEngine.shared.engine, nil))
    // SAFETY: fewer than five arguments were added before.
    arguments[Int(argumentCount)] = dnnl_exec_arg_t(arg: name, memory: memory)
    argumentCount += 1
    return memory
  }

  private static func check(_ status: dnnl_status_t) throws(TensorError) {
    if status == dnnl_success { return }
    if status == dnnl_out_of_memory {
      throw .outOfMemory(bytes: 0, available: Int(clamping: nnsh_available_memory()))
    }
    throw .library(operation: "matrix product", status: Int(status.rawValue))
  }
}

/// Plans that are not running, the latest used last; a running one is nobody else's.
enum MatmulPlanCache {
  private static let limit = 64
  private static let plans = Mutex<[MatmulPlan]>([])

  /// Runs with a plan for the key, made now unless one is kept.
  static func withPlan(
    _ key: MatmulPlan.Key, _ body: (MatmulPlan) throws(TensorError) -> Void
  ) throws(TensorError) {
    let kept = plans.withLock { plans -> MatmulPlan? in
      guard let index = plans.lastIndex(where: { $0.key == key }) else { return nil }
      return plans.remove(at: index)
    }
    let plan = if let kept { kept } else { try MatmulPlan(key) }
    defer {
      plans.withLock { plans in
        if plans.count >= limit { plans.removeFirst() }
        plans.append(plan)
      }
    }
    try body(plan)
  }
}
