import Platform

/// Where a file is to be written: what stands there, links followed.
struct WriteTarget {
  enum Kind {
    case new
    case replacing(stat)
    /// A pipe or a device.
    case direct
  }

  let path: String
  let kind: Kind

  private static let mostLinks = 40

  /// Errors: a directory, a socket, a file that nobody may write, a missing directory.
  init(_ path: String) throws(DataError) {
    var status = stat()
    // What `/dev/stdout` links to may have no name.
    if stat(path, &status) == 0, ![S_IFDIR, S_IFSOCK, S_IFREG].contains(status.st_mode & S_IFMT) {
      self.path = path
      kind = .direct
      return
    }
    self.path = try Self.resolvingLinks(path)
    guard stat(self.path, &status) == 0 else {
      guard errno == ENOENT else { throw Self.failure(path, errno) }
      guard !self.path.hasSuffix("/") else {
        throw .missingDirectory(path: path, directory: self.path)
      }
      kind = .new
      return
    }
    switch status.st_mode & S_IFMT {
    case S_IFDIR: throw .isDirectory(path: path)
    case S_IFSOCK: throw .notAFile(path: path, kind: "a socket")
    default: break
    }
    // A file that nobody may write is protected on purpose; that root could replace it anyway,
    // and that a rename asks for the directory's permission alone, does not matter.
    guard status.st_mode & 0o222 != 0, access(self.path, W_OK) == 0 else {
      throw .readOnly(path: path)
    }
    kind = .replacing(status)
  }

  /// The place that a path leads to, whether or not anything is there yet.
  private static func resolvingLinks(_ path: String) throws(DataError) -> String {
    if let resolved = realpath(path, nil) {
      defer { free(resolved) }
      return String(cString: resolved)
    }
    // A link to nothing yet, perhaps by way of others.
    var current = path
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
    for _ in 0..<mostLinks {
      let length = readlink(current, &buffer, buffer.count - 1)
      guard length > 0 else { return current }
      let link = String(
        decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
      current = link.hasPrefix("/") ? link : current.parentDirectory.appendingPath(link)
    }
    throw failure(path, ELOOP)
  }

  /// The error for a system call that failed on the way.
  static func failure(_ path: String, _ code: Int32) -> DataError {
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
}
