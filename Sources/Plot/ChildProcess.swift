import Platform
import Tensors

/// Another program at work for nnsh: text in, whatever it writes into a file, its complaints back.
///
/// It runs without a shell and in a process group of its own, so that Ctrl-C reaches nnsh alone,
/// which then ends it. Reading and writing go on side by side: a program that stops reading, or
/// that complains at length, cannot make both wait for each other.
struct ChildProcess {
  /// Why there is no result.
  enum Failure: Error {
    case notFound
    case cannotStart(reason: String)
    case interrupted
  }

  /// How it ended: its wait status, and the first 64 KiB of what it wrote to standard error.
  struct Outcome {
    let status: Int32
    let complaint: String
    /// Whether it ended by itself with exit code 0.
    var isSuccess: Bool { status == 0 }
  }

  /// How long a wait lasts before Ctrl-C is looked for again, in milliseconds.
  private static let patience: Int32 = 20
  private static let longestComplaint = 65536

  private let process: pid_t
  private let input: Int32
  private let errors: Int32

  /// Runs a program of the search path to its end.
  ///
  /// - Parameters:
  ///   - name: the program.
  ///   - input: what its standard input holds.
  ///   - output: the open file that its standard output goes to.
  static func run(
    _ name: String, input: [UInt8], output: Int32
  ) throws(Failure) -> Outcome {
    try ChildProcess(name, output: output).finish(input)
  }

  private init(_ name: String, output: Int32) throws(Failure) {
    let toChild = try Self.pipeOfOurs()
    let fromChild: [Int32]
    do throws(Failure) {
      fromChild = try Self.pipeOfOurs()
    } catch {
      toChild.forEach { close($0) }
      throw error
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, toChild[0], STDIN_FILENO)
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, fromChild[1], STDERR_FILENO)
    var attributes = Self.ownGroup()
    defer { posix_spawnattr_destroy(&attributes) }
    var child = pid_t()
    let arguments: [UnsafeMutablePointer<CChar>?] = [strdup(name), nil]
    defer { arguments.forEach { free($0) } }
    let code = posix_spawnp(&child, name, &actions, &attributes, arguments, environ)
    close(toChild[0])
    close(fromChild[1])
    guard code == 0 else {
      close(toChild[1])
      close(fromChild[0])
      throw Self.failure(code)
    }
    (process, input, errors) = (child, toChild[1], fromChild[0])
    for end in [input, errors] { _ = fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_NONBLOCK) }
  }

  /// A pipe's reading and writing ends, which no program that is started inherits.
  private static func pipeOfOurs() throws(Failure) -> [Int32] {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw failure(errno) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return ends
  }

  private static func failure(_ code: Int32) -> Failure {
    code == ENOENT ? .notFound : .cannotStart(reason: String(cString: strerror(code)))
  }

  /// A process group of its own, in which signals have their usual effects.
  private static func ownGroup() -> posix_spawnattr_t {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    var usual = sigset_t()
    sigemptyset(&usual)
    for signal in [SIGINT, SIGPIPE, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP] { sigaddset(&usual, signal) }
    posix_spawnattr_setsigdefault(&attributes, &usual)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes,
      Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    return attributes
  }

  /// Feeds the program and listens to it until it has ended or a stop is asked for.
  private func finish(_ text: [UInt8]) throws(Failure) -> Outcome {
    var unsent = text[...]
    var complaint: [UInt8] = []
    var isListening = true
    var isFeeding = true
    defer {
      if isFeeding { close(input) }
      close(errors)
    }
    while isFeeding || isListening {
      if isFeeding, unsent.isEmpty {
        close(input)
        isFeeding = false
      }
      var ends = [
        pollfd(fd: isFeeding ? input : -1, events: Int16(POLLOUT), revents: 0),
        pollfd(fd: isListening ? errors : -1, events: Int16(POLLIN), revents: 0),
      ]
      _ = poll(&ends, 2, Self.patience)
      if Interrupt.isRequested { throw stopped() }
      if isFeeding, ends[0].revents != 0, !Self.send(&unsent, to: input) {
        close(input)
        isFeeding = false
      }
      if isListening, ends[1].revents != 0 {
        isListening = Self.receive(&complaint, from: errors)
      }
    }
    return Outcome(status: try wait(), complaint: String(decoding: complaint, as: UTF8.self))
  }

  /// Writes what the pipe takes; false where nobody reads it any more.
  private static func send(_ unsent: inout ArraySlice<UInt8>, to end: Int32) -> Bool {
    let count = unsent.withUnsafeBytes { write(end, $0.baseAddress, min($0.count, 65536)) }
    if count > 0 { unsent = unsent.dropFirst(count) }
    return count >= 0 || errno == EAGAIN || errno == EINTR
  }

  /// Reads what is there; false at the end.
  private static func receive(_ complaint: inout [UInt8], from end: Int32) -> Bool {
    var chunk = [UInt8](repeating: 0, count: 4096)
    let count = read(end, &chunk, chunk.count)
    if count > 0 { complaint += chunk.prefix(min(count, longestComplaint - complaint.count)) }
    return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR))
  }

  /// Its wait status, once it has ended; it may have closed its streams long before that.
  private func wait() throws(Failure) -> Int32 {
    var status: Int32 = 0
    while true {
      let ended = waitpid(process, &status, WNOHANG)
      if ended == process { return status }
      if ended < 0, errno != EINTR { return -1 }
      if Interrupt.isRequested { throw stopped() }
      _ = poll(nil, 0, Self.patience)
    }
  }

  /// Ends the program and whatever it started, for good.
  private func stopped() -> Failure {
    kill(-process, SIGKILL)
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    return .interrupted
  }
}
