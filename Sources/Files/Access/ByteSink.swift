import Tensors

/// Takes bytes one after another: a file being written, or a checksum.
package protocol ByteSink: AnyObject {
  func write(_ bytes: UnsafeRawBufferPointer) throws(DataError)
}

extension ByteSink {
  package func write(_ bytes: [UInt8]) throws(DataError) {
    try bytes.withBytes { (raw) throws(DataError) in try self.write(raw) }
  }

  /// Writes a tensor's elements in row-major order: Float32, Float64, or a byte for a bool.
  package func write(elementsOf tensor: Tensor) throws(DataError) {
    switch tensor.elementType {
    case .f32:
      try tensor.readFloats { (floats) throws(DataError) in
        try self.write(UnsafeRawBufferPointer(floats), isMapped: tensor.isMapped)
      }
    case .f64:
      try tensor.readDoubles { (doubles) throws(DataError) in
        try self.write(UnsafeRawBufferPointer(doubles), isMapped: tensor.isMapped)
      }
    case .bool:
      try tensor.readFloats { (floats) throws(DataError) in
        let bytes: [UInt8] = floats.map { $0 == 0 ? 0 : 1 }
        try self.write(bytes)
      }
    }
  }
}

extension ByteSink {
  /// Bytes of mapped files are copied first: the system takes none that it would have to ask for.
  private func write(_ bytes: UnsafeRawBufferPointer, isMapped: Bool) throws(DataError) {
    guard isMapped else { return try write(bytes) }
    let size = 1 << 20
    for start in stride(from: 0, to: bytes.count, by: size) {
      try write([UInt8](bytes[start..<min(bytes.count, start + size)]))
    }
  }
}

extension Tensor {
  /// Reads the elements as Float32, in order; `body` may throw this module's errors.
  package func readFloats(
    _ body: (UnsafeBufferPointer<Float>) throws(DataError) -> Void
  ) throws(DataError) {
    var failure: DataError?
    try tensorResult { () throws(TensorError) in
      try self.withFloats { floats in
        do throws(DataError) { try body(floats) } catch { failure = error }
      }
    }
    if let failure { throw failure }
  }

  /// Reads the elements as Float64, in order; `body` may throw this module's errors.
  package func readDoubles(
    _ body: (UnsafeBufferPointer<Double>) throws(DataError) -> Void
  ) throws(DataError) {
    var failure: DataError?
    try tensorResult { () throws(TensorError) in
      try self.withDoubles { doubles in
        do throws(DataError) { try body(doubles) } catch { failure = error }
      }
    }
    if let failure { throw failure }
  }
}
