import Console
import Language
import Syntax

/// Keeps a value that is echoed at the prompt from flooding the terminal.
enum LongOutput {
  /// The text, or as much of it as `set rows` allows and a line that says how to see all.
  static func shown(_ text: String, in session: Session) -> String {
    guard session.isAtPrompt, session.runDepth == 0, session.terminal.showsOutput else {
      return text
    }
    return cut(text, rows: session.settings.rows, columns: Terminal.size().columns)
  }

  /// The text cut to rows of a terminal, wrapped lines counted.
  static func cut(_ text: String, rows: Int, columns: Int) -> String {
    // No character fills more than two columns, and few bytes fit many columns: mostly this decides.
    guard text.utf8.count > rows * columns / 8 else { return text }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let needed = Pager.rows(lines, columns: columns)
    guard needed > rows else { return text }
    var kept: [String] = []
    var left = rows
    for line in lines where left > 0 {
      let height = Pager.rows([line], columns: columns)
      // A line that is too long by itself is plain text: its beginning shows what it is.
      kept.append(height <= left ? line : TextLayout.cut(line, to: left * columns))
      left -= height
    }
    let rest = needed - rows
    kept.append(
      "… \(rest) more \(rest == 1 ? "row" : "rows"): print(ans) shows all, "
        + "set rows \(needed) shows as much from now on")
    return kept.joined(separator: "\n")
  }
}

/// What `ans` may hold on to.
enum Answer {
  /// The bytes of tensors that it may keep alive.
  static let limit = 256 << 20

  /// The value; nil, with a word about it, where it is larger.
  static func kept(_ value: Value, in session: Session) -> Value? {
    let bytes = ValueMeasure(value).bytes
    guard bytes > limit else { return value }
    session.writeError(
      "ans does not keep it: \(NumberForm.bytes(bytes)), more than \(NumberForm.bytes(limit))\n")
    return nil
  }
}
