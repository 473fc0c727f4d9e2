import Console
import Files
import Language
import Platform
import Shell
import Syntax
import Tensors

/// Answers the requests of a program with one session, whose variables stay from one to the next.
package final class Server {
  /// No request is longer, in bytes: as much as a script may have, written with escapes.
  private static let longestLine = 256 << 20

  private let session: Session
  private let events: EventWriter
  /// Called before an answer ends, so that whatever else was written belongs to it.
  private let settle: () -> Void
  /// The lines read so far.
  private var lines = 0
  /// Whether code has been run.
  private var hasRun = false

  init(_ session: Session, _ events: EventWriter, settle: @escaping () -> Void = {}) {
    self.session = session
    self.events = events
    self.settle = settle
    session.beginServing()
  }

  /// Serves standard input until it ends, or `exit` is called.
  ///
  /// - Returns: the exit code.
  package static func run(_ commandLine: CommandLine) -> Int32 {
    guard let streams = PrivateStreams() else {
      complain("cannot serve: \(String(cString: strerror(errno)))")
      return Session.ExitCode.failure
    }
    let answers = streams.output
    // All of a line, however long its reader takes: half of one would be no answer.
    let events = EventWriter { OutputStream.writeAll($0, to: answers) }
    let stray = StrayOutput(streams.stray, answers: answers) { events.sendStray($0) }
    stray.start()
    let session = Session(
      commandLine, terminal: Terminal(color: commandLine.color, isSeen: false), audience: events)
    events.onFailure = { [unowned session] in end(session, because: $0) }
    return Server(session, events) { stray.drain() }.serve(streams.input)
  }

  /// The same for what can be read from a descriptor, in a session of its own.
  ///
  /// - Parameter write: takes an event, a line.
  @discardableResult
  package static func serve(
    _ descriptor: Int32, with commandLine: CommandLine, write: @escaping @Sendable ([UInt8]) -> Void
  ) -> Int32 {
    let events = EventWriter {
      write($0)
      return 0
    }
    let session = Session(
      commandLine, terminal: Terminal(color: .never, isSeen: false), audience: events)
    return Server(session, events).serve(descriptor)
  }

  private func serve(_ descriptor: Int32) -> Int32 {
    let reader = LineReader(descriptor, longest: Self.longestLine)
    while session.machine.exitCode == nil {
      Interrupt.clear()
      CallStack.releaseUnused()
      switch reader.next() {
      case .bytes(let line): answer(line)
      case .tooLong: refuseLongLine()
      case .endOfInput: return Session.ExitCode.success
      }
    }
    return session.machine.exitCode ?? Session.ExitCode.success
  }

  /// Nobody reads any more: ends quietly. Nothing can be written: says so.
  private static func end(_ session: Session, because failure: Int32) -> Never {
    let reason = String(cString: strerror(failure))
    session.beforeEnding?(failure == EPIPE ? "a closed pipe" : reason)
    if failure == EPIPE { _exit(Session.ExitCode.success) }
    complain("cannot write standard output: \(reason)")
    _exit(Session.ExitCode.failure)
  }

  private static func complain(_ message: String) {
    OutputStream(STDERR_FILENO, capacity: 0) { _ in }.write("error: \(message)\n")
  }

  // MARK: requests

  /// Answers a line; an empty one asks for nothing.
  func answer(_ line: [UInt8]) {
    lines += 1
    guard line.contains(where: { !" \t\r".utf8.contains($0) }) else { return }
    do throws(Request.Fault) {
      answer(try Request(parsing: line))
    } catch {
      let before = String(decoding: line.prefix(error.offset), as: UTF8.self)
      refuse(error, column: before.unicodeScalars.count + 1)
    }
  }

  private func answer(_ request: Request) {
    events.begin(request.id)
    switch request.operation {
    case .run: run(request)
    case .complete: complete(request)
    case .isComplete: isComplete(request)
    case .inspect: inspect(request)
    }
  }

  private func run(_ request: Request) {
    if !hasRun { session.tellOfRescuedNetworks() }
    hasRun = true
    session.remember(request.code)
    let code = session.runEntered(SourceText(request.code, name: name(of: request)))
    if session.machine.exitCode != nil { return finish(.ok) }
    switch code {
    case Session.ExitCode.success: finish(.ok)
    case Session.ExitCode.interrupted: finish(.interrupted)
    default: finish(.error)
    }
  }

  /// What messages call the code; as no file's name begins.
  private func name(of request: Request) -> String {
    switch request.id {
    case .integer(let number): "<cell \(number)>"
    case .string(let text): "<cell \(text)>"
    default: "<cell>"
    }
  }

  private func complete(_ request: Request) {
    let cursor = byte(of: request)
    let found = session.completions(of: request.code, at: cursor)
    func place(_ offset: Int) -> JSONValue {
      .integer(CodePoints.count(before: offset, in: request.code))
    }
    finish(
      .ok,
      [
        ("matches", .array(found.candidates.map { .string($0.inserted) })),
        ("start", place(cursor - found.replaced)), ("end", place(cursor)),
      ])
  }

  private func isComplete(_ request: Request) {
    switch session.completeness(of: request.code) {
    case .complete: finish(.complete)
    case .incomplete: finish(.incomplete)
    case .invalid: finish(.invalid)
    }
  }

  private func inspect(_ request: Request) {
    do {
      let found = try Inspection(of: request.code, at: byte(of: request), in: session)
      finish(.ok, [("text", .string(found.text))])
    } catch {
      let isInterruption = RuntimeError(error).isInterruption
      finish(isInterruption ? .interrupted : .ok, [("text", .string(""))])
    }
  }

  /// The byte at which the cursor stands.
  private func byte(of request: Request) -> Int {
    request.cursor.map { CodePoints.offset(of: $0, in: request.code) } ?? request.code.utf8.count
  }

  // MARK: ends

  private enum Status: String {
    case ok, error, interrupted, complete, incomplete, invalid
  }

  private func finish(_ status: Status, _ fields: [(name: String, value: JSONValue)] = []) {
    settle()
    let head: [(name: String, value: JSONValue)] = [("status", .string(status.rawValue))]
    events.send("done", head + fields)
  }

  private func refuseLongLine() {
    lines += 1
    refuse(
      Request.Fault(
        id: .null, message: "the request is longer than a line can be, \(Self.longestLine >> 20) MB"
      ),
      column: 1)
  }

  private func refuse(_ fault: Request.Fault, column: Int) {
    events.begin(fault.id)
    let text = (["error: " + fault.message] + fault.fixes.map { "  = " + $0 })
    events.error(
      fault.message, file: "<requests>", line: lines, column: column, fixes: fault.fixes,
      text: text.joined(separator: "\n"))
    finish(.error)
  }
}
