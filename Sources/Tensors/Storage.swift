import CKernels
import Synchronization

/// A piece of memory that tensors share, aligned to 64 bytes unless it is small.
///
/// `@unchecked Sendable`: a tensor writes only to storage that it alone refers to, so what several
/// threads can see at once never changes.
final class Storage: @unchecked Sendable {
  /// The first byte.
  private(set) var pointer: UnsafeMutableRawPointer
  /// How many bytes were asked for.
  let byteCount: Int
  /// What the memory belongs to where it was not allocated.
  let mapping: (any MappedMemory)?
  /// Whether somebody else keeps the memory, and gives it up to nobody.
  private(set) var isLent = false

  /// Names the present content: no other content of any storage ever has the same number.
  private(set) var stamp = Storage.nextStamp()

  private static let stamps = Atomic<UInt64>(0)

  private static func nextStamp() -> UInt64 {
    stamps.wrappingAdd(1, ordering: .relaxed).newValue
  }

  /// What the content was computed from, where losses want to know.
  var origin: Tensor.Origin?

  /// To be called before the content is written anew in place.
  func willChange() {
    stamp = Self.nextStamp()
    if origin != nil { origin = nil }
  }

  /// Allocates `byteCount` bytes of undefined content.
  ///
  /// Throws `outOfMemory` before touching anything where less memory is available: the kernel would
  /// grant the pages and later end the process.
  init(byteCount: Int) throws(TensorError) {
    if byteCount >= MemoryGuard.leastGuarded, nnsh_pool_has(byteCount) == 0 {
      do throws(TensorError) { try MemoryGuard.require(byteCount) } catch {
        guard !ProductMemo.isEmpty else { throw error }
        ProductMemo.clear()
        try MemoryGuard.require(byteCount)
      }
    }
    guard let pointer = nnsh_allocate(byteCount) else {
      throw .outOfMemory(bytes: byteCount, available: Int(clamping: nnsh_available_memory()))
    }
    self.pointer = pointer
    self.byteCount = byteCount
    mapping = nil
  }

  /// The memory of mapped files.
  init(_ mapping: any MappedMemory) {
    pointer = mapping.pointer
    byteCount = mapping.byteCount
    self.mapping = mapping
  }

  /// Memory that somebody else keeps, and leaves as it is until `keepCopy` was called or nobody
  /// refers to this any more.
  init(lent pointer: UnsafeMutableRawPointer, byteCount: Int) {
    self.pointer = pointer
    self.byteCount = byteCount
    mapping = nil
    isLent = true
  }

  /// Takes a copy of lent memory, which is about to change or to go.
  func keepCopy() {
    guard isLent else { return }
    // SAFETY: as long as asked for; where there is none left, to go on would be to look at memory
    // that is somebody else's.
    let copy = nnsh_allocate(byteCount) ?? .allocate(byteCount: byteCount, alignment: 64)
    copy.copyMemory(from: pointer, byteCount: byteCount)
    pointer = copy
    isLent = false
  }

  /// A cache line of zeros.
  init() {
    mapping = nil
    byteCount = 64
    pointer = .allocate(byteCount: byteCount, alignment: 64)
    pointer.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
  }

  deinit {
    // SAFETY: the pointer came from nnsh_allocate with this size, and no reference is left.
    if mapping == nil, !isLent { nnsh_release(pointer, byteCount) }
  }
}
