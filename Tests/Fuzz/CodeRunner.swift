import Console
import Foundation
import Language
import Shell
import Syntax
import Tensors

/// Runs code as a script of nnsh, in a session of its own within this process.
enum CodeRunner {
  /// How long code may run before it is interrupted, as by Ctrl-C.
  private static let patience = 1.0

  /// Runs the statements one after the other, going on after errors.
  ///
  /// - Throws: a finding where an error names no place.
  static func run(_ code: String, preamble: String = CodeGenerator.preamble) throws {
    try runWhole(bytes: Array((preamble + code).utf8))
  }

  /// As sessions are started that run code.
  static let commandLine =
    (try? CommandLine(parsing: ["-q", "-X", "--no-history", "--keep-going", "-c", ""]))
    ?? CommandLine()

  /// A session that shows nothing.
  static func session() -> Session {
    Session(
      commandLine, terminal: Terminal(color: .never), output: .nowhere, errors: .nowhere)
  }

  static func runWhole(bytes: [UInt8]) throws {
    let session = session()
    watched { _ = session.runScript(SourceText(bytes: bytes, name: "fuzz.nns")) }
  }

  /// Runs the bytes as the start-up file of a prompt at which nothing is typed: standard input is
  /// at its end.
  static func runStartup(bytes: [UInt8]) throws {
    let folder = FileManager.default.currentDirectoryPath + "/config"
    try FileManager.default.createDirectory(
      atPath: folder + "/nnsh", withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(fileURLWithPath: folder + "/nnsh/rc.nns"))
    setenv("XDG_CONFIG_HOME", folder, 1)
    let session = Session(
      try CommandLine(parsing: ["-q", "-i", "--no-history"]), terminal: Terminal(color: .never),
      output: .nowhere, errors: .nowhere)
    watched { _ = session.run() }
  }

  /// Interrupts what takes too long.
  static func watched(_ body: () throws -> Void) rethrows {
    Interrupt.clear()
    let watch = Watch.begin(patience)
    defer {
      watch.end()
      Interrupt.clear()
    }
    try body()
  }
}

/// Interrupts what takes too long, and knows how long it then went on.
final class Watch: @unchecked Sendable {
  private let deadline: Double
  private var requested: Double?

  /// The longest that anything went on after it was interrupted, in seconds.
  nonisolated(unsafe) private(set) static var slowestStop = 0.0

  private static let lock = NSLock()
  nonisolated(unsafe) private static var current: Watch?
  /// One thread for all, so that their number does not change.
  private static let thread: Void = {
    Thread.detachNewThread {
      while true {
        usleep(10_000)
        lock.withLock { current?.interruptIfLate() }
      }
    }
  }()

  private init(deadline: Double) { self.deadline = deadline }

  static func begin(_ patience: Double) -> Watch {
    _ = thread
    let watch = Watch(deadline: MonotonicClock.now() + patience)
    lock.withLock { current = watch }
    return watch
  }

  /// Every second once more: a start-up file goes on with its next statement.
  private func interruptIfLate() {
    let now = MonotonicClock.now()
    guard now >= deadline, requested.map({ now - $0 >= 1 }) ?? true else { return }
    requested = now
    Interrupt.request()
  }

  func end() {
    Self.lock.withLock {
      Self.current = nil
      guard let requested else { return }
      Self.slowestStop = max(Self.slowestStop, MonotonicClock.now() - requested)
    }
  }
}
