import Files

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
  /// Adds a diagnostic.
  func addError(_ text: String)
}

extension Transcript {
  var takesFigures: Bool { false }
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
