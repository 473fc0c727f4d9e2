/// Which elements of which memory a tensor is: equal for tensors that cannot differ as long as one
/// of them is kept, since memory that is shared is copied before it is written to.
package struct TensorIdentity: Hashable {
  private let storage: ObjectIdentifier
  private let offset: Int
  private let dimensions: [Int]
  private let strides: [Int]

  init(_ tensor: Tensor) {
    storage = ObjectIdentifier(tensor.storage)
    offset = tensor.offset
    dimensions = tensor.shape.dimensions
    strides = tensor.strides
  }
}

extension Tensor {
  /// Which elements of which memory it is.
  package var identity: TensorIdentity { TensorIdentity(self) }
}
