import Tensors

extension FileFormat {
  package static let npy = FileFormat(
    "an .npy file", endings: [".npy"],
    begins: { $0.starts(with: [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]) },
    read: { (source) throws(DataError) in
      var rounded = RoundedIntegers()
      let tensor = try NPYFile.read(try SourceStream(source), noting: &rounded)
      return .tensor(tensor, remarks: rounded.remarks(name: nil))
    },
    holds: [.tensor],
    write: { (contents, _, sink) throws(DataError) in
      for array in contents.arrays { try NPYFile.write(array.tensor, to: sink) }
    })
}

/// NumPy's `.npy`: one array.
package enum NPYFile {
  /// The array of a stream that begins with the magic.
  ///
  /// Integers become Float32, or Float64 where one lies beyond ±2²⁴; text, objects (pickles) and
  /// structures are refused. Bytes are divided by 255 when `scaling` asks for it and the array
  /// has at least two dimensions: images are wanted in 0…1, labels are not.
  static func read(
    _ stream: any ByteStream, scaling: ByteScaling = .asStored,
    noting rounded: inout RoundedIntegers
  ) throws(DataError) -> Tensor {
    let header = try NPYHeader(stream)
    let isImage = header.dimensions.count >= 2
    let decoder = ElementDecoder(
      stream: stream, format: header.format, scaling: isImage ? scaling : .asStored)
    let dimensions = header.isFortranOrder ? header.dimensions.reversed() : header.dimensions
    let tensor = try decoder.tensor(dimensions: dimensions, noting: &rounded)
    guard try stream.isAtEnd() else {
      throw .malformed(
        place: stream.place, format: .npy, reason: "more bytes follow its one array")
    }
    guard header.isFortranOrder, header.dimensions.count > 1 else { return tensor }
    return try tensorResult { () throws(TensorError) in try tensor.transposed().contiguous() }
  }

  /// Writes the array as `<f4`, `<f8` or `|b1`, as its elements are.
  package static func write(_ tensor: Tensor, to sink: any ByteSink) throws(DataError) {
    try sink.write(
      NPYHeader.encoded(
        description: tensor.numpyDescription, dimensions: tensor.shape.dimensions))
    try sink.write(elementsOf: tensor)
  }

  /// The number of bytes that `write` will write.
  static func size(_ tensor: Tensor) -> Int {
    NPYHeader.encoded(
      description: tensor.numpyDescription, dimensions: tensor.shape.dimensions
    ).count + tensor.storedByteCount
  }
}

extension Tensor {
  fileprivate var numpyDescription: String {
    switch elementType {
    case .f32: "<f4"
    case .f64: "<f8"
    case .bool: "|b1"
    }
  }

  /// Bytes that the elements take in a file.
  var storedByteCount: Int {
    switch elementType {
    case .f32: count * 4
    case .f64: count * 8
    case .bool: count
    }
  }
}
