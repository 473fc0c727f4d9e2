import Syntax

/// Text in aligned columns.
package struct Table {
  package enum Alignment: Sendable { case left, right }

  /// What stands above the columns; empty for none.
  package let headers: [String]
  package let alignments: [Alignment]
  package private(set) var rows: [[String]] = []

  /// - Parameter columns: each one's header and side.
  package init(_ columns: [(header: String, alignment: Alignment)]) {
    headers = columns.map { ShownName.cleaned($0.header) }
    alignments = columns.map(\.alignment)
  }

  /// Adds a row; missing cells are empty, surplus ones are dropped.
  package mutating func append(_ cells: [String]) {
    let padded = cells + Array(repeating: "", count: max(0, headers.count - cells.count))
    rows.append(padded.prefix(headers.count).map(ShownName.cleaned))
  }

  /// The lines, two spaces between the columns, none at the ends. What does not fit is cut: of a
  /// long last column, or, where that holds numbers, of the widest text.
  ///
  /// - Parameter width: the columns to keep to.
  package func lines(width: Int = .max, paint: Paint = Paint(isOn: false)) -> [String] {
    let shown = headers.allSatisfy(\.isEmpty) ? rows : [headers] + rows
    let widths = widths(of: shown, within: width)
    return shown.enumerated().map { index, row in
      var line = ""
      for (column, whole) in row.enumerated() {
        let cell = column < row.count - 1 ? TextLayout.cut(whole, to: widths[column]) : whole
        let gap = String(repeating: " ", count: max(0, widths[column] - DisplayWidth.of(cell)))
        line += column > 0 ? "  " : ""
        line += alignments[column] == .right ? gap + cell : cell + gap
      }
      while line.last == " " { line.removeLast() }
      line = TextLayout.cut(line, to: width)
      return index == 0 && shown.count > rows.count ? paint.bold(line) : line
    }
  }
}

extension Table {
  /// The least that is left of a column of texts.
  private static let leastText = 12

  /// The columns' widths: those of what they hold, but for the widest text before a column of
  /// numbers, which gives up what is lacking.
  private func widths(of shown: [[String]], within width: Int) -> [Int] {
    var widths = headers.indices.map { column in
      shown.map { DisplayWidth.of($0[column]) }.max() ?? 0
    }
    let total = widths.reduce(0, +) + 2 * max(0, widths.count - 1)
    let texts = widths.indices.filter { alignments[$0] == .left }
    if total > width, alignments.last == .right,
      let widest = texts.max(by: { widths[$0] < widths[$1] })
    {
      widths[widest] = max(min(Self.leastText, widths[widest]), widths[widest] - (total - width))
    }
    return widths
  }
}

/// Fitting text into columns.
package enum TextLayout {
  /// The text, or its beginning and `…` where it is wider.
  package static func cut(_ text: String, to width: Int) -> String {
    guard width > 0 else { return text }
    // Of a very long text no more than can fit is looked at: no character has more than 64 bytes.
    let isLong = text.utf8.count / 64 > width
    guard isLong || DisplayWidth.of(text) > width else { return text }
    var used = 0
    var kept = ""
    for character in text {
      let next = DisplayWidth.of(character)
      if used + next > width - 1 { break }
      used += next
      kept.append(character)
    }
    return kept + "…"
  }

  /// The text filled up with spaces.
  package static func padded(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - DisplayWidth.of(text)))
  }

  /// The text in lines of at most a width, broken at spaces.
  package static func wrapped(_ text: String, to width: Int) -> [String] {
    var lines: [String] = []
    for paragraph in text.split(separator: "\n", omittingEmptySubsequences: false) {
      var line = ""
      for word in paragraph.split(separator: " ") {
        if line.isEmpty {
          line = String(word)
        } else if DisplayWidth.of(line) + 1 + DisplayWidth.of(word) <= width {
          line += " " + word
        } else {
          lines.append(line)
          line = String(word)
        }
      }
      lines.append(line)
    }
    return lines
  }

  /// Names in columns read downwards, as `ls` shows them.
  package static func columns(_ names: [String], width: Int) -> [String] {
    let cell = (names.map { DisplayWidth.of($0) }.max() ?? 0) + 2
    let across = max(1, width / max(1, cell))
    let down = (names.count + across - 1) / max(1, across)
    return (0..<down).map { row in
      var line = ""
      for place in stride(from: row, to: names.count, by: down) {
        line += padded(names[place], to: cell)
      }
      while line.last == " " { line.removeLast() }
      return line
    }
  }
}
