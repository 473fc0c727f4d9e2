import Syntax

extension SourceText {
  /// The text in parts that are read one by one, so that an error in one leaves the others be: lines,
  /// and those together that make one statement. Places in them are those in the whole.
  ///
  /// A bracket that is left open costs its own line only.
  ///
  /// - Parameter completeness: whether lines are whole statements.
  func parts(completeness: (String) -> Parser.Completeness) -> [SourceText] {
    let text = text(in: Span(0, bytes.count))
    let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    var parts: [SourceText] = []
    var start = 0
    // To look on from every open line would take the square of the lines.
    var patience = 100
    while start < lines.count {
      var end = Self.endOfStatement(from: start, lines, completeness)
      if end == nil {
        patience -= 1
        end = patience > 0 ? start + 1 : lines.count
      }
      let part = lines[start..<(end ?? lines.count)].joined(separator: "\n")
      if part.contains(where: { !$0.isWhitespace }) {
        parts.append(SourceText(String(repeating: "\n", count: start) + part, name: name))
      }
      start = end ?? lines.count
    }
    return parts
  }

  /// After the last line of the statement that begins in a line; nil where none is found.
  private static func endOfStatement(
    from start: Int, _ lines: [Substring], _ completeness: (String) -> Parser.Completeness
  ) -> Int? {
    var end = start + 1
    while end <= lines.count {
      switch completeness(lines[start..<end].joined(separator: "\n")) {
      case .complete: return end
      // What stands in the lines below may be right by itself.
      case .invalid: return start + 1
      case .incomplete:
        end = end < lines.count ? min(lines.count, end + step(end - start)) : end + 1
      }
    }
    return nil
  }

  /// Long statements are looked at in ever longer steps.
  private static func step(_ count: Int) -> Int { count < 64 ? 1 : count }
}
