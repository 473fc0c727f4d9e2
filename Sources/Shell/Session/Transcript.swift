import Console
import Files
import Platform

/// A record of the session in a file: what was typed, and what came of it.
protocol Transcript: AnyObject {
  var path: String { get }
  /// Whether there was something in the file.
  var continuesFile: Bool { get }
  /// Whether pictures and curves are drawn for it anew, as figures (`PageFigure`) in its output.
  var takesFigures: Bool { get }

  /// Begins with a statement, as it was written.
  func addStatement(_ text: String)
  /// Notes that the statement is over.
  func endStatement(hasFailed: Bool)
  /// Takes the running statement out, as `transcript off` does with itself.
  func forgetStatement()
  /// Adds results.
  func addOutput(_ text: String)
  /// Adds a result that a page can show in another form.
  func addOutput(_ text: String, as form: () -> RichForm)
  /// Adds a diagnostic.
  func addError(_ text: String)
}

extension Transcript {
  var takesFigures: Bool { false }
  func addOutput(_ text: String, as form: () -> RichForm) { addOutput(text) }
}

/// The file of a transcript.
enum TranscriptFile {
  /// Opens a file at its end; it is made where there is none.
  ///
  /// - Returns: its descriptor, and how many bytes it has.
  static func open(
    _ path: String
  ) throws(TranscriptFailure) -> (descriptor: Int32, size: Int) {
    // To open a pipe would wait for its reader.
    let descriptor = Platform.open(
      path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0o666)
    var status = stat()
    guard descriptor >= 0, fstat(descriptor, &status) == 0 else {
      throw TranscriptFailure(reason: String(cString: strerror(errno)))
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw TranscriptFailure(reason: "it is not a file")
    }
    return (descriptor, max(0, Int(lseek(descriptor, 0, SEEK_END))))
  }
}

/// Why a transcript cannot be written.
struct TranscriptFailure: Error {
  let reason: String
}

/// The transcript that a path asks for: a page where it ends in .html, otherwise a script.
func makeTranscript(_ path: String) throws(TranscriptFailure) -> any Transcript {
  PageTranscript.isAnnounced(by: path)
    ? try PageTranscript(path: path.expandingHome) : try ScriptTranscript(path: path)
}
