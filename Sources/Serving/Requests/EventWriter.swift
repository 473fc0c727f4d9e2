import Console
import Files
import Shell
import Synchronization
import Syntax

/// What a session gives, as events: objects of JSON, a line each.
///
/// Everything is the machine's thread's, but for `sendStray`, which touches only what is locked.
final class EventWriter: Audience, @unchecked Sendable {
  private struct State: Sendable {
    /// The request that is being answered.
    var id = JSONValue.null
    /// The system's error number, once a line could not be written; nothing is written any more.
    var failure: Int32 = 0
  }

  private let state = Mutex(State())
  private let write: @Sendable ([UInt8]) -> Int32
  /// Told, on the machine's thread, that nothing can be written any more.
  var onFailure: ((Int32) -> Void)?

  /// - Parameter write: takes a line with its line feed, by one thread at a time; gives 0, or the
  ///   system's error number.
  init(write: @escaping @Sendable ([UInt8]) -> Int32) { self.write = write }

  /// Names the request that all events belong to from now on.
  func begin(_ id: JSONValue) { state.withLock { $0.id = id } }

  /// Sends an event, on the machine's thread.
  func send(_ event: String, _ fields: [(name: String, value: JSONValue)]) {
    let failure = put(event, fields)
    guard failure != 0, let end = onFailure else { return }
    // What is told on the way to the end cannot be written either.
    onFailure = nil
    end(failure)
  }

  /// Sends text that reached standard output past the session, on any thread.
  func sendStray(_ text: String) { _ = put("stream", Self.fields("stdout", text)) }

  private func put(_ event: String, _ fields: [(name: String, value: JSONValue)]) -> Int32 {
    state.withLock { state in
      let head: [(name: String, value: JSONValue)] = [
        ("id", state.id), ("event", .string(event)),
      ]
      if state.failure == 0 {
        state.failure = write(JSONValue.object(head + fields).text + [UInt8(ascii: "\n")])
      }
      return state.failure
    }
  }

  private func stream(_ name: String, _ text: String) {
    if !text.isEmpty { send("stream", Self.fields(name, text)) }
  }

  private static func fields(_ name: String, _ text: String) -> [(name: String, value: JSONValue)] {
    [("name", .string(name)), ("text", .string(text))]
  }

  // MARK: Audience

  func print(_ text: String) { stream("stdout", text) }
  func tell(_ text: String) { stream("stderr", text) }

  func print(_ text: String, as form: () -> RichForm) {
    send("stream", Self.fields("stdout", text) + Self.forms(form()))
  }

  func show(result text: String, as form: RichForm?) {
    send("result", [("text", .string(text))] + (form.map(Self.forms) ?? []))
  }

  private static func forms(_ form: RichForm) -> [(name: String, value: JSONValue)] {
    let (type, text) = form.forNotebooks
    return [("forms", .object([(name: type, value: .string(text))]))]
  }

  func flush() {}
  var takesEvents: Bool { true }

  func show(picture bytes: [UInt8]) {
    send("image", [("mime", "image/png"), ("data", .string(Base64.text(bytes)))])
  }

  func follow(_ progress: Progress) {
    let figures = progress.figures.map { (name: $0.name, value: JSONValue.string($0.text)) }
    send(
      "progress",
      [
        ("done", .integer(progress.done)), ("total", .integer(progress.total)),
        ("unit", .string(progress.unit)), ("figures", .object(figures)),
        ("elapsed", .number(progress.elapsed)),
        ("left", progress.secondsLeft.map(JSONValue.number) ?? .null),
        ("text", .string(progress.bar(width: 79))),
      ])
  }

  func report(_ diagnostic: Diagnostic, as text: String) {
    let (line, column) = diagnostic.source.position(of: diagnostic.span.start)
    error(
      diagnostic.message, file: diagnostic.source.name, line: line, column: column,
      shapes: (diagnostic.label ?? "").split(separator: "\n").map(String.init),
      fixes: diagnostic.suggestions, text: text)
  }

  /// Sends an error.
  ///
  /// - Parameters:
  ///   - shapes: the lines that stand under the caret.
  ///   - text: all of it as a person reads it.
  func error(
    _ message: String, file: String, line: Int, column: Int, shapes: [String] = [],
    fixes: [String], text: String
  ) {
    func list(_ texts: [String]) -> JSONValue { .array(texts.map(JSONValue.string)) }
    send(
      "error",
      [
        ("message", .string(message)), ("file", .string(file)), ("line", .integer(line)),
        ("column", .integer(column)), ("shapes", list(shapes)), ("fixes", list(fixes)),
        ("text", .string(text)),
      ])
  }
}
