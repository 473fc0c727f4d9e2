import Tensors

/// Takes bytes one after another: a file being written, or a checksum.
protocol ByteSink: AnyObject {
  func write(_ bytes: UnsafeRawBufferPointer) throws(DatasetError)
}

extension ByteSink {
  func write(_ bytes: [UInt8]) throws(DatasetError) {
    try bytes.withBytes { (raw) throws(DatasetError) in try self.write(raw) }
  }

  /// Writes a tensor's elements in row-major order: Float32, Float64, or a byte for a bool.
  func write(elementsOf tensor: Tensor) throws(DatasetError) {
    switch tensor.elementType {
    case .f32:
      try tensor.readFloats { (floats) throws(DatasetError) in
        try self.write(UnsafeRawBufferPointer(floats))
      }
    case .f64:
      try tensor.readDoubles { (doubles) throws(DatasetError) in
        try self.write(UnsafeRawBufferPointer(doubles))
      }
    case .bool:
      try tensor.readFloats { (floats) throws(DatasetError) in
        let bytes: [UInt8] = floats.map { $0 == 0 ? 0 : 1 }
        try self.write(bytes)
      }
    }
  }
}

extension Tensor {
  /// Reads the elements as Float32, in order; `body` may throw this module's errors.
  func readFloats(
    _ body: (UnsafeBufferPointer<Float>) throws(DatasetError) -> Void
  ) throws(DatasetError) {
    var failure: DatasetError?
    try tensorResult { () throws(TensorError) in
      try self.withFloats { floats in
        do throws(DatasetError) { try body(floats) } catch { failure = error }
      }
    }
    if let failure { throw failure }
  }

  /// Reads the elements as Float64, in order; `body` may throw this module's errors.
  func readDoubles(
    _ body: (UnsafeBufferPointer<Double>) throws(DatasetError) -> Void
  ) throws(DatasetError) {
    var failure: DatasetError?
    try tensorResult { () throws(TensorError) in
      try self.withDoubles { doubles in
        do throws(DatasetError) { try body(doubles) } catch { failure = error }
      }
    }
    if let failure { throw failure }
  }
}
