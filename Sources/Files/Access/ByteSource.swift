import Platform
import Syntax
import Tensors

/// Bytes that can be read at any offset: a file, or memory.
///
/// Files are read with `pread` rather than mapped: a mapped file that another program cuts short
/// while it is being read ends the process with a bus error.
package protocol ByteSource: AnyObject, Sendable {
  /// The file, and what is inside it, for messages.
  var place: String { get }
  var count: Int { get }
  /// Fills the whole buffer from `offset` on; an error where the source holds less.
  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(DataError)
}

extension ByteSource {
  /// A range that lies inside the source as memory that need not be read at once; nil where it is to
  /// be read.
  func mapping(at offset: Int, count: Int) -> FileMapping? {
    (self as? FileSource)?.mapped(at: offset, count: count)
  }

  func requireRange(_ offset: Int, _ length: Int, part: String) throws(DataError) {
    guard offset >= 0, length >= 0, offset <= count, length <= count - offset else {
      throw .truncated(
        place: place, part: part, expected: max(0, length),
        found: max(0, count - max(0, min(offset, count))))
    }
  }

  /// The bytes of a range that lies inside the source.
  func bytes(at offset: Int, count length: Int, part: String) throws(DataError) -> [UInt8] {
    try requireRange(offset, length, part: part)
    try MemoryLimit.require(length, for: place)
    return try filledArray(count: length) { (buffer) throws(DataError) in
      try self.read(at: offset, into: UnsafeMutableRawBufferPointer(buffer))
    }
  }

  /// The first bytes, at most `length` of them.
  package func prefix(_ length: Int) throws(DataError) -> [UInt8] {
    try bytes(at: 0, count: min(length, count), part: "beginning")
  }
}

/// An array whose elements `fill` writes in place; `fill` must write all or throw.
func filledArray<Element: BitwiseCopyable>(
  count: Int, _ fill: (UnsafeMutableBufferPointer<Element>) throws(DataError) -> Void
) throws(DataError) -> [Element] {
  var failure: DataError?
  let array = [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
    do throws(DataError) {
      try fill(UnsafeMutableBufferPointer(rebasing: buffer[0..<count]))
      initialized = count
    } catch {
      failure = error
      initialized = 0
    }
  }
  if let failure { throw failure }
  return array
}

extension [UInt8] {
  /// `withUnsafeBytes`, for a body that throws this module's errors.
  func withBytes<Result>(
    _ body: (UnsafeRawBufferPointer) throws(DataError) -> Result
  ) throws(DataError) -> Result {
    try withUnsafeBufferPointer { (buffer) throws(DataError) -> Result in
      try body(UnsafeRawBufferPointer(buffer))
    }
  }

  /// `withUnsafeMutableBytes`, for a body that throws this module's errors.
  mutating func withMutableBytes<Result>(
    _ body: (UnsafeMutableRawBufferPointer) throws(DataError) -> Result
  ) throws(DataError) -> Result {
    try withUnsafeMutableBufferPointer { (buffer) throws(DataError) -> Result in
      try body(UnsafeMutableRawBufferPointer(buffer))
    }
  }
}

/// Memory that belongs to an array.
package final class MemorySource: ByteSource {
  package let place: String
  private let storage: [UInt8]
  package var count: Int { storage.count }

  package init(_ bytes: [UInt8], place: String) {
    storage = bytes
    self.place = place
  }

  package func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(DataError) {
    try requireRange(offset, buffer.count, part: "data")
    storage.withUnsafeBytes { bytes in
      buffer.copyMemory(
        from: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + buffer.count]))
    }
  }
}

/// Memory that is part of the binary and lives as long as the process.
package final class StaticSource: ByteSource {
  package let place: String
  // SAFETY: nothing ever writes to these bytes.
  nonisolated(unsafe) private let bytes: UnsafeRawBufferPointer
  package var count: Int { bytes.count }

  /// `bytes` must stay valid for the process's whole life.
  package init(_ bytes: UnsafeRawBufferPointer, place: String) {
    self.bytes = bytes
    self.place = place
  }

  package func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(DataError) {
    try requireRange(offset, buffer.count, part: "data")
    buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + buffer.count]))
  }
}

/// A regular file, read at offsets of up to 2⁶³.
package final class FileSource: ByteSource {
  package let place: String
  package let count: Int
  private let descriptor: Int32
  /// Whether numbers are mapped where they can be: a person has asked for it, and is told of a file
  /// that is cut short meanwhile.
  private let isMapped: Bool
  private static let chunk = 16 << 20

  private init(descriptor: Int32, count: Int, place: String, isMapped: Bool) {
    self.descriptor = descriptor
    self.isMapped = isMapped
    self.count = count
    self.place = place
  }

  deinit { close(descriptor) }

  fileprivate func mapped(at offset: Int, count: Int) -> FileMapping? {
    guard isMapped, offset >= 0, count <= self.count - offset else { return nil }
    return FileMapping(descriptor: descriptor, offset: offset, byteCount: count)
  }

  /// Opens a file; a pipe or device is read to its end into memory, once `accepting` has seen its
  /// first bytes and thrown no error.
  ///
  /// Errors: missing, a directory, no permission, empty, endless.
  package static func open(
    _ path: String, isMapped: Bool = false,
    accepting: (_ beginning: [UInt8]) throws(DataError) -> Void = { _ in }
  ) throws(DataError) -> any ByteSource {
    let descriptor = try openDescriptor(path)
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let code = errno
      close(descriptor)
      throw .system(operation: "read", path: path, code: code)
    }
    switch status.st_mode & S_IFMT {
    case S_IFDIR:
      close(descriptor)
      throw .isDirectory(path: path)
    case S_IFREG where status.st_size > 0:
      return FileSource(
        descriptor: descriptor, count: Int(status.st_size), place: path, isMapped: isMapped)
    default:
      // Pipes have no size, nor have the files of /proc.
      defer { close(descriptor) }
      let bytes = try slurp(descriptor, path: path, accepting: accepting)
      guard !bytes.isEmpty else { throw .empty(path: path) }
      return MemorySource(bytes, place: path)
    }
  }

  private static func openDescriptor(_ path: String) throws(DataError) -> Int32 {
    SharedFiles.waitBeforeReading(path)
    while true {
      let descriptor = Platform.open(path, O_RDONLY | O_CLOEXEC)
      if descriptor >= 0 { return descriptor }
      let code = errno
      switch code {
      case EINTR: try throwIfInterrupted(path)
      case ENOENT, ENOTDIR: throw .missing(path: path, nearest: nearestFile(path))
      case EACCES, EPERM: throw .permission(path: path, writing: false)
      case ENXIO: throw .notAFile(path: path, kind: "a socket or a missing device")
      default: throw .system(operation: "read", path: path, code: code)
      }
    }
  }

  /// The file in the same directory that was probably meant.
  private static func nearestFile(_ path: String) -> String? {
    let directory = path.parentDirectory
    let entries = directoryEntries(directory)
    guard let name = nearest(path.lastPathComponent, among: entries, limit: 1).first else {
      return nil
    }
    return path.contains("/") ? directory.appendingPath(name) : name
  }

  /// No more than this is taken from what has no size, of the memory a quarter at most: it may
  /// never end.
  private static let mostUnsized = 4 << 30

  private static func slurp(
    _ descriptor: Int32, path: String,
    accepting: (_ beginning: [UInt8]) throws(DataError) -> Void
  ) throws(DataError) -> [UInt8] {
    let limit = min(mostUnsized, MemoryLimit.available() / 4)
    var bytes: [UInt8] = []
    var isAccepted = false
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      try throwIfInterrupted(path)
      let count = Platform.read(descriptor, &buffer, buffer.count)
      guard count >= 0 else {
        if errno == EINTR { continue }
        throw .system(operation: "read", path: path, code: errno)
      }
      if !isAccepted, bytes.count + count >= ForeignFile.beginningSize || count == 0 {
        isAccepted = true
        try accepting(Array((bytes + buffer[0..<count]).prefix(ForeignFile.beginningSize)))
      }
      if count == 0 { return bytes }
      guard bytes.count + count <= limit else { throw .endless(path: path, limit: limit) }
      // Asked where the array is about to grow, to twice its size.
      if bytes.count + count > bytes.capacity {
        try MemoryLimit.require(bytes.count.multipliedSaturating(2), for: path)
      }
      bytes.append(contentsOf: buffer[0..<count])
    }
  }

  package func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(DataError) {
    try requireRange(offset, buffer.count, part: "data")
    var done = 0
    while done < buffer.count {
      try throwIfInterrupted(place)
      let wanted = min(Self.chunk, buffer.count - done)
      // SAFETY: done < buffer.count and done + wanted ≤ buffer.count.
      let count = pread(
        descriptor, buffer.baseAddress.map { $0 + done }, wanted, off_t(offset + done))
      if count < 0 {
        if errno == EINTR { continue }
        throw .system(operation: "read", path: place, code: errno)
      }
      // Another program has shortened the file since it was opened.
      guard count > 0 else {
        throw .truncated(place: place, part: "data", expected: buffer.count, found: done)
      }
      done += count
    }
  }
}
