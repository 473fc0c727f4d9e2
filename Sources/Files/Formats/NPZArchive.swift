import CZlib
import Syntax
import Tensors

extension FileFormat {
  package static let npz = FileFormat(
    "an .npz archive", endings: [".npz"],
    begins: { $0.starts(with: [0x50, 0x4B, 3, 4]) || $0.starts(with: [0x50, 0x4B, 5, 6]) },
    read: { (source) throws(DataError) in
      let archive = try NPZArchive.read(source)
      return archive.notes.map {
        .parameters(archive.tensors, notes: $0, remarks: archive.remarks)
      }
        ?? .record(archive.tensors, remarks: archive.remarks)
    },
    holds: [.tensor, .record, .parameters],
    write: { (contents, _, sink) throws(DataError) in
      try NPZArchive.write(contents.arrays, notes: contents.notes, to: sink)
    })
}

/// NumPy's `.npz`: a zip archive of `.npy` files, each named after its array.
package enum NPZArchive {
  /// Where a network's notes stand: JSON of strings, which NumPy hands out as bytes.
  static let notesName = "__metadata__.json"

  /// What an archive holds.
  package struct Contents {
    /// The arrays in the archive's order.
    package var tensors: [NamedTensor] = []
    /// The notes where it has any.
    package var notes: [String: String]?
    /// The arrays that hold no numbers, and those of which some are rounded.
    package var remarks: [LoadRemark] = []
  }

  /// Reads all arrays that hold numbers; the error of the first that holds none where no other
  /// does.
  package static func read(
    _ source: any ByteSource, scaling: ByteScaling = .asStored
  ) throws(DataError) -> Contents {
    let directory = try ZipDirectory(source)
    var result = Contents()
    var names: Set<String> = []
    var failure: DataError?
    for entry in directory.entries where !entry.name.hasSuffix("/") {
      if entry.name == notesName {
        let bytes = try directory.stream(entry).remainingBytes()
        result.notes = try JSONValue.strings(bytes, place: source.place, format: .npz)
        continue
      }
      guard entry.name.hasSuffix(".npy") else { continue }
      let name = ShownName.cleaned(String(entry.name.dropLast(4)))
      guard names.insert(name).inserted else {
        throw .malformed(place: source.place, format: .npz, reason: "it holds \(name) twice")
      }
      do throws(DataError) {
        var rounded = RoundedIntegers()
        let tensor = try NPYFile.read(
          try directory.stream(entry), scaling: scaling, noting: &rounded)
        result.remarks += rounded.remarks(name: name)
        result.tensors.append(NamedTensor(name: name, tensor: tensor))
      } catch {
        guard let type = error.typeLeftOut else { throw error }
        failure = failure ?? error
        result.remarks.append(.arrayLeftOut(name: name, type: type))
      }
    }
    guard !result.tensors.isEmpty else {
      throw failure
        ?? .malformed(place: source.place, format: .npz, reason: "it holds no arrays")
    }
    return result
  }

  /// Writes the arrays uncompressed, as `numpy.savez` does: weights hardly compress.
  package static func write(
    _ tensors: [NamedTensor], notes: [String: String]? = nil, to sink: any ByteSink
  ) throws(DataError) {
    var writer = ZipWriter(sink)
    for named in tensors {
      let checksum = ChecksumSink()
      try NPYFile.write(named.tensor, to: checksum)
      try writer.begin(
        "\(named.name).npy", size: NPYFile.size(named.tensor), checksum: checksum.value)
      try NPYFile.write(named.tensor, to: sink)
    }
    if let notes {
      let bytes = Array(JSONValue.text(notes).utf8)
      let checksum = ChecksumSink()
      try checksum.write(bytes)
      try writer.begin(notesName, size: bytes.count, checksum: checksum.value)
      try sink.write(bytes)
    }
    try writer.finish()
  }
}

extension DataError {
  /// What an array holds instead of numbers, where that is what the error tells.
  fileprivate var typeLeftOut: String? {
    switch self {
    case .pickled: "Python objects"
    case .unsupportedElements(_, let type): type
    default: nil
    }
  }
}

/// Takes bytes only to compute their CRC-32, which a zip entry states before its contents.
private final class ChecksumSink: ByteSink {
  private var sum: uLong = crc32(0, nil, 0)
  var value: UInt32 { UInt32(truncatingIfNeeded: sum) }

  func write(_ bytes: UnsafeRawBufferPointer) throws(DataError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let part = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 26))
      // SAFETY: zlib reads `part.count` bytes of `part`.
      sum = crc32(sum, part.baseAddress?.assumingMemoryBound(to: UInt8.self), uInt(part.count))
      rest = rest.dropFirst(part.count)
    }
  }
}

/// Writes a zip archive of stored entries, with zip64 fields where a size needs them.
struct ZipWriter {
  private let sink: any ByteSink
  private var directory: [UInt8] = []
  private var position = 0
  private var count = 0

  init(_ sink: any ByteSink) { self.sink = sink }

  /// Writes the entry's header; its `size` bytes must follow.
  mutating func begin(_ name: String, size: Int, checksum: UInt32) throws(DataError) {
    let name = Array(name.utf8.prefix(0xFFFF))
    let limit = 0xFFFF_FFFF
    let isLarge = size >= limit
    var header: [UInt8] = []
    header.append(little: UInt32(0x0403_4B50))
    appendCommon(to: &header, version: isLarge ? 45 : 20, size: size, checksum: checksum)
    header.append(little: UInt16(name.count))
    header.append(little: UInt16(isLarge ? 20 : 0))
    header += name
    if isLarge { appendWide([size, size], to: &header) }

    var wide: [Int] = isLarge ? [size, size] : []
    if position >= limit { wide.append(position) }
    directory.append(little: UInt32(0x0201_4B50))
    directory.append(little: UInt16(45))
    appendCommon(to: &directory, version: wide.isEmpty ? 20 : 45, size: size, checksum: checksum)
    directory.append(little: UInt16(name.count))
    directory.append(little: UInt16(wide.isEmpty ? 0 : 4 + 8 * wide.count))
    directory.append(contentsOf: [UInt8](repeating: 0, count: 10))
    directory.append(little: UInt32(clamping: position))
    directory += name
    if !wide.isEmpty { appendWide(wide, to: &directory) }

    count += 1
    position += header.count + size
    try sink.write(header)
  }

  /// Writes the directory that ends the archive.
  func finish() throws(DataError) {
    var end = directory
    let limit = 0xFFFF_FFFF
    if count >= 0xFFFF || position >= limit || directory.count >= limit {
      end.append(little: UInt32(0x0606_4B50))
      end.append(little: UInt64(44))
      end.append(little: UInt16(45))
      end.append(little: UInt16(45))
      end.append(little: UInt64(0))
      end.append(little: UInt64(count))
      end.append(little: UInt64(count))
      end.append(little: UInt64(directory.count))
      end.append(little: UInt64(position))
      end.append(little: UInt32(0x0706_4B50))
      end.append(little: UInt32(0))
      end.append(little: UInt64(position + directory.count))
      end.append(little: UInt32(1))
    }
    end.append(little: UInt32(0x0605_4B50))
    end.append(little: UInt32(0))
    end.append(little: UInt16(clamping: count))
    end.append(little: UInt16(clamping: count))
    end.append(little: UInt32(clamping: directory.count))
    end.append(little: UInt32(clamping: position))
    end.append(little: UInt16(0))
    try sink.write(end)
  }

  /// What the local header and the directory have in common: from the version to the sizes. The
  /// date is 1 January 1980, so that equal arrays give equal files.
  private func appendCommon(
    to bytes: inout [UInt8], version: UInt16, size: Int, checksum: UInt32
  ) {
    bytes.append(little: version)
    // Bit 11: names are UTF-8.
    bytes.append(little: UInt16(1 << 11))
    bytes.append(little: UInt16(0))
    bytes.append(little: UInt32(0x0021_0000))
    bytes.append(little: checksum)
    bytes.append(little: UInt32(clamping: size))
    bytes.append(little: UInt32(clamping: size))
  }

  private func appendWide(_ values: [Int], to bytes: inout [UInt8]) {
    bytes.append(little: UInt16(1))
    bytes.append(little: UInt16(8 * values.count))
    for value in values { bytes.append(little: UInt64(value)) }
  }
}
