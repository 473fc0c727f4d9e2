import CKernels
import COneDNN

/// The library that Float32 and bfloat16 products run in.
package enum ProductLibrary {
  /// oneDNN's version, as "3.7.2"; nil where there is none, and products run in a kernel of our own.
  package static var version: String? { nnsh_onednn_version().map { String(cString: $0) } }

  /// Whether a product wanted it and it was not found.
  package static var wasMissed: Bool { nnsh_onednn_was_missed() != 0 }
}

/// A matrix product on the calling thread alone: one of oneDNN's, or where there is none our own.
///
/// It runs on one thread at a time: oneDNN's handles are set to the memory of each execution.
final class MatmulPrimitive {
  private let shape: nnsh_product_shape
  /// oneDNN's product; nil where it runs in our own kernel: where it is small, or there is no oneDNN.
  private var product: OpaquePointer?
  private var scratch: Storage?

  /// The product that the key describes, of `rows` rows and `columns` columns of its destination.
  init(_ key: MatmulPlan.Key, rows: Int, columns: Int) throws(TensorError) {
    shape = nnsh_product_shape(
      rows: Int64(rows), columns: Int64(columns), inner: Int64(key.k),
      left_strides: (Int64(key.leftStrides[0]), Int64(key.leftStrides[1])),
      right_strides: (Int64(key.rightStrides[0]), Int64(key.rightStrides[1])),
      destination_stride: Int64(key.destinationStride), accumulate: key.accumulate,
      is_bf16: key.sourceType == .bf16 ? 1 : 0, has_bias: key.hasBias ? 1 : 0)
    if key.sourceType == .f32, MatmulCut.isSmall(m: rows, n: columns, k: key.k) { return }
    var shape = shape
    let status = nnsh_product_create(&product, &shape)
    if ProductLibrary.wasMissed, key.sourceType == .f32 { return }
    try Self.check(status)
    guard let product else { return }
    let size = nnsh_product_scratch_size(product)
    guard size > 0 else { return }
    // From here on all is initialized, so that deinit frees it where this throws.
    let storage = try Storage(byteCount: size)
    scratch = storage
    try Self.check(nnsh_product_use_scratch(product, storage.pointer))
  }

  deinit { nnsh_product_destroy(product) }

  /// Runs the product on memory laid out as the key says; allocates nothing.
  ///
  /// - Returns: 0, or oneDNN's status.
  func execute(
    _ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ bias: UnsafeRawPointer?,
    _ destination: UnsafeMutableRawPointer
  ) -> Int32 {
    // SAFETY: A, B and the bias are read, and the destination only is written; the caller vouches
    // for their sizes.
    if let product { return nnsh_product_execute(product, a, b, bias, destination) }
    nnsh_gemm_f32(
      a.assumingMemoryBound(to: Float.self), Int(shape.left_strides.0), Int(shape.left_strides.1),
      b.assumingMemoryBound(to: Float.self), Int(shape.right_strides.0),
      Int(shape.right_strides.1), Int(shape.rows), Int(shape.columns), Int(shape.inner),
      bias?.assumingMemoryBound(to: Float.self), shape.accumulate,
      destination.assumingMemoryBound(to: Float.self), Int(shape.destination_stride))
    return 0
  }

  /// Throws what another status than success means.
  static func check(
    _ status: Int32, of operation: String = "matrix product"
  ) throws(TensorError) {
    if status == 0 { return }
    if status == TeamShares.interrupted { throw .interrupted }
    if status == Int32(nnsh_onednn_out_of_memory) {
      throw .outOfMemory(bytes: 0, available: Int(clamping: nnsh_available_memory()))
    }
    throw .library(operation: operation, status: Int(status))
  }
}
