import CPng
import Tensors

/// PNG through libpng's simplified interface, which reports errors by return value: the full one
/// jumps out of the middle of Swift functions with `longjmp`.
package enum PNGFile {
  private static let deepestCompressed = 1032

  /// An image as H×W (grey) or H×W×3 (colour), 0…1. Transparent parts are shown on white, as
  /// paper; sixteen bits a channel are read as eight.
  static func read(_ stream: any ByteStream) throws(DatasetError) -> Tensor {
    let place = stream.place
    let bytes = try stream.remainingBytes()
    guard bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) else {
      throw .wrongMagic(
        path: place, format: .png,
        looksLike: FileFormat.described(firstBytes: Array(bytes.prefix(32))))
    }
    return try bytes.withBytes { (raw) throws(DatasetError) -> Tensor in
      var image = png_image()
      image.version = png_uint_32(PNG_IMAGE_VERSION)
      defer { png_image_free(&image) }
      // SAFETY: libpng reads `raw`, which outlives the image.
      guard png_image_begin_read_from_memory(&image, raw.baseAddress, raw.count) != 0 else {
        throw failure(image, place)
      }
      return try pixels(&image, compressedSize: raw.count, place: place)
    }
  }

  private static func pixels(
    _ image: inout png_image, compressedSize: Int, place: String
  ) throws(DatasetError) -> Tensor {
    let (height, width) = (Int(image.height), Int(image.width))
    let isColour = image.format & UInt32(PNG_FORMAT_FLAG_COLOR) != 0
    let channels = isColour ? 3 : 1
    guard let count = [height, width, channels].checkedProduct else {
      throw .tooLarge(place: place, needed: .max, available: MemoryLimit.available())
    }
    // One bit a pixel at least is deflated, by at most 1032 to 1.
    guard height * width / 8 <= compressedSize.multipliedSaturating(deepestCompressed) else {
      throw .claimsMore(
        place: place, what: "header", claimed: "\(height)×\(width) pixels",
        held: "\(compressedSize) bytes")
    }
    try MemoryLimit.require(count.multipliedSaturating(5), for: place)
    image.format = isColour ? UInt32(PNG_FORMAT_FLAG_COLOR) : 0
    image.flags |= UInt32(PNG_IMAGE_FLAG_16BIT_sRGB)
    var white = png_color(red: 255, green: 255, blue: 255)
    var pixels = [UInt8](repeating: 0, count: count)
    // SAFETY: the buffer holds height × width × channels bytes, as the format asks; row stride 0
    // means rows without gaps.
    let isRead = pixels.withUnsafeMutableBytes {
      png_image_finish_read(&image, &white, $0.baseAddress, 0, nil) != 0
    }
    guard isRead else { throw failure(image, place) }
    let source = try SourceStream(MemorySource(pixels, place: place))
    let dimensions = isColour ? [height, width, 3] : [height, width]
    return try ElementDecoder(
      stream: source, format: ElementFormat(kind: .uint8), scaling: .unitInterval
    ).tensor(dimensions: dimensions)
  }

  /// Writes H×W, H×W×1 or H×W×3 with values 0…1, or whole numbers 0…255, at eight bits a channel.
  static func write(_ tensor: Tensor, to sink: any ByteSink) throws(DatasetError) {
    let sizes = tensor.shape.dimensions
    let channels = sizes.count == 3 ? sizes[2] : 1
    guard sizes.count == 2 || sizes.count == 3, channels == 1 || channels == 3,
      sizes.allSatisfy({ $0 > 0 && $0 <= 1_000_000 })
    else {
      throw .unsavable(
        value: "a \(tensor.shape) tensor", format: .png,
        advice: "an image is H×W (grey) or H×W×3 (colour): choose one, as images[0]")
    }
    var pixels = try bytes(tensor)
    var image = png_image()
    image.version = png_uint_32(PNG_IMAGE_VERSION)
    image.height = png_uint_32(sizes[0])
    image.width = png_uint_32(sizes[1])
    image.format = channels == 3 ? UInt32(PNG_FORMAT_FLAG_COLOR) : 0
    defer { png_image_free(&image) }
    // Deflate adds at most a thousandth; the chunks' frames are small.
    var size = pixels.count + sizes[0] + pixels.count / 512 + 65_536
    var encoded = [UInt8](repeating: 0, count: size)
    // SAFETY: `size` is the buffer's length; libpng returns 0 when that does not suffice.
    let isWritten = encoded.withUnsafeMutableBytes { output in
      pixels.withUnsafeMutableBytes { input in
        png_image_write_to_memory(&image, output.baseAddress, &size, 0, input.baseAddress, 0, nil)
          != 0
      }
    }
    guard isWritten else { throw failure(image, "the image") }
    try sink.write(Array(encoded.prefix(size)))
  }

  private static func bytes(_ tensor: Tensor) throws(DatasetError) -> [UInt8] {
    let values = tensor.doubles()
    let (lowest, highest) = (values.min() ?? 0, values.max() ?? 0)
    guard values.allSatisfy(\.isFinite) else {
      throw .unsavable(
        value: "an image with nan or infinite pixels", format: .png,
        advice: "replace them: where(isfinite(x), x, 0)")
    }
    // Rounding in earlier arithmetic may leave 0…1 by a little.
    let tolerance = 1e-6
    let isUnit = lowest >= -tolerance && highest <= 1 + tolerance
    let isByte = lowest >= 0 && highest <= 255 && values.allSatisfy { $0.rounded() == $0 }
    guard isUnit || isByte else { throw .pixelRange(lowest: lowest, highest: highest) }
    let scale = isUnit ? 255.0 : 1
    return values.map { UInt8(min(max($0 * scale, 0), 255).rounded()) }
  }

  private static func failure(_ image: png_image, _ place: String) -> DatasetError {
    let reason = withUnsafeBytes(of: image.message) { raw in
      String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
    }
    return .malformed(
      place: place, format: .png, reason: reason.isEmpty ? "it cannot be decoded" : reason)
  }
}
