import Platform
import Synchronization
import Tensors

/// What is written to standard output past the session, as by a child process or by
/// `save x to /dev/stdout`; a thread of its own reads it, so that nobody who writes has to wait.
///
/// The same thread sees when nobody reads the answers any more.
final class StrayOutput: Sendable {
  private let source: Int32
  private let answers: Int32
  private let take: @Sendable (String) -> Void
  /// Bytes of a character whose rest has not come yet.
  private let unfinished = Mutex<[UInt8]>([])

  /// - Parameters:
  ///   - source: a pipe's reading end, which does not wait.
  ///   - answers: where the answers go.
  ///   - take: given the text, on either thread.
  init(_ source: Int32, answers: Int32, take: @escaping @Sendable (String) -> Void) {
    self.source = source
    self.answers = answers
    self.take = take
  }

  /// Starts the thread. Where there is none to be had, the text comes with `drain`.
  func start() {
    let context = Unmanaged.passRetained(self)
    var thread = pthread_t()
    let failure = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        // SAFETY: the reference that was retained for this thread.
        Unmanaged<StrayOutput>.fromOpaque(argument).takeRetainedValue().watch()
        return nil
      }, context.toOpaque())
    if failure == 0 { pthread_detach(thread) } else { context.release() }
  }

  private func watch() {
    // Signals are the machine thread's.
    var all = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_BLOCK, &all, nil)
    var isRead = true
    while true {
      var watched = [
        pollfd(fd: source, events: Int16(POLLIN), revents: 0),
        pollfd(fd: isRead ? answers : -1, events: 0, revents: 0),
      ]
      // Where nobody reads any more, what runs is stopped again and again: a request that was only
      // about to begin would forget the first.
      guard poll(&watched, 2, isRead ? -1 : 100) >= 0 || errno == EINTR else { return }
      if watched[0].revents != 0 { drain() }
      if watched[1].revents != 0 { isRead = false }
      if !isRead { Interrupt.request() }
    }
  }

  /// Hands on all that has been written so far.
  func drain() {
    unfinished.withLock { bytes in
      var chunk = [UInt8](repeating: 0, count: 1 << 14)
      while true {
        let count = read(source, &chunk, chunk.count)
        guard count > 0 else { return }
        bytes += chunk[..<count]
        let whole = Self.wholeCharacters(bytes)
        if whole > 0 { take(String(decoding: bytes[..<whole], as: UTF8.self)) }
        bytes.removeSubrange(..<whole)
      }
    }
  }

  /// The bytes up to a character that has begun and may go on.
  static func wholeCharacters(_ bytes: [UInt8]) -> Int {
    for back in 1...3 where back <= bytes.count {
      let byte = bytes[bytes.count - back]
      if byte < 0x80 { return bytes.count }
      guard byte >= 0xC0 else { continue }
      let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2
      return length > back ? bytes.count - back : bytes.count
    }
    return bytes.count
  }
}
