import CKernels

/// An array of numbers of any rank, a value: a copy shares memory until one of the two is written.
///
/// Elements lie in `storage` from `offset` on, by strides; `customStrides` is nil where they are
/// contiguous with the last axis fastest. Slices, transposes and broadcasts are views of the same
/// storage.
package struct Tensor: Sendable {
  var storage: Storage
  /// The lengths of the axes.
  package internal(set) var shape: Shape
  var customStrides: [Int]?
  var offset: Int
  /// What the elements are.
  package internal(set) var elementType: ElementType

  init(
    storage: Storage, shape: Shape, strides: [Int]? = nil, offset: Int = 0, elementType: ElementType
  ) {
    self.storage = storage
    self.shape = shape
    self.offset = offset
    self.elementType = elementType
    self.customStrides = strides
    if let strides, Self.areContiguous(strides, shape) { self.customStrides = nil }
  }

  /// A tensor of undefined contiguous content, to be filled at once.
  package init(uninitialized shape: Shape, _ elementType: ElementType) throws(TensorError) {
    let (bytes, overflow) = shape.count.multipliedReportingOverflow(by: elementType.size)
    if overflow { throw .shapeTooLarge(shape.dimensions) }
    self.init(
      storage: try Storage(byteCount: bytes), shape: shape, elementType: elementType)
  }

  /// How many elements there are.
  package var count: Int { shape.count }
  /// How many axes there are.
  package var rank: Int { shape.rank }
  /// Whether the elements lie one after another, the last axis fastest.
  package var isContiguous: Bool { customStrides == nil }
  /// The distance between neighbours along each axis, in elements.
  package var strides: [Int] { customStrides ?? shape.contiguousStrides }

  /// The first element's address.
  var pointer: UnsafeMutableRawPointer {
    // SAFETY: every view is made within its storage's bounds.
    storage.pointer + offset * elementType.size
  }

  /// Whether two tensors lie in the same memory, so that one may be a view of the other.
  package func sharesStorage(with other: Tensor) -> Bool { storage === other.storage }

  /// Tells the memory that the elements lie in from all other.
  package var storageIdentity: ObjectIdentifier { ObjectIdentifier(storage) }

  /// How many bytes that memory takes, whatever part of it this is; none where it is a file's.
  package var storageBytes: Int { storage.mapping != nil ? 0 : storage.byteCount }

  /// Whether elements of a shape that lie by these strides follow one another.
  package static func areContiguous(_ strides: [Int], _ shape: Shape) -> Bool {
    if shape.count == 0 { return true }
    var expected = 1
    for axis in (0..<shape.rank).reversed() where shape[axis] != 1 {
      if strides[axis] != expected { return false }
      expected *= shape[axis]
    }
    return true
  }

  /// The strides with which this tensor's elements repeat to fill a shape it broadcasts to.
  func strides(broadcastTo target: Shape) throws(TensorError) -> [Int] {
    try shape.strides(strides, broadcastTo: target)
  }
}

extension Tensor {
  private static let nothing = Storage()

  /// A tensor that only says how elements would lie.
  // SAFETY: its elements are never read.
  static func lying(_ shape: Shape, strides: [Int]) -> Tensor {
    Tensor(storage: nothing, shape: shape, strides: strides, elementType: .f32)
  }

  /// A tensor that has a shape and a type; all its elements are one, which means nothing. It takes
  /// no memory of its own.
  package static func unfilled(_ shape: Shape, _ elementType: ElementType) -> Tensor {
    // SAFETY: with strides of 0 only the first element is ever read, which lies in the 64 bytes.
    if shape.rank == 0 { return Tensor(storage: nothing, shape: shape, elementType: elementType) }
    return Tensor(
      storage: nothing, shape: shape, strides: [Int](repeating: 0, count: shape.rank),
      elementType: elementType)
  }
}
