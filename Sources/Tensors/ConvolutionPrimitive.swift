import CKernels
import COneDNN

/// A convolution of oneDNN's, or one of its gradients, on the calling thread alone.
///
/// It runs on one thread at a time: oneDNN's handles are set to the memory of each execution.
final class ConvolutionPrimitive {
  private let convolution: OpaquePointer
  private let scratch: Storage

  /// What one computes.
  struct Form: Hashable {
    let geometry: ConvolutionGeometry
    let rows: Int
  }

  /// Nil where oneDNN is not there, or has no fast way to compute it.
  init?(_ key: ConvolutionPlan.Key, _ form: Form) throws(TensorError) {
    var shape = form.geometry.shape(rows: form.rows, hasBias: key.hasBias)
    var made: OpaquePointer?
    let status = nnsh_convolution_create(&made, &shape, key.computed.rawValue)
    if status == Int32(nnsh_onednn_out_of_memory) { try MatmulPrimitive.check(status) }
    guard let made else { return nil }
    let storage: Storage
    do {
      storage = try Storage(byteCount: Swift.max(64, nnsh_convolution_scratch_size(made)))
    } catch {
      nnsh_convolution_destroy(made)
      throw error
    }
    convolution = made
    scratch = storage
    try MatmulPrimitive.check(nnsh_convolution_use_scratch(made, storage.pointer))
  }

  deinit { nnsh_convolution_destroy(convolution) }

  /// Reads the weights that the executions to come are with.
  ///
  /// - Returns: 0, or oneDNN's status.
  func pack(_ weights: UnsafeRawPointer) -> Int32 { nnsh_convolution_pack(convolution, weights) }

  /// Fills what it was made to compute; allocates nothing.
  ///
  /// - Returns: 0, or oneDNN's status.
  func execute(
    images: UnsafeMutableRawPointer, weights: UnsafeMutableRawPointer?,
    bias: UnsafeMutableRawPointer?, outputs: UnsafeMutableRawPointer
  ) -> Int32 {
    // SAFETY: the caller vouches for the memory's sizes; only what is computed is written.
    nnsh_convolution_execute(convolution, images, weights, bias, outputs)
  }
}
