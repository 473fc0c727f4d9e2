import Tensors

/// How much memory may still be claimed, asked before large allocations: a header or a compressed
/// file may claim anything.
package enum MemoryLimit {
  /// Bytes that can be had.
  package static func available() -> Int { MemoryGuard.available }

  /// Refuses what would not fit.
  package static func require(_ bytes: Int, for place: String) throws(DataError) {
    do throws(TensorError) { try MemoryGuard.require(bytes) } catch {
      throw .tooLarge(place: place, needed: bytes, available: available())
    }
  }
}
