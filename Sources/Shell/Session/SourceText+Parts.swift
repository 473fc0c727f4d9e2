import Syntax

extension SourceText {
  /// The text in parts that are read one by one, so that an error in one leaves the others be: lines,
  /// and those together that make one statement. Places in them are those in the whole.
  ///
  /// A bracket that is left open costs its own line only.
  ///
  /// - Parameter isComplete: whether lines are whole statements.
  func parts(isComplete: (String) -> Bool) -> [SourceText] {
    let text = text(in: Span(0, bytes.count))
    let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    var parts: [SourceText] = []
    var start = 0
    // To look on from every open line would take the square of the lines.
    var patience = 100
    while start < lines.count {
      var end = start + 1
      while end <= lines.count, !isComplete(lines[start..<end].joined(separator: "\n")) {
        let step = end - start < 64 ? 1 : end - start
        end = end == lines.count ? end + 1 : min(lines.count, end + step)
      }
      if end > lines.count {
        patience -= 1
        end = patience > 0 ? start + 1 : lines.count
      }
      let part = lines[start..<end].joined(separator: "\n")
      if part.contains(where: { !$0.isWhitespace }) {
        parts.append(SourceText(String(repeating: "\n", count: start) + part, name: name))
      }
      start = end
    }
    return parts
  }
}
