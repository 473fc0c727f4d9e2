import Syntax

extension Machine {
  /// Where the running code stands: the call or the slow operation under way.
  package var position: (source: SourceText, span: Span)? {
    guard let code else { return nil }
    let start = code.header.pointee.instructions
    let offset = frames[depth].pc - start - 1
    guard offset >= 0, offset < code.instructionCount else { return nil }
    return (code.source, code.site(of: offset).span)
  }
}
