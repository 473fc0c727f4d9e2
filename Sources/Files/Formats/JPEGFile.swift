import CJpeg
import Tensors

extension FileFormat {
  package static let jpeg = FileFormat(
    "a JPEG image", endings: [".jpg"], otherEndings: [".jpeg"],
    begins: { $0.starts(with: [0xFF, 0xD8, 0xFF]) },
    read: { (source) throws(DataError) in .tensor(try JPEGFile.read(try SourceStream(source))) })
}

/// JPEG images: the samples as libjpeg decodes them, divided by 255. How a camera was held, which
/// a note in the file may tell, turns none.
package enum JPEGFile {
  /// A block of 8×8 pixels takes a few bits at least, in which many equal ones lie together.
  private static let mostPixelsInByte = 1 << 12

  /// The image in 0…1: grey H×W, RGB H×W×3.
  package static func read(_ stream: any ByteStream) throws(DataError) -> Tensor {
    let place = stream.place
    let bytes = try stream.remainingBytes()
    var header = jpeg_file_header()
    try attempt(place) { message in
      // SAFETY: libjpeg reads `bytes.count` bytes and the header is filled.
      jpeg_file_read_header(bytes, bytes.count, &header, message)
    }
    let (height, width, channels) = (Int(header.height), Int(header.width), Int(header.channels))
    let count = height.multipliedSaturating(width).multipliedSaturating(channels)
    guard count <= bytes.count.multipliedSaturating(mostPixelsInByte) else {
      throw .claimsMore(
        place: place, what: "header", claimed: "\(height)×\(width) pixels",
        held: "\(bytes.count) bytes")
    }
    try MemoryLimit.require(count.multipliedSaturating(5), for: place)
    let samples: [UInt8] = try filledArray(count: count) { (buffer) throws(DataError) in
      try attempt(place) { message in
        // SAFETY: the buffer holds as many samples as the header tells.
        jpeg_file_read_samples(
          bytes, bytes.count, &header, buffer.baseAddress, stopsReading, message)
      }
    }
    return try ElementDecoder(
      stream: try SourceStream(MemorySource(samples, place: place)),
      format: ElementFormat(kind: .uint8), scaling: .unitInterval
    ).tensor(dimensions: channels == 1 ? [height, width] : [height, width, channels])
  }

  /// Calls libjpeg, which writes its complaint into the buffer.
  private static func attempt(
    _ place: String, _ body: (UnsafeMutablePointer<CChar>) -> jpeg_file_result
  ) throws(DataError) {
    let (outcome, reason) = withComplaint(capacity: Int32(JPEG_FILE_MESSAGE_SIZE), body)
    switch outcome {
    case JPEG_FILE_DONE: return
    case JPEG_FILE_STOPPED: throw .interrupted(path: place)
    case JPEG_FILE_NO_LIBRARY: throw .noLibrary(place: place, package: "libjpeg62-turbo")
    case JPEG_FILE_NO_MEMORY:
      throw .tooLarge(place: place, needed: 1 << 20, available: MemoryLimit.available())
    default: throw .malformed(place: place, format: .jpeg, reason: reason)
    }
  }
}

/// Asked by libjpeg once a row.
private let stopsReading: jpeg_file_stop = { Interrupt.isRequested ? 1 : 0 }
