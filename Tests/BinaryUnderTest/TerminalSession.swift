import Foundation
import Platform

/// nnsh in a pseudo-terminal, with what its screen shows.
package final class TerminalSession {
  package private(set) var screen: Screen
  package let home: String
  private let controller: Int32
  private let process: pid_t
  /// All bytes that came, for what the screen does not show.
  package private(set) var received: [UInt8] = []
  private var hasEnded = false
  /// As `waitpid` gave it, where it has ended.
  private var status: Int32 = 0

  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  /// Starts nnsh and waits for its prompt.
  ///
  /// - Parameters:
  ///   - home: the home folder; a new one where left out.
  ///   - knowsStrings: whether the terminal knows where titles and pictures end; see `Screen`.
  package init(
    program: String = NNSH.path, _ arguments: [String] = ["-q"], columns: Int = 80,
    rows: Int = 24, home: String? = nil, environment: [String: String] = [:],
    knowsStrings: Bool = true, waitingFor prompt: String = "nnsh>"
  ) throws {
    self.home = try home ?? NNSH.temporaryFolder()
    screen = Screen(columns: columns, rows: rows, knowsStrings: knowsStrings)
    var (controller, terminal): (Int32, Int32) = (-1, -1)
    var size = winsize(
      ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
    var name = [CChar](repeating: 0, count: 128)
    guard openpty(&controller, &terminal, &name, nil, &size) == 0 else {
      throw Failure(description: "no pseudo-terminal")
    }
    defer { close(terminal) }
    _ = fcntl(controller, F_SETFD, FD_CLOEXEC)
    self.controller = controller
    let variables = NNSH.environment(home: self.home)
      .merging(["TERM": "xterm", "NO_COLOR": "1", "OMP_WAIT_POLICY": "passive"]) { $1 }.merging(
        environment
      ) { $1 }
    process = try Self.spawn(program, arguments, variables, terminal: name)
    try wait(for: prompt)
  }

  deinit {
    if !hasEnded {
      kill(process, SIGKILL)
      waitpid(process, nil, 0)
    }
    close(controller)
  }

  /// A session of its own that opens the terminal first makes that its controlling terminal.
  private static func spawn(
    _ program: String, _ arguments: [String], _ variables: [String: String], terminal: [CChar]
  ) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, terminal, O_RDWR, 0)
    posix_spawn_file_actions_adddup2(&actions, 0, 1)
    posix_spawn_file_actions_adddup2(&actions, 0, 2)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    let setSession: Int16 = 0x80  // POSIX_SPAWN_SETSID, a macro that Swift does not import
    posix_spawnattr_setflags(&attributes, setSession)
    var process = pid_t()
    let words = ([program] + arguments).map { strdup($0) } + [nil]
    let values = variables.map { strdup("\($0)=\($1)") } + [nil]
    defer { (words + values).forEach { free($0) } }
    let failure = posix_spawn(&process, program, &actions, &attributes, words, values)
    guard failure == 0 else { throw Failure(description: String(cString: strerror(failure))) }
    return process
  }

  // MARK: keys

  package func send(_ keys: String) { sendBytes(Array(keys.utf8)) }

  package func sendBytes(_ bytes: [UInt8]) {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        write(controller, $0.baseAddress, min($0.count, 512))
      }
      guard count > 0 else { return }
      sent += count
      // A terminal's buffer is small: what nnsh echoes must be read for it to read on.
      if bytes.count > 512 { _ = read(waiting: 1) }
    }
  }

  /// Types a statement and Enter.
  package func type(_ text: String) { send(text + "\r") }

  /// Gives the window another size.
  package func resize(columns: Int, rows: Int) {
    var size = winsize(
      ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
    screen.resize(columns: columns, rows: rows)
    _ = ioctl(controller, UInt(TIOCSWINSZ), &size)
  }

  private var echoes: Bool {
    var settings = termios()
    return tcgetattr(controller, &settings) == 0 && settings.c_lflag & tcflag_t(ECHO) != 0
  }

  /// Sends the process a signal.
  package func signal(_ number: Int32) { kill(process, number) }

  /// Whether the terminal gives what is typed line by line and shows it, as outside an editor.
  package var isCooked: Bool {
    var settings = termios()
    guard tcgetattr(controller, &settings) == 0 else { return false }
    return settings.c_lflag & tcflag_t(ICANON) != 0 && settings.c_lflag & tcflag_t(ECHO) != 0
  }

  /// Whether nnsh reads keys one by one, as while a line is edited.
  package var isEditing: Bool {
    var settings = termios()
    return tcgetattr(controller, &settings) == 0 && settings.c_lflag & tcflag_t(ICANON) == 0
  }

  /// Waits until a statement runs that was typed: the terminal is no longer the editor's, and
  /// Ctrl-C and Ctrl-Z send signals to what runs.
  package func waitUntilRunning() throws {
    try wait("a statement to run") { [unowned self] _ in !isEditing && !echoes }
  }

  // MARK: screen

  /// Reads what comes for a while.
  ///
  /// - Returns: whether anything came.
  @discardableResult
  package func read(waiting milliseconds: Int32) -> Bool {
    var poller = pollfd(fd: controller, events: Int16(POLLIN), revents: 0)
    guard poll(&poller, 1, milliseconds) > 0 else { return false }
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    let count = Platform.read(controller, &chunk, chunk.count)
    guard count > 0 else { return false }
    received += chunk.prefix(count)
    screen.feed(Array(chunk.prefix(count)))
    return true
  }

  /// Reads until the screen fits; a failure shows it.
  package func wait(
    _ what: String, seconds: Double = NNSH.patience, until isTrue: (Screen) -> Bool
  ) throws {
    let deadline = Date().addingTimeInterval(seconds)
    while !isTrue(screen) {
      guard Date() < deadline, !hasDied() else {
        let end = hasEnded ? "nnsh has ended with status \(status); " : ""
        throw Failure(
          description:
            "\(end)waited for \(what); the screen shows:\n\(screen.text)\n\(String(decoding: received.suffix(300), as: UTF8.self).debugDescription)"
        )
      }
      if !read(waiting: 50), hasEnded { usleep(1000) }
    }
  }

  /// Whether the process has been ended by a signal.
  private func hasDied() -> Bool {
    if !hasEnded, waitpid(process, &status, WNOHANG) == process { hasEnded = true }
    return hasEnded && status & 0x7F != 0
  }

  /// Waits until the screen shows a text.
  package func wait(for text: String) throws {
    try wait("“\(text)”") { $0.text.contains(text) }
  }

  /// Waits until the last line is this, cursor and all.
  package func wait(forLastLine line: String) throws {
    try wait("the last line “\(line)”") { $0.lines.last == line }
  }

  /// Waits for the process's end.
  ///
  /// - Returns: its exit code.
  package func waitForEnd(seconds: Double = NNSH.patience) throws -> Int32 {
    let deadline = Date().addingTimeInterval(seconds)
    while !hasEnded, waitpid(process, &status, WNOHANG) == 0 {
      guard Date() < deadline else {
        throw Failure(
          description:
            "it has not ended; the screen shows:\n\(screen.text)\n\(String(decoding: received.suffix(300), as: UTF8.self).debugDescription)"
        )
      }
      read(waiting: 20)
    }
    hasEnded = true
    while read(waiting: 0) {}
    return status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
  }
}
