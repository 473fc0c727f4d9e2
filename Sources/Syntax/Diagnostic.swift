/// What went wrong, where, and what to do: the one form in which errors reach a person.
///
/// Rendered by `Diagnostic+Rendering.swift` as the language's contract shows: the message, the
/// place, the source line with a caret, labels such as the operands' shapes, suggestions after
/// `=`, and the call chain.
public struct Diagnostic: Error, Sendable {
  /// Whether the code could not be read at all (nothing of it has run) or failed when run.
  public enum Phase: Sendable { case syntax, runtime, interrupted }

  /// A function call that was under way: its name and the place of the call.
  public struct Frame: Sendable {
    /// The function's name.
    public var function: String
    /// The text that the call stands in.
    public var source: SourceText
    /// Where the call stands in it.
    public var span: Span

    /// Its parts, each as the property of its name.
    public init(function: String, source: SourceText, span: Span) {
      self.function = function
      self.source = source
      self.span = span
    }
  }

  /// When it went wrong.
  public var phase: Phase
  /// One sentence without a full stop, as it stands after `error: `.
  public var message: String
  /// The text that is at fault.
  public var source: SourceText
  /// Where in it the caret points.
  public var span: Span
  /// What stands under the caret: the values' shapes and kinds.
  public var label: String?
  /// What to do, each a line after `= `.
  public var suggestions: [String]
  /// Innermost call first.
  public var callChain: [Frame]

  /// Its parts, each as the property of its name.
  public init(
    phase: Phase = .runtime, _ message: String, source: SourceText, span: Span,
    label: String? = nil, suggestions: [String] = [], callChain: [Frame] = []
  ) {
    self.phase = phase
    self.message = message
    self.source = source
    self.span = span
    self.label = label
    self.suggestions = suggestions
    self.callChain = callChain
  }
}
