import Glibc
import Synchronization

/// A file that appears whole or not at all: written beside its place under a temporary name,
/// flushed to the disk, then renamed over it. Until the rename, a file that stood there before is
/// untouched; when anything fails, or Ctrl-C ends the writing, the temporary file is removed.
///
/// A link is followed, so that the file it points to is replaced and the link stays. Pipes and
/// devices, which have no place to rename into, are written directly.
final class AtomicFile: ByteSink {
  private let path: String
  private let target: String
  private let temporary: String?
  private var descriptor: Int32
  private var buffer: [UInt8] = []
  private static let capacity = 1 << 18
  private static let serial = Atomic<Int>(0)

  /// Writes the file by calling `body`, and gives it its name only when that succeeds.
  static func write(
    _ path: String, _ body: (any ByteSink) throws(DatasetError) -> Void
  ) throws(DatasetError) {
    let file = try AtomicFile(path)
    do throws(DatasetError) {
      try body(file)
      try file.finish()
    } catch {
      file.discard()
      throw error
    }
  }

  private init(_ path: String) throws(DatasetError) {
    self.path = path
    target = Self.resolvingLinks(path)
    let mode = try Self.checkTarget(target, path: path)
    switch mode {
    case .direct:
      temporary = nil
      descriptor = open(target, O_WRONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw Self.failure(path, errno) }
    case .new, .replacing:
      let number = Self.serial.wrappingAdd(1, ordering: .relaxed).newValue
      // Short, so that a long name does not become too long; in one directory, so that it renames.
      let name = target.parentDirectory.appendingPath(".nnsh-\(getpid())-\(number).tmp")
      temporary = name
      // 0666 less the umask, as any new file.
      descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      guard descriptor >= 0 else { throw Self.failure(path, errno) }
      if case .replacing(let status) = mode {
        // The replacement keeps the owner where that is allowed, and the permissions.
        if fchown(descriptor, status.st_uid, status.st_gid) != 0 { errno = 0 }
        fchmod(descriptor, status.st_mode & 0o777)
      }
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  // MARK: The target

  private enum Mode {
    case new
    case replacing(stat)
    case direct
  }

  private static func checkTarget(_ target: String, path: String) throws(DatasetError) -> Mode {
    var status = stat()
    guard stat(target, &status) == 0 else {
      guard errno == ENOENT else { throw failure(path, errno) }
      guard !target.hasSuffix("/") else {
        throw .missingDirectory(path: path, directory: target)
      }
      return .new
    }
    switch status.st_mode & S_IFMT {
    case S_IFDIR: throw .isDirectory(path: path)
    case S_IFREG: break
    default: return .direct
    }
    // A file that nobody may write is protected on purpose; that root could replace it anyway,
    // and that a rename asks for the directory's permission alone, does not matter.
    guard status.st_mode & 0o222 != 0, access(target, W_OK) == 0 else {
      throw .readOnly(path: path)
    }
    return .replacing(status)
  }

  private static func resolvingLinks(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  private static func failure(_ path: String, _ code: Int32) -> DatasetError {
    switch code {
    // Some file systems, /proc among them, say ENOENT where they take no new files.
    case ENOENT where access(path.parentDirectory, F_OK) == 0:
      .permission(path: path, writing: true)
    case ENOENT, ENOTDIR: .missingDirectory(path: path, directory: path.parentDirectory)
    case EACCES, EPERM: .permission(path: path, writing: true)
    case EROFS: .readOnly(path: path)
    case EISDIR: .isDirectory(path: path)
    case EINTR: .interrupted(path: path)
    default: .system(operation: "write", path: path, code: code)
    }
  }

  // MARK: Writing

  func write(_ bytes: UnsafeRawBufferPointer) throws(DatasetError) {
    if buffer.count + bytes.count <= Self.capacity {
      buffer.append(contentsOf: bytes)
      return
    }
    try flush()
    if bytes.count <= Self.capacity {
      buffer.append(contentsOf: bytes)
    } else {
      try writeOut(bytes)
    }
  }

  private func flush() throws(DatasetError) {
    let pending = buffer
    try pending.withBytes { (raw) throws(DatasetError) in try self.writeOut(raw) }
    buffer.removeAll(keepingCapacity: true)
  }

  private func writeOut(_ bytes: UnsafeRawBufferPointer) throws(DatasetError) {
    var done = 0
    while done < bytes.count {
      try throwIfInterrupted(path)
      // SAFETY: done < bytes.count, and the length ends at the buffer's end at most.
      let count = Glibc.write(
        descriptor, bytes.baseAddress.map { $0 + done }, min(bytes.count - done, 16 << 20))
      if count < 0 {
        if errno == EINTR { continue }
        throw Self.failure(path, errno)
      }
      done += count
    }
  }

  private func finish() throws(DatasetError) {
    try flush()
    try throwIfInterrupted(path)
    guard let temporary else {
      try closeDescriptor()
      return
    }
    guard fsync(descriptor) == 0 else { throw Self.failure(path, errno) }
    try closeDescriptor()
    guard rename(temporary, target) == 0 else { throw Self.failure(path, errno) }
    // The new name itself reaches the disk with its directory. Not all file systems can do this,
    // and the file is whole either way.
    let directory = open(target.parentDirectory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if directory >= 0 {
      fsync(directory)
      close(directory)
    }
  }

  private func closeDescriptor() throws(DatasetError) {
    let open = descriptor
    descriptor = -1
    // Network file systems report a full disk only here.
    guard close(open) == 0 || errno == EINTR else { throw Self.failure(path, errno) }
  }

  private func discard() {
    if descriptor >= 0 {
      close(descriptor)
      descriptor = -1
    }
    if let temporary { unlink(temporary) }
  }
}
