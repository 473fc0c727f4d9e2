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

  private let longest: Int
  private var input: InputBytes

  /// - Parameter longest: the bytes that a line may have.
  init(_ descriptor: Int32, longest: Int) {
    self.longest = longest
    input = InputBytes(descriptor)
  }

  /// The next line; the last one need not end with a line feed.
  func next() -> Line {
    var searched = 0
    var isTooLong = false
    while true {
      if let end = input.buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        let line = Array(input.buffer[..<end])
        input.buffer.removeSubrange(...end)
        return isTooLong || line.count > longest ? .tooLong : .bytes(line)
      }
      if input.isAtEnd {
        let rest = input.buffer
        input.buffer = []
        if isTooLong || rest.count > longest { return .tooLong }
        return rest.isEmpty ? .endOfInput : .bytes(rest)
      }
      searched = input.buffer.count
      if searched > longest {
        isTooLong = true
        input.buffer.removeAll()
        searched = 0
      }
      let isWithinLine = searched > 0 || isTooLong
      input.readMore { if !isWithinLine { Interrupt.clear() } }
    }
  }
}
