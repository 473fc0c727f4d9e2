import Platform
import Synchronization

/// A file that is being written and has no name yet, or a hidden one.
///
/// Without a name where the file system can do that (`O_TMPFILE`): then nothing is left of it
/// when the process is killed. Elsewhere its name tells the process, and it is locked while that
/// lives, so that later writers can tell leftovers from files of others at work.
struct TemporaryFile {
  let descriptor: Int32
  private let folder: String
  /// `nil` while it has none.
  private let path: String?

  private static let serial = Atomic<Int>(0)
  private static let prefix = ".nnsh-"
  private static let suffix = ".tmp"
  /// A folder of more entries is not searched to its end.
  private static let entriesLookedAt = 10_000

  /// Opens a new file in the folder; `nil`, with the system's error in `errno`, where none can be
  /// made. It must be renamed or removed, and its descriptor closed.
  init?(in folder: String) {
    self.folder = folder
    // 0666 less the umask, as any new file.
    let unnamed = open(folder, O_RDWR | Self.withoutName | O_CLOEXEC, 0o666)
    // The name is given later by way of /proc.
    if unnamed >= 0, access("/proc/self/fd/\(unnamed)", F_OK) == 0 {
      descriptor = unnamed
      path = nil
      return
    }
    if unnamed >= 0 { close(unnamed) }
    let name = Self.newPath(in: folder)
    let named = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard named >= 0 else { return nil }
    flock(named, LOCK_EX | LOCK_NB)
    descriptor = named
    path = name
  }

  /// Linux's `O_TMPFILE`, which Swift does not import.
  private static let withoutName: Int32 = 0o20_000_000 | O_DIRECTORY

  /// Short, so that a long name does not become too long; in one directory, so that it renames.
  private static func newPath(in folder: String) -> String {
    let number = serial.wrappingAdd(1, ordering: .relaxed).newValue
    return folder.appendingPath("\(prefix)\(getpid())-\(number)\(suffix)")
  }

  /// Gives the file its name, in place of what stood there; false, with the system's error in
  /// `errno`, where that fails.
  func rename(to target: String) -> Bool {
    if let path { return Platform.rename(path, target) == 0 }
    // A file without a name cannot replace another: it gets a name in passing.
    let own = "/proc/self/fd/\(descriptor)"
    if linkat(AT_FDCWD, own, AT_FDCWD, target, AT_SYMLINK_FOLLOW) == 0 { return true }
    guard errno == EEXIST else { return false }
    let name = Self.newPath(in: folder)
    flock(descriptor, LOCK_EX | LOCK_NB)
    unlink(name)
    guard linkat(AT_FDCWD, own, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0 else { return false }
    if Platform.rename(name, target) == 0 { return true }
    let code = errno
    unlink(name)
    errno = code
    return false
  }

  func remove() {
    if let path { unlink(path) }
  }

  // MARK: Leftovers

  /// Removes the files that killed processes have left in a folder.
  static func removeLeftovers(in folder: String) {
    guard let directory = opendir(folder) else { return }
    defer { closedir(directory) }
    for _ in 0..<entriesLookedAt {
      guard let entry = readdir(directory) else { return }
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        // SAFETY: d_name is a C string inside the entry, valid until the next readdir.
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { start in
          start.pointee == CChar(truncatingIfNeeded: UInt8(ascii: "."))
            ? String(cString: start) : ""
        }
      }
      guard let process = writer(of: name), process != getpid(), kill(process, 0) != 0,
        errno == ESRCH
      else { continue }
      removeUnlocked(folder.appendingPath(name))
    }
  }

  /// The process that a leftover's name tells.
  private static func writer(of name: String) -> pid_t? {
    guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return nil }
    let numbers = name.dropFirst(prefix.count).dropLast(suffix.count).split(separator: "-")
    guard numbers.count == 2, Int(numbers[1]) != nil else { return nil }
    return pid_t(numbers[0]).flatMap { $0 > 0 ? $0 : nil }
  }

  /// A file that is locked belongs to a process of another machine that shares the folder.
  private static func removeUnlocked(_ path: String) {
    let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    var status = stat()
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, fstat(descriptor, &status) == 0,
      status.st_mode & S_IFMT == S_IFREG
    else { return }
    unlink(path)
  }
}

extension AtomicFile {
  /// Removes the files that killed processes have left in a folder.
  package static func removeLeftovers(in folder: String) {
    TemporaryFile.removeLeftovers(in: folder)
  }
}
