import Console
import Language
import Platform

/// A record of the session that runs again as a script: statements as written, results as comments.
///
/// What is written so far is whole at any time. A statement that fails becomes a comment when it
/// has failed: a script would stop there. A file that is there is continued.
final class ScriptTranscript: Transcript {
  let path: String
  /// Whether there was something in the file.
  let continuesFile: Bool
  private let descriptor: Int32
  private var isInsideLine = false
  private var length = 0
  /// Where the running statement begins in the file, and its bytes.
  private var statement: (start: Int, length: Int)?

  init(path: String) throws(TranscriptFailure) {
    self.path = path
    (descriptor, length) = try TranscriptFile.open(path)
    continuesFile = length > 0
    var last: UInt8 = 10
    if length > 0 { pread(descriptor, &last, 1, off_t(length - 1)) }
    isInsideLine = last != 10
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  func addStatement(_ text: String) {
    guard statement == nil else { return }
    endLine()
    let start = length
    write(text + "\n")
    statement = (start, length - start)
  }

  /// Notes that the statement is over.
  func endStatement(hasFailed: Bool) {
    defer { statement = nil }
    guard hasFailed, let statement else { return }
    let rest = length - statement.start
    var bytes = [UInt8](repeating: 0, count: rest)
    guard pread(descriptor, &bytes, rest, off_t(statement.start)) == rest else { return }
    forgetStatement()
    let code = String(decoding: bytes[..<statement.length], as: UTF8.self)
    let output = String(decoding: bytes[statement.length...], as: UTF8.self)
    let wasInsideLine = isInsideLine
    isInsideLine = false
    addOutput(code)
    write(output)
    isInsideLine = wasInsideLine
  }

  /// Takes the running statement out, as `transcript off` does with itself.
  func forgetStatement() {
    guard let statement, ftruncate(descriptor, off_t(statement.start)) == 0 else { return }
    lseek(descriptor, off_t(statement.start), SEEK_SET)
    length = statement.start
    self.statement = nil
  }

  func addError(_ text: String) { addOutput(text) }

  func addOutput(_ text: String) {
    var commented = ""
    for character in text {
      if !isInsideLine { commented += "# " }
      isInsideLine = !character.isNewline
      commented.append(character)
    }
    write(EscapeCodes.removed(from: commented))
  }

  private func endLine() {
    if isInsideLine { write("\n") }
    isInsideLine = false
  }

  private func write(_ text: String) {
    let bytes = Array(text.utf8)
    if OutputStream.writeAll(bytes, to: descriptor) == 0 { length += bytes.count }
  }
}
