import Glibc
import Tensors

/// The lines of a stream.
///
/// Used by the machine's thread: SIGINT while nothing of a line has come is forgotten, for nothing
/// that it could stop is running.
final class LineReader {
  enum Line {
    /// Without its line feed.
    case bytes([UInt8])
    /// It was longer than a line may be, and is lost.
    case tooLong
    case endOfInput
  }

  private let descriptor: Int32
  private let longest: Int
  private var buffer: [UInt8] = []
  private var isAtEnd = false

  /// - Parameter longest: the bytes that a line may have.
  init(_ descriptor: Int32, longest: Int) {
    self.descriptor = descriptor
    self.longest = longest
  }

  /// The next line; the last one need not end with a line feed.
  func next() -> Line {
    var searched = 0
    var isTooLong = false
    while true {
      if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        let line = Array(buffer[..<end])
        buffer.removeSubrange(...end)
        return isTooLong || line.count > longest ? .tooLong : .bytes(line)
      }
      if isAtEnd {
        let rest = buffer
        buffer = []
        if isTooLong || rest.count > longest { return .tooLong }
        return rest.isEmpty ? .endOfInput : .bytes(rest)
      }
      searched = buffer.count
      if searched > longest {
        isTooLong = true
        buffer.removeAll()
        searched = 0
      }
      readMore(isWithinLine: searched > 0 || isTooLong)
    }
  }

  private func readMore(isWithinLine: Bool) {
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      if count > 0 {
        buffer += chunk[..<count]
        return
      }
      if count < 0, errno == EINTR {
        if !isWithinLine { Interrupt.clear() }
        continue
      }
      if count < 0, errno == EAGAIN {
        // Whoever shares the pipe has made it one that does not wait.
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        poll(&waiting, 1, -1)
        continue
      }
      isAtEnd = true
      return
    }
  }
}
