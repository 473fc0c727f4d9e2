import Platform

/// The bytes of a stream as they come.
struct InputBytes {
  private let descriptor: Int32
  /// What has come and is not used yet.
  var buffer: [UInt8] = []
  private(set) var isAtEnd = false

  init(_ descriptor: Int32) { self.descriptor = descriptor }

  /// Whether something waits to be read, if only the end.
  var offersMore: Bool {
    var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return !isAtEnd && poll(&waiting, 1, 0) > 0
  }

  /// Waits for more, or for the end.
  ///
  /// - Parameter signalled: what a signal does that comes meanwhile.
  mutating func readMore(signalled: () -> Void) {
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      if count > 0 {
        buffer += chunk[..<count]
        return
      }
      if count < 0, errno == EINTR {
        signalled()
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
