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

  private static let silence = open("/dev/null", O_WRONLY | O_CLOEXEC)

  /// Runs the statements one after the other, going on after errors.
  ///
  /// - Throws: a finding where an error names no place.
  static func run(_ code: String, preamble: String = CodeGenerator.preamble) throws {
    try runWhole(bytes: Array((preamble + code).utf8))
  }

  static func runWhole(bytes: [UInt8]) throws {
    let commandLine = try CommandLine(parsing: [
      "-q", "-X", "--no-history", "--keep-going", "-c", "",
    ])
    let session = Session(
      commandLine, terminal: Terminal(color: .never),
      output: OutputStream(silence, capacity: 1 << 16) { _ in },
      errors: OutputStream(silence, capacity: 0) { _ in })
    Interrupt.clear()
    let watch = Watch.begin(patience)
    _ = session.runScript(SourceText(bytes: bytes, name: "fuzz.nns"))
    watch.end()
    Interrupt.clear()
  }
}

/// Interrupts what takes too long, and knows how long it then went on.
final class Watch: @unchecked Sendable {
  private let lock = NSLock()
  private var isOver = false
  private var requested: Double?

  /// The longest that anything went on after it was interrupted, in seconds.
  nonisolated(unsafe) private(set) static var slowestStop = 0.0

  private static let queue = DispatchQueue(label: "watch")

  static func begin(_ patience: Double) -> Watch {
    let watch = Watch()
    queue.asyncAfter(deadline: .now() + patience) { watch.interrupt() }
    return watch
  }

  private func interrupt() {
    lock.lock()
    defer { lock.unlock() }
    guard !isOver else { return }
    requested = MonotonicClock.now()
    Interrupt.request()
  }

  func end() {
    lock.lock()
    defer { lock.unlock() }
    isOver = true
    guard let requested else { return }
    Self.slowestStop = max(Self.slowestStop, MonotonicClock.now() - requested)
  }
}
