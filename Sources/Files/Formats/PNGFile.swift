import CPng
import Platform
import Tensors

extension FileFormat {
  package static let png = FileFormat(
    "a PNG image", endings: [".png"], begins: { $0.starts(with: [0x89, 0x50, 0x4E, 0x47]) },
    read: { (source) throws(DataError) in .tensor(try PNGFile.read(try SourceStream(source))) },
    holds: [.tensor],
    write: { (contents, _, sink) throws(DataError) in
      for array in contents.arrays { try PNGFile.write(array.tensor, to: sink) }
    })
}

/// PNG images: the samples as they are stored, divided by the largest that their depth allows.
///
/// Gamma and colour profiles, which say how to show the samples, change none of them, and nothing
/// is blended: transparency is a channel. Palettes are looked up.
package enum PNGFile {
  /// The image in 0…1, by its channels: grey H×W, grey and alpha H×W×2, RGB H×W×3, RGBA H×W×4.
  /// One colour that the file declares transparent makes the alpha channel too.
  package static func read(_ stream: any ByteStream) throws(DataError) -> Tensor {
    let place = stream.place
    let bytes = try stream.remainingBytes()
    guard bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) else {
      throw .wrongMagic(
        path: place, format: .png,
        looksLike: FileFormat.described(firstBytes: Array(bytes.prefix(32))))
    }
    var header = png_header()
    try attempt(place) { message in
      // SAFETY: libpng reads `bytes.count` bytes and writes one header.
      png_file_header(bytes, bytes.count, &header, message)
    }
    let dimensions = try checkedDimensions(header, compressedSize: bytes.count, place: place)
    if header.depth == 16 {
      let samples: [UInt16] = try samples(bytes, header, place)
      return try filledFloats(dimensions) { (output) throws(DataError) in
        for index in samples.indices { output[index] = Float(samples[index]) / 65_535 }
      }
    }
    let samples: [UInt8] = try samples(bytes, header, place)
    return try ElementDecoder(
      stream: try SourceStream(MemorySource(samples, place: place)),
      format: ElementFormat(kind: .uint8), scaling: .unitInterval
    ).tensor(dimensions: dimensions)
  }

  /// The shape, once the file can hold what its header claims and memory can take it.
  private static func checkedDimensions(
    _ header: png_header, compressedSize: Int, place: String
  ) throws(DataError) -> [Int] {
    let (height, width) = (Int(header.height), Int(header.width))
    guard header.claims_more == 0 else {
      throw .claimsMore(
        place: place, what: "header", claimed: "\(height)×\(width) pixels",
        held: "\(compressedSize) bytes")
    }
    let channels = Int(header.channels)
    let count = height.multipliedSaturating(width).multipliedSaturating(channels)
    try MemoryLimit.require(
      count.multipliedSaturating(4 + Int(header.depth) / 8), for: place)
    return channels == 1 ? [height, width] : [height, width, channels]
  }

  private static func samples<Sample: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: [UInt8], _ header: png_header, _ place: String
  ) throws(DataError) -> [Sample] {
    var header = header
    let count = Int(header.height) * Int(header.width) * Int(header.channels)
    return try filledArray(count: count) { (buffer) throws(DataError) in
      try self.attempt(place) { message in
        // SAFETY: the buffer holds as many samples of this depth as the header tells.
        png_file_samples(bytes, bytes.count, &header, buffer.baseAddress, stopsReading, message)
      }
    }
  }

  // MARK: Writing

  /// Writes H×W or H×W×1 (grey), H×W×2 (grey and alpha), H×W×3 (RGB) or H×W×4 (RGBA): values of
  /// 0…1, or whole numbers 0…255. Eight bits a sample, unless sixteen are needed to write what
  /// was read from an image of sixteen.
  package static func write(_ tensor: Tensor, to sink: any ByteSink) throws(DataError) {
    let sizes = tensor.shape.dimensions
    let channels = sizes.count == 3 ? sizes[2] : 1
    guard sizes.count == 2 || sizes.count == 3, (1...4).contains(channels),
      sizes.allSatisfy({ $0 > 0 && $0 <= 1_000_000 })
    else {
      throw .unsavable(
        value: "a \(tensor.shape) tensor", format: .png,
        advice: "an image is H×W (grey) or H×W×3 (colour): choose one, as images[0]")
    }
    let samples = try Samples(tensor)
    var header = png_header(
      width: UInt32(sizes[1]), height: UInt32(sizes[0]), stored_depth: samples.depth,
      stored_channels: Int32(channels), depth: samples.depth, channels: Int32(channels),
      claims_more: 0)
    var encoded: UnsafeMutablePointer<UInt8>?
    var size = 0
    defer { free(encoded) }
    try attempt("the image") { message in
      // SAFETY: the bytes hold as many samples of this depth as the header tells.
      png_file_encode(&header, samples.bytes, stopsReading, &encoded, &size, message)
    }
    try sink.write(UnsafeRawBufferPointer(start: encoded, count: size))
  }

  /// The samples of an image to be written.
  private struct Samples {
    var depth: Int32
    var bytes: [UInt8] = []

    init(_ tensor: Tensor) throws(DataError) {
      let values = try tensorResult { () throws(TensorError) in try tensor.guardedDoubles() }
      guard try Self.holds(values, \.isFinite) else {
        throw .unsavable(
          value: "an image with nan or infinite pixels", format: .png,
          advice: "replace them: where(isfinite(x), x, 0)")
      }
      var (lowest, highest) = (values.first ?? 0, values.first ?? 0)
      _ = try Self.holds(values) { value in
        (lowest, highest) = (min(lowest, value), max(highest, value))
        return true
      }
      // Rounding in earlier arithmetic may leave 0…1 by a little.
      let tolerance = 1e-6
      let isUnit = lowest >= -tolerance && highest <= 1 + tolerance
      var isByte = lowest >= 0 && highest <= 255
      if isByte { isByte = try Self.holds(values) { $0.rounded() == $0 } }
      guard isUnit || isByte else { throw .pixelRange(lowest: lowest, highest: highest) }
      func sample(_ value: Double, _ largest: Double) -> Double {
        min(max(value * largest, 0), largest).rounded()
      }
      var isWide = false
      if isUnit { isWide = try Self.needsSixteenBits(values) }
      depth = isWide ? 16 : 8
      bytes.reserveCapacity(isWide ? 2 * values.count : values.count)
      _ = try Self.holds(values) { value in
        if isWide {
          withUnsafeBytes(of: UInt16(sample(value, 65_535))) { bytes.append(contentsOf: $0) }
        } else {
          bytes.append(UInt8(isUnit ? sample(value, 255) : value))
        }
        return true
      }
    }

    /// Whether all values are so, with a look for Ctrl-C in between.
    private static func holds(
      _ values: [Double], _ isSo: (Double) -> Bool
    ) throws(DataError) -> Bool {
      for start in stride(from: 0, to: values.count, by: 1 << 16) {
        try tensorResult { () throws(TensorError) in try Interrupt.check() }
        for value in values[start..<Swift.min(values.count, start + (1 << 16))] where !isSo(value) {
          return false
        }
      }
      return true
    }

    /// Whether all values are samples of sixteen bits, as Float32 holds them, and not all are
    /// samples of eight.
    private static func needsSixteenBits(_ values: [Double]) throws(DataError) -> Bool {
      func areSamples(_ largest: Float) throws(DataError) -> Bool {
        try holds(values) { value in
          let single = Float(value)
          return (single * largest).rounded() / largest == single
        }
      }
      if try areSamples(255) { return false }
      return try areSamples(65_535)
    }
  }

  // MARK: Errors

  /// Calls libpng, which writes its complaint into the buffer.
  private static func attempt(
    _ place: String, _ body: (UnsafeMutablePointer<CChar>) -> png_result
  ) throws(DataError) {
    let (outcome, reason) = withComplaint(capacity: Int32(PNG_MESSAGE_SIZE), body)
    switch outcome {
    case PNG_DONE: return
    case PNG_STOPPED: throw .interrupted(path: place)
    case PNG_NO_MEMORY:
      throw .tooLarge(place: place, needed: 1 << 20, available: MemoryLimit.available())
    default: throw .malformed(place: place, format: .png, reason: reason)
    }
  }
}

/// Asked by libpng once a row.
private let stopsReading: png_stop = { Interrupt.isRequested ? 1 : 0 }
