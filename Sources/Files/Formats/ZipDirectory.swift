/// One file in a zip archive, as its central directory describes it.
package struct ZipEntry: Sendable {
  package enum Method: Sendable { case stored, deflated }

  package var name: String
  var method: Method
  var compressedSize: Int
  var size: Int
  var checksum: UInt32
  var headerOffset: Int
}

/// The central directory of a zip archive, and the streams of its files.
///
/// A small reader of our own over zlib, not minizip: sizes and offsets are compared with the
/// archive before anything is allocated, contents are read in pieces into the tensors they end up
/// in, and archives linked into the binary are read without a file. Stored and deflated files,
/// with or without zip64. Form: PKWARE's APPNOTE, sections 4.3 to 4.5.
package struct ZipDirectory {
  let source: any ByteSource
  /// What the archive is, for messages.
  private let format: FileFormat
  package private(set) var entries: [ZipEntry] = []

  private static let endSize = 22
  private static let localHeaderSize = 30
  private static let longestComment = 0xFFFF

  package init(_ source: any ByteSource, as format: FileFormat = .npz) throws(DataError) {
    self.source = source
    self.format = format
    let start = try source.prefix(8)
    guard start.starts(with: [0x50, 0x4B]) else {
      if ForeignFile.isPickle(start) { throw .pickled(place: source.place) }
      throw .wrongMagic(
        path: source.place, format: format, looksLike: FileFormat.described(firstBytes: start))
    }
    let (offset, size, count) = try Self.locate(source, format)
    var reader = ByteReader(try source.bytes(at: offset, count: size, part: "directory"))
    // An entry takes at least 46 bytes, so the count is bounded by what was just read.
    for _ in 0..<count {
      guard let entry = try Self.entry(&reader, place: source.place, format) else {
        throw malformed("its directory ends early")
      }
      entries.append(entry)
    }
  }

  private func malformed(_ reason: String) -> DataError {
    .malformed(place: source.place, format: format, reason: reason)
  }

  // MARK: Finding the directory

  private static func locate(
    _ source: any ByteSource, _ format: FileFormat
  ) throws(DataError) -> (offset: Int, size: Int, count: Int) {
    let tailSize = min(source.count, endSize + longestComment)
    let tailStart = source.count - tailSize
    let tail = try source.bytes(at: tailStart, count: tailSize, part: "end")
    var index = tailSize - endSize
    while index >= 0 {
      if tail[index...].starts(with: [0x50, 0x4B, 5, 6]),
        let found = try end(tail[(index + 4)...], at: tailStart + index, source)
      {
        return found
      }
      index -= 1
    }
    throw .malformed(
      place: source.place, format: format, reason: "its directory is missing: the file is cut short"
    )
  }

  private static func end(
    _ bytes: ArraySlice<UInt8>, at position: Int, _ source: any ByteSource
  ) throws(DataError) -> (offset: Int, size: Int, count: Int)? {
    var reader = ByteReader(bytes)
    guard reader.skip(6), let count = reader.integer(UInt16.self),
      let size = reader.integer(UInt32.self), let offset = reader.integer(UInt32.self)
    else { return nil }
    if count == 0xFFFF || size == 0xFFFF_FFFF || offset == 0xFFFF_FFFF,
      let large = try zip64End(before: position, source)
    {
      return large
    }
    let (start, length) = (Int(offset), Int(size))
    guard start <= position, length <= position - start, Int(count) <= length / 46 else {
      return nil
    }
    return (start, length, Int(count))
  }

  private static func zip64End(
    before position: Int, _ source: any ByteSource
  ) throws(DataError) -> (offset: Int, size: Int, count: Int)? {
    guard position >= 20 else { return nil }
    let locator = try source.bytes(at: position - 20, count: 20, part: "directory")
    var reader = ByteReader(locator)
    guard reader.integer(UInt32.self) == 0x0706_4B50, reader.skip(4),
      let recordOffset = reader.integer(UInt64.self).flatMap(Int.init(exactly:)),
      recordOffset <= position - 20, position - 20 - recordOffset >= 56
    else { return nil }
    let record = try source.bytes(at: recordOffset, count: 56, part: "directory")
    reader = ByteReader(record)
    guard reader.integer(UInt32.self) == 0x0606_4B50, reader.skip(28),
      let count = reader.integer(UInt64.self).flatMap(Int.init(exactly:)),
      let size = reader.integer(UInt64.self).flatMap(Int.init(exactly:)),
      let offset = reader.integer(UInt64.self).flatMap(Int.init(exactly:)),
      offset <= recordOffset, size <= recordOffset - offset, count <= size / 46
    else { return nil }
    return (offset, size, count)
  }

  // MARK: Entries

  private static func entry(
    _ reader: inout ByteReader, place: String, _ format: FileFormat
  ) throws(DataError) -> ZipEntry? {
    guard reader.integer(UInt32.self) == 0x0201_4B50, reader.skip(4),
      let flags = reader.integer(UInt16.self), let method = reader.integer(UInt16.self),
      reader.skip(4), let checksum = reader.integer(UInt32.self),
      let compressed = reader.integer(UInt32.self), let size = reader.integer(UInt32.self),
      let nameLength = reader.integer(UInt16.self), let extraLength = reader.integer(UInt16.self),
      let commentLength = reader.integer(UInt16.self), reader.skip(8),
      let offset = reader.integer(UInt32.self), let name = reader.slice(Int(nameLength)),
      let extra = reader.slice(Int(extraLength)), reader.skip(Int(commentLength))
    else { return nil }
    let text = String(decoding: name, as: UTF8.self)
    guard flags & 1 == 0 else {
      throw .malformed(place: place, format: format, reason: "\(text) in it is encrypted")
    }
    guard
      let wide = wideSizes(
        extra, size: UInt64(size), compressed: UInt64(compressed), offset: UInt64(offset))
    else { return nil }
    guard method == 0 || method == 8 else {
      throw .malformed(
        place: place, format: format, reason: "\(text) is packed by method \(method), not deflate")
    }
    return ZipEntry(
      name: text, method: method == 0 ? .stored : .deflated, compressedSize: wide.compressed,
      size: wide.size, checksum: checksum, headerOffset: wide.offset)
  }

  /// Sizes of all ones are given in the zip64 extra field, in this order.
  private static func wideSizes(
    _ extra: ArraySlice<UInt8>, size: UInt64, compressed: UInt64, offset: UInt64
  ) -> (size: Int, compressed: Int, offset: Int)? {
    var values = [size, compressed, offset]
    var reader = ByteReader(extra)
    while let kind = reader.integer(UInt16.self), let length = reader.integer(UInt16.self),
      let field = reader.slice(Int(length))
    {
      guard kind == 1 else { continue }
      var wide = ByteReader(field)
      for index in values.indices where values[index] == 0xFFFF_FFFF {
        guard let value = wide.integer(UInt64.self) else { return nil }
        values[index] = value
      }
    }
    let integers = values.compactMap { Int(exactly: $0) }
    guard integers.count == 3 else { return nil }
    return (integers[0], integers[1], integers[2])
  }

  /// The contents of a file in the archive; size and checksum are verified at its end.
  func stream(_ entry: ZipEntry) throws(DataError) -> any ByteStream {
    var reader = ByteReader(
      try source.bytes(
        at: entry.headerOffset, count: Self.localHeaderSize, part: "entry \(entry.name)"))
    guard reader.integer(UInt32.self) == 0x0403_4B50, reader.skip(22),
      let nameLength = reader.integer(UInt16.self), let extraLength = reader.integer(UInt16.self)
    else { throw malformed("its directory points to no entry for \(entry.name)") }
    let start = entry.headerOffset + Self.localHeaderSize + Int(nameLength) + Int(extraLength)
    let raw = try SourceStream(source, offset: start, count: entry.compressedSize)
    let place = "\(source.place) (\(entry.name))"
    switch entry.method {
    case .stored:
      guard entry.size == entry.compressedSize else {
        throw malformed("the sizes of \(entry.name) contradict each other")
      }
      return ChecksummedStream(raw, size: entry.size, checksum: entry.checksum, place: place)
    case .deflated:
      return ChecksummedStream(
        InflateStream(raw, wrapping: .none), size: entry.size, checksum: entry.checksum,
        place: place)
    }
  }
}
