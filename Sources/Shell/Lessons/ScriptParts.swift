import Syntax

/// A piece of a script as an audience sees it: prose, or code.
struct ScriptPart: Equatable {
  enum Kind { case prose, code }

  let kind: Kind
  /// Prose without its `#`s, the lines of a paragraph or of a list's item joined; code as it is
  /// written.
  let text: String
  /// Its first line in the script, from 1.
  let line: Int

  /// The parts of a script, in order.
  ///
  /// Comments on lines of their own are prose, a paragraph for each block of them. Code is parted
  /// by statements; those that share a line stay together.
  ///
  /// - Throws: the first syntax error.
  static func parts(of source: SourceText) throws(Diagnostic) -> [ScriptPart] {
    let statements = try Parser.parse(source, commands: Command.syntaxByName)
    let lines = source.text(in: Span(0, source.bytes.count))
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    var parts: [ScriptPart] = []
    var next = 1
    for rows in blocks(of: statements, in: source) {
      parts += paragraphs(lines, from: next, to: rows.lowerBound - 1)
      let code = rows.compactMap { lines.indices.contains($0 - 1) ? lines[$0 - 1] : nil }
      parts.append(
        ScriptPart(kind: .code, text: code.joined(separator: "\n"), line: rows.lowerBound))
      next = rows.upperBound + 1
    }
    return parts + paragraphs(lines, from: next, to: lines.count)
  }

  /// The lines of each statement; of those that share a line, together.
  private static func blocks(
    of statements: [Statement], in source: SourceText
  ) -> [ClosedRange<Int>] {
    var blocks: [ClosedRange<Int>] = []
    for statement in statements {
      let first = source.position(of: statement.span.start).line
      let last = max(
        first, source.position(of: max(statement.span.start, statement.span.end - 1)).line)
      if let previous = blocks.last, first <= previous.upperBound {
        blocks[blocks.count - 1] = previous.lowerBound...max(last, previous.upperBound)
      } else {
        blocks.append(first...last)
      }
    }
    return blocks
  }

  private static func paragraphs(_ lines: [String], from first: Int, to last: Int) -> [ScriptPart] {
    guard first <= last else { return [] }
    var parts: [ScriptPart] = []
    var words: [String] = []
    var start = first
    func finish() {
      if !words.isEmpty {
        parts.append(
          ScriptPart(
            kind: .prose, text: words.joined(separator: " ").replacing(" \n ", with: "\n"),
            line: start))
      }
      words = []
    }
    for number in first...last where lines.indices.contains(number - 1) {
      let line = lines[number - 1].drop { $0 == " " || $0 == "\t" }
      let text = line.drop { $0 == "#" || $0 == "!" && number == 1 }
        .drop { $0 == " " }
      // A line without letters, as a rule of dashes, parts paragraphs.
      guard line.hasPrefix("#"), text.contains(where: { $0.isLetter || $0.isNumber }) else {
        finish()
        continue
      }
      if words.isEmpty { start = number }
      if beginsItem(text), !words.isEmpty { words.append("\n") }
      words.append(String(text))
    }
    finish()
    return parts
  }

  /// Whether a line begins an item of a list: `- data`, `* data`, `1. data`, `2) data`.
  private static func beginsItem(_ text: Substring) -> Bool {
    let mark = text.prefix { $0 != " " }
    guard mark.count < text.count else { return false }
    if ["-", "*", "•"].contains(mark) { return true }
    return mark.dropLast().allSatisfy(\.isNumber) && mark.count > 1
      && ".)".contains(mark.last ?? " ")
  }
}
