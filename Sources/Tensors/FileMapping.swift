import CKernels
import Platform

/// Memory whose content is in files: read when it is looked at, and let go of when memory is wanted for
/// something else, so that it may be more than the machine has.
package protocol MappedMemory: AnyObject, Sendable {
  // SAFETY: whoever shares the memory follows the rules of `Storage`.
  var pointer: UnsafeMutableRawPointer { get }
  var byteCount: Int { get }
}

/// A file's bytes as memory.
package final class FileMapping: MappedMemory, @unchecked Sendable {
  package let pointer: UnsafeMutableRawPointer
  package let byteCount: Int
  /// Where in the file they begin.
  package let offset: Int

  /// Nil where the system refuses.
  package init?(descriptor: Int32, offset: Int, byteCount: Int) {
    guard byteCount > 0, let memory = nnsh_map_file(descriptor, offset, byteCount) else {
      return nil
    }
    pointer = memory
    self.byteCount = byteCount
    self.offset = offset
  }

  // SAFETY: the memory is this mapping's, and no reference is left.
  deinit { nnsh_unmap_file(pointer, byteCount) }

  /// Whether a mapped file was cut short since this was last asked: zeros are in the place of what
  /// is gone.
  package static func wasCut() -> Bool { nnsh_mapped_file_was_cut() != 0 }
}

/// Parts of several files as one piece of memory, in which each follows the one before.
package final class JoinedMapping: MappedMemory, @unchecked Sendable {
  /// Some bytes of a file.
  package struct Part: Sendable {
    package let path: String
    package let offset: Int
    package let byteCount: Int

    package init(path: String, offset: Int, byteCount: Int) {
      self.path = path
      self.offset = offset
      self.byteCount = byteCount
    }
  }

  private let paging: OpaquePointer
  package let pointer: UnsafeMutableRawPointer
  package let byteCount: Int

  /// Nil where the system refuses, or a part is empty.
  ///
  /// - Parameter budget: how many bytes are held at a time; an eighth of the free memory where none
  ///   are given, for several of these may be in use.
  package init?(_ parts: [Part], budget: Int? = nil) {
    let budget = budget ?? Int(clamping: nnsh_available_memory() / 8)
    let paths = parts.map { strdup($0.path) }
    defer { for path in paths { free(path) } }
    var given: [nnsh_file_part] = []
    for (part, path) in zip(parts, paths) {
      guard let path, part.offset >= 0, part.byteCount > 0 else { return nil }
      given.append(nnsh_file_part(path: path, offset: part.offset, bytes: part.byteCount))
    }
    guard let paging = nnsh_page_files(given, given.count, max(0, budget)) else { return nil }
    self.paging = paging
    pointer = nnsh_paging_memory(paging)
    byteCount = parts.reduce(0) { $0 + $1.byteCount }
  }

  // SAFETY: the memory is this object's, and no reference is left.
  deinit { nnsh_paging_end(paging) }

  /// How many of the bytes are in memory.
  package var heldBytes: Int { nnsh_paging_held(paging) }
}

extension Tensor {
  /// Numbers of mapped files; nil where they are fewer than the shape has, or not aligned.
  package init?(_ mapping: any MappedMemory, _ shape: Shape, _ elementType: ElementType) {
    guard Int(bitPattern: mapping.pointer) % elementType.size == 0,
      shape.count.multipliedReportingOverflow(by: elementType.size) == (mapping.byteCount, false)
    else { return nil }
    self.init(storage: Storage(mapping), shape: shape, elementType: elementType)
  }

  /// Whether the elements lie in mapped files, so that it is best to read them in their order.
  package var isMapped: Bool { storage.mapping != nil }

  /// The file's mapping that these elements are the whole of; nil where there is none.
  package var wholeFileMapping: FileMapping? {
    guard offset == 0, isContiguous, let mapping = storage.mapping as? FileMapping,
      mapping.byteCount == count * elementType.size
    else { return nil }
    return mapping
  }
}
