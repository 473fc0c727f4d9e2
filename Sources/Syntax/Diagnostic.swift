/// What went wrong, where, and what to do: the one form in which errors reach a person.
///
/// Rendered by `Diagnostic+Rendering.swift` as the language's contract shows: the message, the
/// place, the source line with a caret, labels such as the operands' shapes, suggestions behind
/// `=`, and the call chain.
package struct Diagnostic: Error, Sendable {
  /// Whether the code could not be read at all (nothing of it has run) or failed when run.
  package enum Phase: Sendable { case syntax, runtime, interrupted }

  /// A function call that was under way: its name and the place of the call.
  package struct Frame: Sendable {
    package var function: String
    package var source: SourceText
    package var span: Span

    package init(function: String, source: SourceText, span: Span) {
      self.function = function
      self.source = source
      self.span = span
    }
  }

  package var phase: Phase
  /// One sentence without a final stop, as it stands after `error: `.
  package var message: String
  package var source: SourceText
  package var span: Span
  /// What stands under the caret: the values' shapes and kinds.
  package var label: String?
  /// What to do, each a line behind `= `.
  package var suggestions: [String]
  /// Innermost call first.
  package var callChain: [Frame]

  package init(
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
