import CKernels
import COneDNN

/// oneDNN's engine, made at the first product so that start-up does not pay for it.
///
/// `@unchecked Sendable`: the handle is never changed, and oneDNN's CPU engine holds no state of an
/// execution.
private final class MatrixEngine: @unchecked Sendable {
  let engine: dnnl_engine_t?
  let status: dnnl_status_t

  static let shared = MatrixEngine()

  private init() {
    // SAFETY: the handle is written by oneDNN before it returns success.
    var engine: dnnl_engine_t?
    status = dnnl_engine_create(&engine, dnnl_cpu, 0)
    self.engine = engine
  }
}

/// One of oneDNN's matrix products, on the calling thread alone, with the handles that it runs by.
///
/// It runs on one thread at a time: the handles are set to the memory of each execution.
final class MatmulPrimitive {
  private var primitive: dnnl_primitive_t?
  private var stream: dnnl_stream_t?
  private var left: dnnl_memory_t?
  private var right: dnnl_memory_t?
  private var bias: dnnl_memory_t?
  private var destination: dnnl_memory_t?
  private var scratch: dnnl_memory_t?
  private var scratchStorage: Storage?
  private let arguments: UnsafeMutablePointer<dnnl_exec_arg_t>
  private var argumentCount: Int32 = 0

  /// The product that the key describes, of `rows` rows and `columns` columns of its destination.
  init(_ key: MatmulPlan.Key, rows: Int, columns: Int) throws(TensorError) {
    // SAFETY: at most five arguments are ever written, and the memory is freed in deinit.
    arguments = .allocate(capacity: 5)
    nnsh_use_one_openmp_thread()
    let engine = MatrixEngine.shared
    try Self.check(engine.status)
    try Self.check(
      dnnl_stream_create(&stream, engine.engine, dnnl_stream_default_flags.rawValue))
    var attributes: dnnl_primitive_attr_t?
    try Self.check(dnnl_primitive_attr_create(&attributes))
    defer { dnnl_primitive_attr_destroy(attributes) }
    try Self.configure(attributes, key)
    var leftType = try Self.descriptor([rows, key.k], key.leftStrides, key.sourceType)
    var rightType = try Self.descriptor([key.k, columns], key.rightStrides, key.sourceType)
    var biasType = try Self.descriptor([1, columns], [columns, 1], .f32)
    var resultType = try Self.descriptor([rows, columns], [key.destinationStride, 1], .f32)
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
    try addScratch(descriptor)
  }

  deinit {
    // SAFETY: the handles are this product's own; destroying nil is allowed.
    dnnl_primitive_destroy(primitive)
    for memory in [left, right, bias, destination, scratch] { dnnl_memory_destroy(memory) }
    dnnl_stream_destroy(stream)
    arguments.deallocate()
  }

  /// Runs the product on memory laid out as the key says; allocates nothing.
  ///
  /// - Returns: oneDNN's status.
  func execute(
    _ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ biasValues: UnsafeRawPointer?,
    _ destinationValues: UnsafeMutableRawPointer
  ) -> dnnl_status_t {
    nnsh_use_one_openmp_thread()
    // SAFETY: oneDNN reads A, B and the bias, and writes the destination only; the caller vouches
    // for their sizes.
    var status = dnnl_memory_set_data_handle(left, UnsafeMutableRawPointer(mutating: a))
    if status != dnnl_success { return status }
    status = dnnl_memory_set_data_handle(right, UnsafeMutableRawPointer(mutating: b))
    if status != dnnl_success { return status }
    if let bias {
      status = dnnl_memory_set_data_handle(bias, UnsafeMutableRawPointer(mutating: biasValues))
      if status != dnnl_success { return status }
    }
    status = dnnl_memory_set_data_handle(destination, destinationValues)
    if status != dnnl_success { return status }
    return dnnl_primitive_execute(primitive, stream, argumentCount, arguments)
  }

  private static func configure(
    _ attributes: dnnl_primitive_attr_t?, _ key: MatmulPlan.Key
  ) throws(TensorError) {
    try check(dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user))
    guard key.accumulate != 0 else { return }
    var operations: dnnl_post_ops_t?
    try check(dnnl_post_ops_create(&operations))
    defer { dnnl_post_ops_destroy(operations) }
    try check(dnnl_post_ops_append_sum(operations, key.accumulate))
    try check(dnnl_primitive_attr_set_post_ops(attributes, operations))
  }

  private static func descriptor(
    _ dimensions: [Int], _ strides: [Int], _ type: MatmulPlan.SourceType
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

  private func addScratch(_ descriptor: dnnl_primitive_desc_t?) throws(TensorError) {
    guard let type = dnnl_primitive_desc_query_md(descriptor, dnnl_query_scratchpad_md, 0) else {
      return
    }
    let size = dnnl_memory_desc_get_size(type)
    guard size > 0 else { return }
    let storage = try Storage(byteCount: Int(size))
    scratchStorage = storage
    scratch = try addArgument(DNNL_ARG_SCRATCHPAD, type)
    try Self.check(dnnl_memory_set_data_handle(scratch, storage.pointer))
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

  /// Throws what another status than success means.
  static func check(_ status: dnnl_status_t) throws(TensorError) {
    if status == dnnl_success { return }
    if status == dnnl_out_of_memory {
      throw .outOfMemory(bytes: 0, available: Int(clamping: nnsh_available_memory()))
    }
    throw .library(operation: "matrix product", status: Int(status.rawValue))
  }
}
