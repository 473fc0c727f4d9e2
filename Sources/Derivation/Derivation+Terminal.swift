import Language
import Syntax

extension Derivation {
  /// The derivation for a terminal of that many columns.
  package func text(width: Int) -> String {
    let width = min(max(width, 60), 100)
    var output = ["\(result.left.unicode) of \(lossSymbol) = \(oneLine(loss))", ""]
    if !legend.isEmpty {
      let sizes = legend.map { "\($0.name) = \($0.size) \($0.meaning)" }
      output += TextWrapping.wrapped(sizes, separator: "   ", indent: "  ", width: width) + [""]
    }
    output += definitionLines(width)
    var number = 0
    for (line, previous) in zip(lines, [nil] + lines.dropLast()) {
      if let gap = line.gap {
        if gap != previous?.gap { output += ["  \(gap)", ""] }
      } else {
        number += 1
        output += numbered(number, line, width)
      }
    }
    output += resultLines(width)
    return output.joined(separator: "\n") + "\n"
  }

  private func oneLine(_ text: String) -> String {
    text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  private func definitionLines(_ width: Int) -> [String] {
    guard !definitions.isEmpty else { return [] }
    let shown = definitions.filter { $0.gap == nil }
    let left = shown.map { DisplayWidth.of($0.symbol.unicode) }.max() ?? 0
    let texts = definitions.map {
      $0.gap.map { "  " + $0 }
        ?? "  " + TextWrapping.padded($0.symbol.unicode, left) + " = " + $0.formula.unicode
    }
    let column = min(width - 10, (texts.map { DisplayWidth.of($0) }.max() ?? 0) + 4)
    return zip(zip(texts, definitions), [nil] + definitions.dropLast()).flatMap {
      entry, previous -> [String] in
      let (text, definition) = entry
      if let gap = definition.gap { return gap == previous?.gap ? [] : [text] }
      let pieces = TextWrapping.broken(text, keeping: left + 5, indent: left + 7, width: width - 8)
      return pieces.dropLast()
        + [TextWrapping.padded(pieces.last ?? "", column) + definition.axes]
    } + [""]
  }

  private func numbered(_ number: Int, _ line: Line, _ width: Int) -> [String] {
    let head = TextWrapping.padded("\(number)", 4, isRight: true) + "  "
    let left = line.left.unicode
    let indent = 6 + DisplayWidth.of(left) + 1
    var rows: [String] = []
    for (index, form) in line.forms.enumerated() {
      let start = index == 0 ? head + left + " " : String(repeating: " ", count: indent)
      rows += TextWrapping.broken(
        start + "= " + form.unicode, keeping: indent, indent: indent + 2, width: width - 3)
    }
    if let first = rows.first {
      rows[0] = TextWrapping.padded(first, width - 2) + (line.isRight ? "✓" : "✗")
    }
    let note = "      " + line.rule
    rows += TextWrapping.broken(note, keeping: 6, indent: 6, width: width)
    rows += TextWrapping.broken("      " + line.shapes, keeping: 6, indent: 8, width: width)
    if !line.isRight {
      rows.append("      autodiff differs: relative error \(line.error.displayed)")
    }
    return rows + [""]
  }

  private func resultLines(_ width: Int) -> [String] {
    var rows = TextWrapping.broken(
      "  \(result.left.unicode) = \(result.unicode)", keeping: 2, indent: 4, width: width)
    rows += TextWrapping.broken(
      "  shapes  \(result.shapes)", keeping: 10, indent: 10, width: width)
    if let shortExpression {
      rows.append("  nns     \(shortExpression)")
      if expression != shortExpression {
        for (index, statement) in statements.enumerated() {
          rows.append((index == 0 ? "  with    " : "          ") + statement)
        }
      }
    } else {
      rows.append("  nns     cannot write this in one expression; grad computes it")
    }
    if let error {
      rows.append(
        error <= 1e-4
          ? "  check   equals grad L wrt \(target) ✓"
          : "  check   differs from grad: relative error \(error.displayed) ✗")
    }
    for remark in remarks {
      rows += TextWrapping.broken("  note    \(remark)", keeping: 10, indent: 10, width: width)
    }
    return rows
  }
}

/// Lines of no more than so many columns.
package enum TextWrapping {
  package static func padded(_ text: String, _ width: Int, isRight: Bool = false) -> String {
    let fill = String(repeating: " ", count: max(0, width - DisplayWidth.of(text)))
    return isRight ? fill + text : text + fill
  }

  /// Whole pieces in as few lines as they fit in.
  package static func wrapped(
    _ pieces: [String], separator: String, indent: String, width: Int
  ) -> [String] {
    var lines: [String] = []
    var line = indent
    for piece in pieces {
      if line.count > indent.count, DisplayWidth.of(line + separator + piece) > width {
        lines.append(line)
        line = indent
      }
      line += (line == indent ? "" : separator) + piece
    }
    return lines + [line]
  }

  /// Broken at spaces, further lines indented.
  ///
  /// - Parameter keeping: how many characters at the start stay as they are.
  package static func broken(
    _ text: String, keeping start: Int = 0, indent: Int, width: Int
  ) -> [String] {
    guard DisplayWidth.of(text) > width else { return [text] }
    let margin = String(repeating: " ", count: min(indent, width / 2))
    var lines: [String] = []
    var line = String(text.prefix(start))
    var isEmpty = true
    for word in text.dropFirst(start).split(separator: " ", omittingEmptySubsequences: true) {
      if !isEmpty, DisplayWidth.of(line) + 1 + DisplayWidth.of(String(word)) > width {
        lines.append(line)
        line = margin
        isEmpty = true
      }
      line += (isEmpty ? "" : " ") + word
      isEmpty = false
    }
    return lines + [line]
  }
}
