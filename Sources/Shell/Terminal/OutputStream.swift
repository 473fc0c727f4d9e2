import Glibc

/// A file descriptor written to in pieces; gathers small ones.
///
/// Used by the one machine thread.
package final class OutputStream {
  private let descriptor: Int32
  private let capacity: Int
  private var buffer: [UInt8] = []
  /// What to do once nobody reads any more (EPIPE), or where nothing can be written (ENOSPC).
  private let onFailure: (Int32) -> Void
  private var hasFailed = false

  /// - Parameters:
  ///   - descriptor: where to write.
  ///   - capacity: bytes held back at most; 0 writes each piece at once.
  ///   - onFailure: told the error number, once.
  package init(_ descriptor: Int32, capacity: Int, onFailure: @escaping (Int32) -> Void) {
    self.descriptor = descriptor
    self.capacity = capacity
    self.onFailure = onFailure
  }

  /// Writes text.
  package func write(_ text: String) {
    guard !hasFailed else { return }
    buffer.append(contentsOf: text.utf8)
    if buffer.count >= capacity { flush() }
  }

  /// Writes what was held back.
  package func flush() {
    guard !buffer.isEmpty, !hasFailed else { return }
    let bytes = buffer
    buffer.removeAll(keepingCapacity: true)
    let failure = Self.writeAll(bytes, to: descriptor)
    if failure != 0 {
      hasFailed = true
      onFailure(failure)
    }
  }

  /// Writes all bytes, however many calls it takes.
  ///
  /// - Returns: 0, or the error number.
  static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
    var written = 0
    return bytes.withUnsafeBytes { raw in
      while written < raw.count {
        // SAFETY: `written` stays below the buffer's count, which is not empty inside the loop.
        let count = Glibc.write(
          descriptor, raw.baseAddress.map { $0 + written }, raw.count - written)
        if count > 0 { written += count }
        if count < 0, errno != EINTR {
          guard errno == EAGAIN else { return errno }
          var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          poll(&waiting, 1, -1)
        }
      }
      return 0
    }
  }
}
