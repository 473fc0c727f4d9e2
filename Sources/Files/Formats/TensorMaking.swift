import Tensors

/// Runs tensor operations, turning what they refuse into a `DataError`.
package func tensorResult<Result>(
  _ body: () throws(TensorError) -> Result
) throws(DataError) -> Result {
  do throws(TensorError) {
    return try body()
  } catch {
    throw DataError(error)
  }
}

extension DataError {
  /// What the tensor library refused, in its words.
  init(_ error: TensorError) {
    if case .interrupted = error {
      self = .interrupted(path: "the data")
    } else {
      self = .tensor(message: error.message, hint: error.hint)
    }
  }
}

package func makeTensor(_ values: [Float], _ dimensions: [Int]) throws(DataError) -> Tensor {
  try tensorResult { () throws(TensorError) in try Tensor(values, Shape(checking: dimensions)) }
}

package func makeTensor(_ values: [Double], _ dimensions: [Int]) throws(DataError) -> Tensor {
  try tensorResult { () throws(TensorError) in try Tensor(values, Shape(checking: dimensions)) }
}

/// A Float32 tensor whose elements `fill` writes in place; it must write all or throw.
package func filledFloats(
  _ dimensions: [Int], _ fill: (UnsafeMutableBufferPointer<Float>) throws(DataError) -> Void
) throws(DataError) -> Tensor {
  var failure: DataError?
  let result = try tensorResult { () throws(TensorError) -> Tensor in
    var tensor = try Tensor(uninitialized: Shape(checking: dimensions), .f32)
    try tensor.withMutableFloats { elements in
      do throws(DataError) { try fill(elements) } catch { failure = error }
    }
    return tensor
  }
  if let failure { throw failure }
  return result
}

/// A Float64 tensor whose elements `fill` writes in place; it must write all or throw.
func filledDoubles(
  _ dimensions: [Int], _ fill: (UnsafeMutableBufferPointer<Double>) throws(DataError) -> Void
) throws(DataError) -> Tensor {
  var failure: DataError?
  let result = try tensorResult { () throws(TensorError) -> Tensor in
    var tensor = try Tensor(uninitialized: Shape(checking: dimensions), .f64)
    try tensor.withMutableDoubles { elements in
      do throws(DataError) { try fill(elements) } catch { failure = error }
    }
    return tensor
  }
  if let failure { throw failure }
  return result
}

/// A tensor with the name it has in an archive.
package struct NamedTensor: Sendable {
  package var name: String
  package var tensor: Tensor

  package init(name: String, tensor: Tensor) {
    self.name = name
    self.tensor = tensor
  }
}
