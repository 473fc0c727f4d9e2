import Tensors

extension FileFormat {
  /// Files of MNIST are often named by kind, as `train-images-idx3-ubyte`.
  package static let idx = FileFormat(
    "an IDX file", endings: [".idx"],
    otherEndings: [".idx1", ".idx2", ".idx3", ".idx4", "-ubyte", ".ubyte"],
    begins: { $0.count >= 4 && $0.starts(with: [0, 0]) && (8...14).contains($0[2]) },
    read: { (source) throws(DataError) in
      .tensor(try IDXFile.read(try ByteStreams.inflatingIfNeeded(source)))
    },
    readsCompressed: true)
}

/// IDX, the form of the MNIST files: two zero bytes, the element type, the number of dimensions,
/// each dimension as a 32-bit integer, then the elements; all big-endian.
package enum IDXFile {
  private static let mostDimensions = 8

  /// The array of a stream. Bytes become 0…1 with `.unitInterval` where there are at least two
  /// dimensions, as for images.
  package static func read(
    _ stream: any ByteStream, scaling: ByteScaling = .asStored
  ) throws(DataError) -> Tensor {
    let place = stream.place
    let magic = try stream.bytes(min(4, stream.bound), part: "header")
    guard magic.count == 4 || !magic.starts(with: [0, 0]) else {
      throw .truncated(place: place, part: "header", expected: 4, found: magic.count)
    }
    guard magic.count == 4, magic.starts(with: [0, 0]), let format = ElementFormat(idx: magic[2])
    else {
      throw .wrongMagic(
        path: place, format: .idx, looksLike: FileFormat.described(firstBytes: magic))
    }
    let rank = Int(magic[3])
    guard rank <= mostDimensions else {
      throw .malformed(place: place, format: .idx, reason: "it claims \(rank) dimensions")
    }
    let sizes = try stream.bytes(rank * 4, part: "header")
    let dimensions = (0..<rank).map { index in
      sizes[index * 4..<index * 4 + 4].reduce(0) { $0 << 8 | Int($1) }
    }
    let decoder = ElementDecoder(
      stream: stream, format: format, scaling: rank >= 2 ? scaling : .asStored)
    let tensor = try decoder.tensor(dimensions: dimensions)
    guard try stream.isAtEnd() else {
      let shape = dimensions.map(String.init).joined(separator: "×")
      throw .malformed(
        place: place, format: .idx, reason: "more bytes follow the \(shape) elements it claims")
    }
    return tensor
  }
}
