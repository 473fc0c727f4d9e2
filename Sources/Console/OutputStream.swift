import Platform
import Tensors

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
  /// Whether Ctrl-C may cut what is written.
  private let isInterruptible: Bool

  /// - Parameters:
  ///   - descriptor: where to write.
  ///   - capacity: bytes held back at most; 0 writes each piece at once.
  ///   - isInterruptible: whether Ctrl-C drops what nobody has taken yet: a slow terminal must not
  ///     keep the person at it waiting.
  ///   - onFailure: told the error number, once.
  package init(
    _ descriptor: Int32, capacity: Int, isInterruptible: Bool = false,
    onFailure: @escaping (Int32) -> Void
  ) {
    self.isInterruptible = isInterruptible
    self.descriptor = descriptor
    self.capacity = capacity
    self.onFailure = onFailure
  }

  /// One that drops what it is given.
  package static var nowhere: OutputStream { OutputStream(-1, capacity: 0) { _ in } }

  /// Writes text.
  package func write(_ text: String) {
    guard !hasFailed, descriptor >= 0 else { return }
    buffer.append(contentsOf: text.utf8)
    if buffer.count >= capacity { flush() }
  }

  /// Writes what was held back.
  package func flush() {
    guard !buffer.isEmpty, !hasFailed else { return }
    let bytes = buffer
    buffer.removeAll(keepingCapacity: true)
    var written = 0
    let failure =
      isInterruptible
      ? Self.writeAll(bytes, to: descriptor, written: &written) { Interrupt.isRequested }
      : Self.writeAll(bytes, to: descriptor)
    if failure == EINTR { return endCut(bytes[..<written]) }
    if failure != 0 {
      hasFailed = true
      onFailure(failure)
    }
  }

  /// Ends what a terminal waits for the rest of, as the rest of a picture. One that takes nothing
  /// for a second does not keep the person at it waiting any longer.
  private func endCut(_ bytes: ArraySlice<UInt8>) {
    let ending = EscapeCodes.ending(cut: String(decoding: bytes, as: UTF8.self))
    guard !ending.isEmpty, isatty(descriptor) == 1 else { return }
    var waits = 0
    Self.writeAll(Array(ending.utf8), to: descriptor) {
      waits += 1
      return waits > 20
    }
  }

  /// Writes all bytes, however many calls it takes; see `writeAll(_:to:written:isStopped:)`.
  @discardableResult
  package static func writeAll(
    _ bytes: [UInt8], to descriptor: Int32, isStopped: (() -> Bool)? = nil
  ) -> Int32 {
    var written = 0
    return writeAll(bytes, to: descriptor, written: &written, isStopped: isStopped)
  }

  /// Writes all bytes, however many calls it takes.
  ///
  /// - Parameters:
  ///   - written: how many have been written.
  ///   - isStopped: asked while nobody takes what was written, and while much of it is left; true
  ///     drops the rest. What was gathered before a stop still goes where there is room for it.
  /// - Returns: 0, or the error number: `EINTR` where it was stopped.
  private static func writeAll(
    _ bytes: [UInt8], to descriptor: Int32, written: inout Int, isStopped: (() -> Bool)?
  ) -> Int32 {
    bytes.withUnsafeBytes { raw in
      while written < raw.count {
        var count = raw.count - written
        if let isStopped {
          // As much as a pipe or terminal takes without waiting for its reader.
          count = min(count, 4096)
          while !hasRoom(descriptor) {
            if isStopped() { return EINTR }
          }
          if raw.count - written > 1 << 16, isStopped() { return EINTR }
        }
        // SAFETY: `written` stays below the buffer's count, which is not empty inside the loop.
        count = Platform.write(descriptor, raw.baseAddress.map { $0 + written }, count)
        if count > 0 { written += count }
        if count < 0, errno != EINTR {
          guard errno == EAGAIN else { return errno }
          _ = hasRoom(descriptor)
        }
      }
      return 0
    }
  }

  /// Waits a moment for a reader; whether something can be written, or an error told.
  private static func hasRoom(_ descriptor: Int32) -> Bool {
    var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    return poll(&waiting, 1, 50) > 0
  }
}
