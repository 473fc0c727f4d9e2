import Console
import Syntax

/// Who a session answers: a person or a file at the process's two streams, or a program that reads
/// what happens as events.
///
/// All front ends run the same session: the prompt and scripts write to streams, `--serve` sends
/// events.
package protocol Audience: AnyObject {
  /// Takes what code prints.
  func print(_ text: String)
  /// Takes what code prints and a notebook can show in another form.
  func print(_ text: String, as form: () -> RichForm)
  /// Takes what accompanies results: remarks, progress as text.
  func tell(_ text: String)
  /// Takes the value of a top-level expression as it is shown, without a newline at its end.
  ///
  /// - Parameter form: another form in which a notebook can show it; nil where there is none.
  func show(result text: String, as form: RichForm?)
  /// Takes an error.
  ///
  /// - Parameter text: all of it as a person reads it, without a newline at its end.
  func report(_ diagnostic: Diagnostic, as text: String)
  /// Takes how far a long run is. Only asked where `takesEvents`.
  func follow(_ progress: Progress)
  /// Takes a picture, the bytes of a PNG file. Only asked where `takesEvents`.
  func show(picture bytes: [UInt8])
  /// Hands on what was held back.
  func flush()
  /// Whether it takes pictures and progress as such; otherwise these are drawn with characters.
  var takesEvents: Bool { get }
}

extension Audience {
  package func print(_ text: String, as form: () -> RichForm) { print(text) }
  package func show(result text: String, as form: RichForm?) { print(text + "\n") }
  package func report(_ diagnostic: Diagnostic, as text: String) { tell(text + "\n") }
  package func follow(_ progress: Progress) {}
  package func show(picture bytes: [UInt8]) {}
  package var takesEvents: Bool { false }
}

/// Two streams: results go to one, everything else to the other.
package final class StreamAudience: Audience {
  private let output: OutputStream
  private let errors: OutputStream

  package init(output: OutputStream, errors: OutputStream) {
    self.output = output
    self.errors = errors
  }

  package func print(_ text: String) { output.write(text) }

  /// What the other stream was given before comes first: on a terminal the two stay in order.
  package func tell(_ text: String) {
    output.flush()
    errors.write(text)
  }

  package func flush() { output.flush() }
}
