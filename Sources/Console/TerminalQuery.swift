import Platform
import Tensors

/// Asks the terminal which pictures it takes: kitty's question, and the one that every terminal
/// answers (DA1), so that silence need not be waited for.
package struct TerminalQuery {
  /// What it takes; nil for no pictures, or no answer in time.
  package private(set) var graphics: GraphicsProtocol?
  /// What a person typed meanwhile, in order.
  package private(set) var typed: [UInt8] = []
  private var hasAnswered = false

  /// Terminals that do not know how such a question ends show it as text: the cursor goes back to
  /// where it began, and what stands there is erased.
  private static let kitty =
    "\u{1B}7\u{1B}_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\u{1B}\\\u{1B}8\u{1B}[K"
  private static let attributes = "\u{1B}[c"

  /// What an answer is, for a test.
  init(answer: [UInt8]) { read(answer) }

  /// Asks, and waits so many milliseconds at most; nil where standard input and output are not the
  /// terminal that this process may read from now.
  package init?(within milliseconds: Int) {
    guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1,
      tcgetpgrp(STDIN_FILENO) == getpgrp()
    else { return nil }
    var before = termios()
    guard tcgetattr(STDIN_FILENO, &before) == 0 else { return nil }
    var raw = before
    // Keys that interrupt still do.
    raw.c_lflag &= ~tcflag_t(ICANON | ECHO)
    guard tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0 else { return nil }
    defer { tcsetattr(STDIN_FILENO, TCSANOW, &before) }
    guard OutputStream.writeAll(Array((Self.kitty + Self.attributes).utf8), to: STDOUT_FILENO) == 0
    else { return nil }
    let end = MonotonicClock.now() + Double(milliseconds) / 1000
    var bytes: [UInt8] = []
    while !hasAnswered {
      let left = Int32((end - MonotonicClock.now()) * 1000)
      var source = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
      guard left > 0, poll(&source, 1, left) > 0 else { break }
      var chunk = [UInt8](repeating: 0, count: 4096)
      let count = Platform.read(STDIN_FILENO, &chunk, chunk.count)
      guard count > 0 else { break }
      bytes += chunk.prefix(count)
      (graphics, typed) = (nil, [])
      read(bytes)
    }
  }

  /// Takes the answers out of what has come.
  private mutating func read(_ bytes: [UInt8]) {
    var takesKitty = false
    var takesSixel = false
    var rest = bytes[...]
    while let byte = rest.first {
      if rest.starts(with: Array("\u{1B}_G".utf8)), let end = Self.end(of: rest) {
        takesKitty = takesKitty || rest[..<end].contains(sequence: "OK")
        rest = rest[end...]
      } else if rest.starts(with: Array("\u{1B}[?".utf8)),
        let end = rest.dropFirst(3).firstIndex(where: { !Self.isParameter($0) }),
        rest[end] == UInt8(ascii: "c")
      {
        hasAnswered = true
        let parameters = rest[rest.startIndex + 3..<end].split(separator: UInt8(ascii: ";"))
        // 4 is what sixel graphics have as their number.
        takesSixel = parameters.contains { $0.elementsEqual([UInt8(ascii: "4")]) }
        rest = rest[(end + 1)...]
      } else {
        typed.append(byte)
        rest = rest.dropFirst()
      }
    }
    graphics = takesKitty ? .kitty : takesSixel ? .sixel : nil
  }

  private static func isParameter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: ";")
  }

  /// Where a string of control ends: after Escape and a backslash.
  private static func end(of bytes: ArraySlice<UInt8>) -> Int? {
    bytes.indices.dropFirst(2).first { index in
      bytes[index] == UInt8(ascii: "\\") && bytes[index - 1] == 0x1B
    }.map { $0 + 1 }
  }
}

extension ArraySlice<UInt8> {
  fileprivate func contains(sequence text: String) -> Bool {
    let wanted = Array(text.utf8)
    return indices.contains { self[$0...].starts(with: wanted) }
  }
}
