import Glibc

/// A record of the session that runs again as a script: statements as typed, results as comments.
///
/// What is written so far is whole at any time. A statement that fails becomes a comment when it
/// has failed: a script would stop there.
final class Transcript {
  let path: String
  private let descriptor: Int32
  private var isInsideLine = false
  private var length = 0
  /// Where the running statement begins in the file, and its bytes.
  private var statement: (start: Int, length: Int)?

  /// - Returns: nil, with the system's error number in `errno`, where the file cannot be written.
  init?(path: String) {
    self.path = path
    descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { return nil }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  func addStatement(_ text: String) {
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

/// Text as it reads without its colours.
package enum EscapeCodes {
  package static func removed(from text: String) -> String {
    var plain = ""
    var isInside = false
    for scalar in text.unicodeScalars {
      if scalar == "\u{1B}" {
        isInside = true
      } else if isInside {
        if scalar.properties.isAlphabetic { isInside = false }
      } else {
        plain.unicodeScalars.append(scalar)
      }
    }
    return plain
  }
}
