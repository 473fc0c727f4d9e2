import Glibc
import Tensors

/// Refuses lists and tables that could never be held in memory, before any of it is allocated.
/// (Tensors guard themselves.)
package enum MemoryGuard {
  /// A limit that holds while something runs for which less is enough.
  @TaskLocal private static var limit: Double?

  /// Runs what may ask for no more than so many bytes at once.
  package static func limited<Result>(
    toBytes limit: Double, _ body: () throws -> Result
  ) rethrows -> Result {
    try $limit.withValue(limit, operation: body)
  }

  /// - Throws: the out-of-memory error where so many elements cannot be held.
  package static func check(elements: Double, bytesEach: Double = 4) throws {
    let bytes = elements * bytesEach
    if let limit, bytes > limit {
      throw TensorError.outOfMemory(
        bytes: Int(exactly: bytes.rounded()) ?? .max, available: Int(exactly: limit) ?? .max)
    }
    guard bytes > 1e8 || bytes.isNaN else { return }
    let available = Double(sysconf(Int32(_SC_PHYS_PAGES))) * Double(sysconf(Int32(_SC_PAGESIZE)))
    guard bytes <= available else {
      throw TensorError.outOfMemory(
        bytes: Int(exactly: bytes.rounded()) ?? .max, available: Int(exactly: available) ?? .max)
    }
  }
}
