import CKernels

/// Room for many elements of which few are used, as on a stack: its pages cost nothing before they
/// are touched.
package final class AddressSpace<Element> {
  /// The first element's place; none of them is initialized.
  package let start: UnsafeMutablePointer<Element>
  package let capacity: Int
  private let isReserved: Bool
  private var byteCount: Int { capacity * MemoryLayout<Element>.stride }

  package init(capacity: Int) {
    self.capacity = capacity
    let byteCount = capacity * MemoryLayout<Element>.stride
    if let space = nnsh_reserve(byteCount) {
      // SAFETY: as many bytes, from the start of a page, which nobody else refers to.
      start = space.bindMemory(to: Element.self, capacity: capacity)
      isReserved = true
    } else {
      start = .allocate(capacity: capacity)
      isReserved = false
    }
  }

  /// The elements must have been deinitialized.
  deinit {
    // SAFETY: given up as it was taken.
    if isReserved { nnsh_give_up(start, byteCount) } else { start.deallocate() }
  }
}
