import Console
import Platform

/// The statements typed at the prompts, one a line, shared by all shells of a user.
///
/// Line breaks inside a statement are written `\n`, backslashes `\\`. Each entry is appended by one
/// write under a lock, so that several shells lose and tear none; a line that a killed shell left
/// unfinished is ended first. The file only grows: what was typed twice is in it twice, and is left
/// out when it is read. libedit's own file format is rewritten in place and keeps neither
/// promise.
package struct HistoryFile: Sendable {
  package let path: String

  package init(path: String) { self.path = path }

  /// `$NNSH_HISTORY`, else `nnsh/history` in the user's state folder; nil where there is none.
  package static var standard: HistoryFile? {
    if let path = Environment["NNSH_HISTORY"] {
      return path.isEmpty ? nil : HistoryFile(path: path)
    }
    return Environment.folder("XDG_STATE_HOME", inHome: ".local/state").map {
      HistoryFile(path: $0 + "/nnsh/history")
    }
  }

  /// The last `limit` different entries, oldest first, each where it was written last; empty where
  /// there is no file.
  package func entries(limit: Int = 10_000) -> [String] {
    var found: [String] = []
    var seen: Set<String> = []
    withLinesFromTheEnd { line in
      let entry = Self.unescaped(line)
      if seen.insert(entry).inserted { found.append(entry) }
      return found.count < limit
    }
    return found.reversed()
  }

  /// Reads the lines from the last one on, for as long as they are wanted: of a long history the
  /// beginning is not even read.
  private func withLinesFromTheEnd(_ isMoreWanted: (ArraySlice<UInt8>) -> Bool) {
    guard let descriptor = opened(O_RDONLY) else { return }
    defer { close(descriptor) }
    var start = lseek(descriptor, 0, SEEK_END)
    // What has been read of a line whose beginning lies before `start`.
    var rest: [UInt8] = []
    while start > 0 {
      // Longer lines take longer steps, so that none is copied more than a few times.
      let count = min(Int(start), max(1 << 16, rest.count))
      var bytes = [UInt8](repeating: 0, count: count)
      guard pread(descriptor, &bytes, count, start - off_t(count)) == count else { return }
      start -= off_t(count)
      bytes += rest
      var end = bytes.count
      while let lineBreak = bytes[..<end].lastIndex(of: UInt8(ascii: "\n")) {
        if lineBreak + 1 < end, !isMoreWanted(bytes[(lineBreak + 1)..<end]) { return }
        end = lineBreak
      }
      rest = Array(bytes[..<end])
    }
    if !rest.isEmpty { _ = isMoreWanted(rest[...]) }
  }

  /// Adds an entry; one that begins with a space, or that is the last one again, is not kept.
  ///
  /// - Returns: whether it is in the file now. A history that cannot be written stops nobody's work.
  @discardableResult
  package func append(_ entry: String) -> Bool {
    guard Self.isKept(entry) else { return false }
    makeFolders()
    guard let descriptor = opened(O_RDWR | O_CREAT | O_APPEND) else { return false }
    defer { close(descriptor) }
    while flock(descriptor, LOCK_EX) != 0 { guard errno == EINTR else { return false } }
    var line = Array((Self.escaped(entry) + "\n").utf8)
    if ends(descriptor, with: line) { return false }
    if endsInsideALine(descriptor) { line.insert(UInt8(ascii: "\n"), at: 0) }
    return OutputStream.writeAll(line, to: descriptor) == 0
  }

  /// The file, opened; nil where there is none, or something else than a file: to read a pipe would
  /// wait for ever, and a device may be anything.
  private func opened(_ flags: Int32) -> Int32? {
    let descriptor = open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0o600)
    guard descriptor >= 0 else { return nil }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      return nil
    }
    return descriptor
  }

  /// Whether an entry belongs into a history.
  package static func isKept(_ entry: String) -> Bool {
    !entry.hasPrefix(" ") && entry.contains { !$0.isWhitespace }
  }

  /// Whether the file's last line is this.
  private func ends(_ descriptor: Int32, with line: [UInt8]) -> Bool {
    let end = lseek(descriptor, 0, SEEK_END)
    guard end >= line.count else { return false }
    // With the line break before it, where it is not the first.
    let extra = end > line.count ? 1 : 0
    var tail = [UInt8](repeating: 0, count: line.count + extra)
    guard pread(descriptor, &tail, tail.count, end - off_t(tail.count)) == tail.count else {
      return false
    }
    return tail.suffix(line.count).elementsEqual(line)
      && (extra == 0 || tail.first == UInt8(ascii: "\n"))
  }

  private func endsInsideALine(_ descriptor: Int32) -> Bool {
    let end = lseek(descriptor, 0, SEEK_END)
    guard end > 0 else { return false }
    var byte: UInt8 = 0
    return pread(descriptor, &byte, 1, end - 1) == 1 && byte != UInt8(ascii: "\n")
  }

  private func makeFolders() {
    guard access(path, F_OK) != 0 else { return }
    for (index, character) in zip(path.indices, path)
    where character == "/" && index > path.startIndex {
      mkdir(String(path[..<index]), 0o700)
    }
  }

  static func escaped(_ entry: String) -> String {
    var text = ""
    for scalar in entry.unicodeScalars {
      switch scalar {
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }

  /// By bytes: a long history must not delay the first prompt.
  static func unescaped(_ line: ArraySlice<UInt8>) -> String {
    guard line.contains(UInt8(ascii: "\\")) else { return String(decoding: line, as: UTF8.self) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(line.count)
    var isEscaped = false
    for byte in line {
      if !isEscaped, byte == UInt8(ascii: "\\") {
        isEscaped = true
        continue
      }
      switch byte {
      case UInt8(ascii: "n") where isEscaped: bytes.append(UInt8(ascii: "\n"))
      case UInt8(ascii: "r") where isEscaped: bytes.append(UInt8(ascii: "\r"))
      default: bytes.append(byte)
      }
      isEscaped = false
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
