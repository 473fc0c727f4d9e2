import Syntax
import Testing

/// Messages in terminals of every width: lines break between words, nothing is lost.
@Suite struct WrappingTests {
  private static let message =
    "cannot multiply 10000×784 by 1000×10: inner sizes 784 and 1000 differ, as everybody can see"

  private static func diagnostic(line: String, marking part: String) -> Diagnostic {
    let start =
      line.utf8.count - (line.firstRange(of: part).map { line[$0.lowerBound...].utf8.count } ?? 0)
    return Diagnostic(
      message, source: SourceText(line, name: "demo.nns"),
      span: Span(start, start + part.utf8.count), label: "x is 10000×784, W_o is 1000×10",
      suggestions: [
        "in scope and would fit: W_h (784×1000), W_x (784×10)", "a-word-without-any-blanks",
      ])
  }

  private static let lines = [
    ("h = relu(x @ W_o + b_h)", "x @ W_o"),
    (Array(repeating: "alpha", count: 60).joined(separator: " + ") + " + x @ W_o", "x @ W_o"),
    ("x @ W_o + " + Array(repeating: "日本", count: 80).joined(separator: " + "), "x @ W_o"),
    ("f(" + String(repeating: "é", count: 200) + ")", String(repeating: "é", count: 200)),
  ]

  @Test(arguments: [20, 24, 30, 40, 52, 80, 120, 200])
  func noLineIsWiderThanTheTerminal(_ width: Int) {
    for (line, part) in Self.lines {
      let diagnostic = Self.diagnostic(line: line, marking: part)
      let rows = diagnostic.rendered(width: width).split(separator: "\n")
      for row in rows {
        let longest = row.split(separator: " ").map { DisplayWidth.of($0) }.max() ?? 0
        #expect(DisplayWidth.of(row) <= max(width, longest + 4), "\(width): \(row)")
      }
      let words = rows.joined(separator: " ").split { " |".contains($0) }.joined(separator: " ")
      for text in [Self.message] + diagnostic.suggestions {
        #expect(words.contains(text), "\(width)")
      }
      #expect(rows.contains { $0.contains("^") })
    }
  }

  @Test func theWindowShowsWhatIsMarked() {
    for width in [30, 40, 80] {
      let (line, part) = Self.lines[1]
      let rows = Self.diagnostic(line: line, marking: part).rendered(width: width)
        .split(separator: "\n").map(String.init)
      guard let code = rows.firstIndex(where: { $0.hasPrefix("1 |") }) else { continue }
      let caret = rows[code + 1].prefix { $0 != "^" }.count
      #expect(rows[code].dropFirst(caret).hasPrefix("x @ W_o"))
      #expect(rows[code].contains("…"))
    }
  }

  @Test func whatNobodyReadsIsCut() {
    for text in ["key ", "ключ ", "\u{1B}"] {
      let message = String(repeating: text, count: 100_000)
      let shown = Diagnostic(message, source: SourceText("1", name: ""), span: Span(0, 1))
        .rendered()
      #expect(shown.hasSuffix("…") && shown.utf8.count < 50_000)
    }
  }

  @Test func withoutATerminalNothingWraps() {
    let (line, part) = Self.lines[0]
    let rows = Self.diagnostic(line: line, marking: part).rendered().split(separator: "\n")
    #expect(rows.first == "error: \(Self.message)")
  }
}
