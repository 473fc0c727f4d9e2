import Datasets
import Glibc

/// Why a chart could not be written to a file.
package enum GnuplotError: Error, Sendable, Equatable {
  case notInstalled
  case cannotWrite(DatasetError)
  case failed(String)

  package var message: String {
    switch self {
    case .notInstalled: "gnuplot, which draws pictures in files, is not installed"
    case .cannotWrite(let error): error.message
    case .failed(let text): "gnuplot failed: \(text)"
    }
  }

  package var hint: String? {
    switch self {
    case .notInstalled: "sudo apt-get install gnuplot-nox"
    case .cannotWrite(let error): error.suggestions.first
    case .failed: nil
    }
  }
}

extension Gnuplot {
  /// Draws a chart into a file, whole or not at all, with the care of `AtomicFile`.
  package static func write(
    _ chart: Chart, to path: String, format: Format
  ) throws(GnuplotError) {
    let script = script(for: chart, format: format)
    try AtomicFile.write(path.expandingHome, failing: GnuplotError.cannotWrite) {
      (file) throws(GnuplotError) in
      try run(script, output: file)
      var status = stat()
      guard fstat(file, &status) == 0 else { throw .failed("it drew nothing") }
      // A pipe or a device has no size.
      guard status.st_mode & S_IFMT != S_IFREG || status.st_size > 0 else {
        throw .failed("it drew nothing")
      }
    }
  }

  /// Runs gnuplot without a shell, its commands by a pipe, its picture into `output`.
  private static func run(_ script: String, output: Int32) throws(GnuplotError) {
    guard let input = Pipe(), let errors = Pipe() else { throw .failed("no pipe") }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input.reading, STDIN_FILENO)
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, errors.writing, STDERR_FILENO)
    var process = pid_t()
    let arguments: [UnsafeMutablePointer<CChar>?] = [strdup("gnuplot"), nil]
    defer { arguments.forEach { free($0) } }
    let failure = posix_spawnp(&process, "gnuplot", &actions, nil, arguments, environ)
    guard failure == 0 else {
      throw failure == ENOENT
        ? .notInstalled : .failed(String(cString: strerror(failure)))
    }
    input.closeReading()
    errors.closeWriting()
    // A gnuplot that ended early shows in its exit status; the signal is ignored everywhere.
    _ = OutputStream.writeAll(Array(script.utf8), to: input.writing)
    input.closeWriting()
    let complaint = errors.readAll()
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    if status != 0 {
      // posix_spawnp reports a missing program, but some C libraries only by this exit code.
      throw status == 127 << 8 ? .notInstalled : .failed(firstLine(of: complaint))
    }
  }

  private static func firstLine(of text: String) -> String {
    let line = text.split(separator: "\n").first { !$0.allSatisfy { " ^\t".contains($0) } }
    return line.map(String.init) ?? "it gave no reason"
  }
}

/// A pipe that closes itself.
private final class Pipe {
  private(set) var reading: Int32 = -1
  private(set) var writing: Int32 = -1

  init?() {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return nil }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    (reading, writing) = (ends[0], ends[1])
  }

  deinit {
    closeReading()
    closeWriting()
  }

  func closeReading() {
    if reading >= 0 { close(reading) }
    reading = -1
  }

  func closeWriting() {
    if writing >= 0 { close(writing) }
    writing = -1
  }

  func readAll() -> String {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(reading, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      bytes += chunk.prefix(count)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
