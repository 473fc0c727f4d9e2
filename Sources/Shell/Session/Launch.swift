import CEditline
import Console
import MessagePassing
import Networks
import Platform

/// The way from the process's arguments to its exit code.
package enum Launch {
  /// The words that the process was started with; the first one is its name.
  package static var words: [String] {
    (0..<editline_argument_count()).compactMap { index in
      editline_argument(index).map { String(cString: $0) }
    }
  }

  /// Works for another program until that is done.
  ///
  /// - Returns: the exit code.
  package typealias Service = (CommandLine) -> Int32

  /// Runs nnsh.
  ///
  /// - Parameters:
  ///   - arguments: the words after the program's name.
  ///   - services: how it works for other programs; what holds them builds on this target.
  /// - Returns: the exit code.
  package static func main(
    _ arguments: [String], services: [CommandLine.Service: Service] = [:]
  ) -> Int32 {
    keepStreamsApart()
    let errors = OutputStream(STDERR_FILENO, capacity: 0, isInterruptible: true) { _ in }
    let commandLine: CommandLine
    do {
      commandLine = try CommandLine(parsing: arguments)
    } catch {
      errors.write("error: \(error.message)\n  = \(error.hint)\n")
      return Session.ExitCode.usage
    }
    if let text = information(commandLine) {
      let output = OutputStream(STDOUT_FILENO, capacity: 1 << 16) { outputFailed($0, errors) }
      output.write(text)
      output.flush()
      return Session.ExitCode.success
    }
    if case .service(let name) = commandLine.source {
      guard let service = services[name] else { return Session.ExitCode.usage }
      return MachineThread.run {
        Signals.install(isInteractive: true)
        _exit(service(commandLine))
      }
    }
    return MachineThread.run { runSession(commandLine, errors) }
  }

  /// Runs the statements, by one rank or several.
  ///
  /// - Returns: the exit code where ranks could not be joined; otherwise the process ends here.
  private static func runSession(_ commandLine: CommandLine, _ errors: OutputStream) -> Int32 {
    let promptIsLikely =
      commandLine.isInteractive || (commandLine.source == .standard && isatty(STDIN_FILENO) == 1)
    Signals.install(isInteractive: promptIsLikely)
    let others: LaunchedRanks?
    do throws(LaunchedRanks.Failure) {
      others = try LaunchedRanks.joined(for: commandLine)
    } catch {
      if LaunchedRanks.announcedRank == 0 { errors.write("error: \(error.message)\n") }
      return Session.ExitCode.failure
    }
    let terminal = Terminal(color: commandLine.color)
    weak var current: Session?
    // Results that a person waits for appear at once, those of a script in large pieces.
    let output = OutputStream(
      STDOUT_FILENO, capacity: terminal.showsOutput ? 0 : 1 << 16, isInterruptible: true,
      onFailure: { failure in
        current?.beforeEnding?(
          failure == EPIPE ? "a closed pipe" : String(cString: strerror(failure)))
        outputFailed(failure, errors)
      })
    let session =
      Ranks.isFirst
      ? Session(commandLine, terminal: terminal, output: output, errors: errors)
      : Session(commandLine, terminal: Terminal(), output: .nowhere, errors: .nowhere)
    current = session
    others?.beforeEnding = { output.flush() }
    let code = session.run()
    // The process ends here: tearing down what the operating system frees anyway only costs time.
    _exit(others?.leave(code, error: session.lastError) ?? code)
  }

  /// A closed stream's number would go to the next file that is opened, and what is printed into it.
  private static func keepStreamsApart() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
      // Opened the other way round, reading and writing fail as on a closed one.
      _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }

  private static func information(_ commandLine: CommandLine) -> String? {
    if commandLine.showsHelp { return CommandLineOption.helpText }
    if commandLine.showsVersion { return "nnsh \(Version.text)\n" }
    if commandLine.showsLicenses {
      return String(decoding: PackageResources.NOTICE_txt, as: UTF8.self)
    }
    return commandLine.generated?.text
  }

  /// Nobody reads any more: end quietly. Nothing can be written: say so.
  private static func outputFailed(_ failure: Int32, _ errors: OutputStream) {
    if failure == EPIPE { _exit(Session.ExitCode.success) }
    errors.write("error: cannot write standard output: \(String(cString: strerror(failure)))\n")
    _exit(Session.ExitCode.failure)
  }
}
