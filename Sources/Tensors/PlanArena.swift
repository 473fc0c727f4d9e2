/// The memory that a plan works in: values lie in it one after the other, and where one is no longer
/// needed the next one takes its place.
package final class PlanArena {
  private let storage: Storage
  package let byteCount: Int

  /// Throws `outOfMemory` where there is no room.
  package init(byteCount: Int) throws(TensorError) {
    storage = try Storage(byteCount: Swift.max(64, byteCount))
    self.byteCount = byteCount
  }

  /// The first byte.
  package var address: UnsafeMutableRawPointer { storage.pointer }

  /// To be called before a tensor of it is given to operations that know content by its stamp.
  package func willChange() { storage.willChange() }

  /// A part as a tensor, which looks at the memory: to be let go of before the content changes.
  ///
  /// - Parameter offset: of the first element, in bytes from the beginning.
  package func tensor(
    atByte offset: Int, _ shape: Shape, strides: [Int], _ type: ElementType
  ) -> Tensor {
    Tensor(
      storage: storage, shape: shape, strides: strides, offset: offset / type.size,
      elementType: type)
  }
}

extension Tensor {
  /// The strides; nil where the elements lie one after another.
  package var ownStrides: [Int]? { customStrides }

  /// The address of the first element.
  // SAFETY: to be used while the tensor is alive.
  package var address: UnsafeMutableRawPointer { pointer }

  /// Another view of the same memory, which lies within this one's elements.
  package func viewed(_ shape: Shape, strides: [Int], offset: Int) -> Tensor {
    Tensor(
      storage: storage, shape: shape, strides: strides, offset: self.offset + offset,
      elementType: elementType)
  }
}
