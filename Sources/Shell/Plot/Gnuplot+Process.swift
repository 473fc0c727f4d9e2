import Datasets
import Glibc

/// Why a chart could not be written to a file.
package enum GnuplotError: Error, Sendable, Equatable {
  case notInstalled
  case cannotWrite(DatasetError)
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
      var status = stat()
      guard fstat(file, &status) == 0 else { throw .failed("it drew nothing") }
      // A pipe or a device has no size.
      guard status.st_mode & S_IFMT != S_IFREG || status.st_size > 0 else {
        throw .failed("it drew nothing")
      }
    }
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
