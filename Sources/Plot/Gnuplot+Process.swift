import Files
import Platform

/// Why a chart could not be written to a file.
package enum GnuplotError: Error, Sendable, Equatable {
  case notInstalled
  case cannotWrite(DataError)
  case failed(String)
  case interrupted

  package var message: String {
    switch self {
    case .notInstalled: "gnuplot, which draws pictures in files, is not installed"
    case .cannotWrite(let error): error.message
    case .failed(let text): "gnuplot failed: \(text)"
    case .interrupted: "interrupted"
    }
  }

  package var hint: String? {
    switch self {
    case .notInstalled: "sudo apt-get install gnuplot-nox"
    case .cannotWrite(let error): error.suggestions.first
    case .failed, .interrupted: nil
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
      try requireWhole(file, format, path: path)
    }
  }

  /// The bytes of a chart as a PNG file.
  package static func picture(of chart: Chart) throws(GnuplotError) -> [UInt8] {
    let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    let path = folder.appendingPath("nnsh-XXXXXX")
    var template = Array(path.utf8CString)
    // Without its name, nothing is left of it however this process ends.
    let file = mkstemp(&template)
    guard file >= 0 else {
      throw .cannotWrite(.system(operation: "write", path: path, code: errno))
    }
    _ = fcntl(file, F_SETFD, FD_CLOEXEC)
    unlink(template)
    defer { close(file) }
    try run(script(for: chart, format: .png), output: file)
    try requireWhole(file, .png, path: path)
    var status = stat()
    fstat(file, &status)
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    let count = pread(file, &bytes, bytes.count, 0)
    guard count == bytes.count else { throw .failed("its picture cannot be read") }
    return bytes
  }

  /// Looks at the picture's end: gnuplot does not tell of a full disk. Pipes and devices are believed.
  static func requireWhole(
    _ file: Int32, _ format: Format, path: String
  ) throws(GnuplotError) {
    var status = stat()
    guard fstat(file, &status) == 0 else { throw .failed("it drew nothing") }
    guard status.st_mode & S_IFMT == S_IFREG else { return }
    let size = Int(status.st_size)
    var tail = [UInt8](repeating: 0, count: min(size, 64))
    let count = pread(file, &tail, tail.count, off_t(size - tail.count))
    let text = String(decoding: tail.prefix(max(0, count)), as: Unicode.ASCII.self)
    if text.contains(format.lastWord) { return }
    var disk = statvfs()
    if fstatvfs(file, &disk) == 0, disk.f_bavail == 0 {
      throw .cannotWrite(.system(operation: "write", path: path, code: ENOSPC))
    }
    throw .failed(size == 0 ? "it drew nothing" : "its picture is not whole")
  }

  /// Has gnuplot draw its picture into `output`.
  private static func run(_ script: String, output: Int32) throws(GnuplotError) {
    let outcome: ChildProcess.Outcome
    do throws(ChildProcess.Failure) {
      outcome = try ChildProcess.run("gnuplot", input: Array(script.utf8), output: output)
    } catch {
      switch error {
      case .notFound: throw .notInstalled
      case .cannotStart(let reason): throw .failed(reason)
      case .interrupted: throw .interrupted
      }
    }
    guard !outcome.isSuccess else { return }
    // posix_spawnp reports a missing program, but some C libraries only by this exit code.
    throw outcome.status == 127 << 8 ? .notInstalled : .failed(firstLine(of: outcome.complaint))
  }

  private static func firstLine(of text: String) -> String {
    let line = text.split(separator: "\n").first { !$0.allSatisfy { " ^\t".contains($0) } }
    return line.map(String.init) ?? "it gave no reason"
  }
}
