import BinaryUnderTest
import Foundation
import Platform
import Testing

/// Signals while a script runs. Each is sent once the script says, by a file, that it runs.
@Suite struct SignalTests {
  /// nnsh with a script that has begun.
  private struct Running {
    let process = Process()
    let errors: String

    /// Says that the script runs.
    static let sign = "save \"1\" to begun.txt"

    /// - Parameters:
    ///   - launcher: what starts nnsh, where it is not the test.
    ///   - code: a script with the sign somewhere.
    init(by launcher: [String] = [], _ code: String) throws {
      let home = try NNSH.temporaryFolder()
      let words = launcher + [NNSH.path, "-q", "-c", code]
      process.executableURL = URL(fileURLWithPath: words[0])
      process.arguments = Array(words.dropFirst())
      process.environment = NNSH.environment(home: home)
      process.currentDirectoryURL = URL(fileURLWithPath: home)
      errors = home + "/errors.txt"
      try Data().write(to: URL(fileURLWithPath: errors))
      process.standardOutput = FileHandle.nullDevice
      process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errors))
      try process.run()
      let (process, begun) = (process, home + "/begun.txt")
      NNSH.wait { FileManager.default.fileExists(atPath: begun) || !process.isRunning }
    }

    /// What it has said so far.
    var text: String { (try? String(contentsOfFile: errors, encoding: .utf8)) ?? "" }

    /// A process that does not heed the signal is killed, so that the test fails and does not hang.
    func end(by signal: Int32) {
      kill(process.processIdentifier, signal)
      NNSH.wait { !process.isRunning }
      if process.isRunning { kill(process.processIdentifier, SIGKILL) }
      process.waitUntilExit()
    }
  }

  @Test func anInterruptStopsALoop() throws {
    let running = try Running("\(Running.sign)\nwhile true { }")
    running.end(by: SIGINT)
    #expect(running.process.terminationReason == .exit)
    #expect(running.process.terminationStatus == 130)
  }

  @Test func anInterruptKeepsTheTraining() throws {
    let running = try Running(
      ProcessTests.separable
        + "train net on d epochs=100000000 each { if epoch == 2 { \(Running.sign) } }")
    running.end(by: SIGINT)
    #expect(running.process.terminationStatus == 130)
    let text = running.text
    #expect(text.contains("interrupted in epoch"))
    // The process ends: the network is kept elsewhere.
    #expect(!text.contains("goes on"))
    #expect(text.contains("Ctrl-C: net is kept as it was in epoch"))
  }

  /// A pipe that nobody writes to is waited for until Ctrl-C.
  @Test func aLoadThatWaitsIsInterrupted() throws {
    let pipe = try NNSH.temporaryFolder() + "/f.csv"
    #expect(mkfifo(pipe, 0o600) == 0)
    let running = try Running("\(Running.sign)\nload \"\(pipe)\"")
    // The other end opens once nnsh has opened its own.
    var writing: Int32 = -1
    NNSH.wait {
      writing = open(pipe, O_WRONLY | O_NONBLOCK | O_CLOEXEC)
      return writing >= 0 || !running.process.isRunning
    }
    defer { close(writing) }
    running.end(by: SIGINT)
    #expect(running.process.terminationReason == .exit)
    #expect(running.process.terminationStatus == 130)
  }

  /// Whoever starts a process may have blocked signals, as threads of a pool do.
  @Test(arguments: [("TERM", SIGTERM), ("HUP", SIGHUP)])
  func signalsThatTheStarterBlockedEndIt(_ name: String, _ signal: Int32) throws {
    let running = try Running(
      by: ["/usr/bin/env", "--block-signal=\(name)"], "\(Running.sign)\nwhile true { }")
    running.end(by: signal)
    #expect(running.process.terminationReason == .uncaughtSignal)
    #expect(running.process.terminationStatus == signal)
  }
}
