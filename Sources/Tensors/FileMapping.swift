import CKernels

/// A file's bytes as memory: read when they are looked at, and let go of when memory is wanted for
/// something else, so that they may be more than the machine has.
package final class FileMapping: @unchecked Sendable {
  // SAFETY: whoever shares the memory follows the rules of `Storage`.
  let pointer: UnsafeMutableRawPointer
  package let byteCount: Int

  /// Nil where the system refuses.
  package init?(descriptor: Int32, offset: Int, byteCount: Int) {
    guard byteCount > 0, let memory = nnsh_map_file(descriptor, offset, byteCount) else {
      return nil
    }
    pointer = memory
    self.byteCount = byteCount
  }

  // SAFETY: the memory is this mapping's, and no reference is left.
  deinit { nnsh_unmap_file(pointer, byteCount) }

  /// Whether a mapped file was cut short since this was last asked: zeros are in the place of what
  /// is gone.
  package static func wasCut() -> Bool { nnsh_mapped_file_was_cut() != 0 }
}

extension Tensor {
  /// Numbers of a mapped file; nil where they are fewer than the shape has, or not aligned.
  package init?(_ mapping: FileMapping, _ shape: Shape, _ elementType: ElementType) {
    guard Int(bitPattern: mapping.pointer) % elementType.size == 0,
      shape.count.multipliedReportingOverflow(by: elementType.size) == (mapping.byteCount, false)
    else { return nil }
    self.init(storage: Storage(mapping), shape: shape, elementType: elementType)
  }

  /// Whether the elements lie in a mapped file, so that it is best to read them in their order.
  package var isMapped: Bool { storage.isMapped }
}
