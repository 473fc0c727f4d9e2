import Glibc

/// A record of the session that runs again as a script: statements as typed, results as comments.
final class Transcript {
  let path: String
  private let descriptor: Int32
  private var isInsideLine = false

  /// - Returns: nil, with the system's error number in `errno`, where the file cannot be written.
  init?(path: String) {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { return nil }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  func addStatement(_ text: String) {
    endLine()
    write(text + "\n")
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
    _ = OutputStream.writeAll(Array(text.utf8), to: descriptor)
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
