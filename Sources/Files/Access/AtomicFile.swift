import Platform

/// A file that appears whole or not at all: written without a name, or beside its place under a
/// temporary one, flushed to the disk, then renamed into its place. Until the rename, a file that
/// stood there before is untouched; when anything fails, or Ctrl-C ends the writing, nothing is
/// left.
///
/// A link is followed, so that the file it points to is replaced and the link stays, also where
/// that file is yet to be made. Pipes and devices, which have no place to rename into, are written
/// directly.
package final class AtomicFile: ByteSink {
  private let path: String
  private let target: WriteTarget
  private var temporary: TemporaryFile?
  private var descriptor: Int32
  private var buffer: [UInt8] = []
  private static let capacity = 1 << 18

  /// Writes the file by calling `body`, and gives it its name only when that succeeds.
  package static func write(
    _ path: String, _ body: (any ByteSink) throws(DataError) -> Void
  ) throws(DataError) {
    guard SharedFiles.areWrittenHere else { return SharedFiles.expect(path) }
    defer { SharedFiles.didWrite(path) }
    let file = try AtomicFile(path)
    do throws(DataError) {
      try body(file)
      try file.finish()
    } catch {
      file.discard()
      throw error
    }
  }

  /// The same for what another program writes: `body` gets a descriptor that is open for writing,
  /// for files also for reading, and closed afterwards. Nothing is written where it throws, or writes nothing.
  package static func write<Failure: Error>(
    _ path: String, failing wrap: (DataError) -> Failure,
    byDescriptor body: (Int32) throws(Failure) -> Void
  ) throws(Failure) {
    guard SharedFiles.areWrittenHere else { return SharedFiles.expect(path) }
    defer { SharedFiles.didWrite(path) }
    let file: AtomicFile
    do throws(DataError) { file = try AtomicFile(path) } catch { throw wrap(error) }
    do throws(Failure) { try body(file.descriptor) } catch {
      file.discard()
      throw error
    }
    do throws(DataError) { try file.finish() } catch {
      file.discard()
      throw wrap(error)
    }
  }

  private init(_ path: String) throws(DataError) {
    self.path = path
    target = try WriteTarget(path)
    switch target.kind {
    case .direct:
      descriptor = open(target.path, O_WRONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw WriteTarget.failure(path, errno) }
    case .new, .replacing:
      let folder = target.path.parentDirectory
      TemporaryFile.removeLeftovers(in: folder)
      guard let made = TemporaryFile(in: folder) else {
        throw WriteTarget.failure(path, errno)
      }
      temporary = made
      descriptor = made.descriptor
      if case .replacing(let status) = target.kind {
        // The replacement keeps the owner where that is allowed, and the permissions.
        if fchown(descriptor, status.st_uid, status.st_gid) != 0 { errno = 0 }
        fchmod(descriptor, status.st_mode & 0o777)
      }
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  // MARK: Writing

  package func write(_ bytes: UnsafeRawBufferPointer) throws(DataError) {
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

  private func flush() throws(DataError) {
    let pending = buffer
    try pending.withBytes { (raw) throws(DataError) in try self.writeOut(raw) }
    buffer.removeAll(keepingCapacity: true)
  }

  private func writeOut(_ bytes: UnsafeRawBufferPointer) throws(DataError) {
    var done = 0
    while done < bytes.count {
      try throwIfInterrupted(path)
      // SAFETY: done < bytes.count, and the length ends at the buffer's end at most.
      let count = Platform.write(
        descriptor, bytes.baseAddress.map { $0 + done }, min(bytes.count - done, 16 << 20))
      if count < 0 {
        if errno == EINTR { continue }
        throw WriteTarget.failure(path, errno)
      }
      done += count
    }
  }

  private func finish() throws(DataError) {
    try flush()
    try throwIfInterrupted(path)
    guard let temporary else {
      try closeDescriptor()
      return
    }
    guard fsync(descriptor) == 0 else { throw WriteTarget.failure(path, errno) }
    guard temporary.rename(to: target.path) else { throw WriteTarget.failure(path, errno) }
    self.temporary = nil
    try closeDescriptor()
    // The new name itself reaches the disk with its directory. Not all file systems can do this,
    // and the file is whole either way.
    let directory = open(target.path.parentDirectory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if directory >= 0 {
      fsync(directory)
      close(directory)
    }
  }

  private func closeDescriptor() throws(DataError) {
    let open = descriptor
    descriptor = -1
    // Network file systems report a full disk only here.
    guard close(open) == 0 || errno == EINTR else { throw WriteTarget.failure(path, errno) }
  }

  private func discard() {
    temporary?.remove()
    temporary = nil
    if descriptor >= 0 { close(descriptor) }
    descriptor = -1
  }
}
