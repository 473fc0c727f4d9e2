import BinaryUnderTest
import Foundation
import Testing

/// The binary as another program drives it: bytes in, answers out.
final class ServedProcess {
  /// An event, as read.
  typealias Event = [String: Any]

  struct TimeOut: Error {}

  private let process = Process()
  private let input: (reading: FileHandle, writing: FileHandle)
  private let output: (reading: FileHandle, writing: FileHandle)
  private let errors: String
  private var received = Data()
  let home: String
  /// All that came on standard output.
  private(set) var lines: [String] = []

  init(
    _ arguments: [String] = ["--serve"], environment: [String: String] = [:], home: String? = nil
  ) throws {
    input = try Self.privatePipe()
    output = try Self.privatePipe()
    self.home = try home ?? NNSH.temporaryFolder()
    errors = self.home + "/errors"
    try Data().write(to: URL(fileURLWithPath: errors))
    process.executableURL = URL(fileURLWithPath: NNSH.path)
    process.arguments = arguments
    process.environment = NNSH.environment(home: self.home).merging(environment) { $1 }
    process.currentDirectoryURL = URL(fileURLWithPath: self.home)
    process.standardInput = input.reading
    process.standardOutput = output.writing
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errors))
    try process.run()
    try input.reading.close()
    try output.writing.close()
  }

  /// A pipe that the processes of tests beside this one do not hold open.
  private static func privatePipe() throws -> (reading: FileHandle, writing: FileHandle) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw POSIXError(.EMFILE) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (
      FileHandle(fileDescriptor: ends[0], closeOnDealloc: true),
      FileHandle(fileDescriptor: ends[1], closeOnDealloc: true)
    )
  }

  deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

  func send(_ bytes: some Sequence<UInt8>) {
    try? input.writing.write(contentsOf: Data(bytes))
  }

  func send(_ request: Event) throws {
    send(try JSONSerialization.data(withJSONObject: request) + [0x0A])
  }

  func closeInput() { try? input.writing.close() }

  /// Nobody reads its answers any more.
  func closeOutput() { try? output.reading.close() }

  func signal(_ number: Int32) { kill(process.processIdentifier, number) }

  /// The next line; nil at the end.
  func line() throws -> String? {
    while true {
      if let end = received.firstIndex(of: 0x0A) {
        let line = String(decoding: received[..<end], as: UTF8.self)
        received.removeSubrange(...end)
        lines.append(line)
        return line
      }
      let handle = output.reading
      var waiting = pollfd(fd: handle.fileDescriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&waiting, 1, Int32(NNSH.patience * 1000)) > 0 else { throw TimeOut() }
      let more = handle.availableData
      guard !more.isEmpty else { return nil }
      received += more
    }
  }

  /// What came after the last line feed.
  var rest: String { String(decoding: received, as: UTF8.self) }

  /// The events up to the next `done`, that included.
  func events() throws -> [Event] {
    var events: [Event] = []
    while let line = try line() {
      let value = try JSONSerialization.jsonObject(with: Data(line.utf8))
      let event = try #require(value as? Event)
      events.append(event)
      if event["event"] as? String == "done" { break }
    }
    return events
  }

  /// The events that a piece of code gives.
  func run(_ code: String, id: Int = 1) throws -> [Event] {
    try send(["id": id, "op": "run", "code": code])
    return try events()
  }

  /// Waits for the first event of a name.
  func wait(for name: String) throws -> Event {
    while let line = try line() {
      let value = try JSONSerialization.jsonObject(with: Data(line.utf8))
      let event = try #require(value as? Event)
      if event["event"] as? String == name { return event }
    }
    throw TimeOut()
  }

  /// Its exit code; nil where it does not end.
  func waitForEnd() -> Int32? {
    guard NNSH.wait(until: { !process.isRunning }) else { return nil }
    return process.terminationReason == .exit
      ? process.terminationStatus : 128 + process.terminationStatus
  }

  /// What it wrote to standard error.
  var complaints: String { (try? String(contentsOfFile: errors, encoding: .utf8)) ?? "" }
}

extension [ServedProcess.Event] {
  var names: [String] { compactMap { $0["event"] as? String } }
  var status: String? { last?["status"] as? String }

  /// The joined texts of one event, of a stream by its name.
  func text(of event: String, _ stream: String? = nil) -> String {
    filter { $0["event"] as? String == event && (stream == nil || $0["name"] as? String == stream) }
      .compactMap { $0["text"] as? String }.joined()
  }

  func first(_ name: String) -> ServedProcess.Event? {
    first { $0["event"] as? String == name }
  }
}
