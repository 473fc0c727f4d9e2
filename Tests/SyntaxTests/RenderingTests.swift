import Syntax
import Testing

@Suite struct RenderingTests {
  private func rendered(_ code: String, marking piece: String, label: String? = nil) -> String {
    let source = SourceText(code, name: "demo.nns")
    let start = offset(of: piece, in: code)
    return Diagnostic(
      "wrong", source: source, span: Span(start, start + piece.utf8.count), label: label
    ).rendered()
  }

  private func offset(of piece: String, in code: String) -> Int {
    let bytes = Array(code.utf8)
    let wanted = Array(piece.utf8)
    return bytes.indices.first { bytes[$0...].starts(with: wanted) } ?? 0
  }

  @Test func asTheContractShows() {
    let code = "a = 1\n\nh = relu(x @ W_o + b_h)\n"
    let source = SourceText(code, name: "demo.nns")
    let start = offset(of: "x @ W_o", in: code)
    let diagnostic = Diagnostic(
      "cannot multiply 10000×784 by 1000×10: inner sizes 784 and 1000 differ", source: source,
      span: Span(start, start + 7), label: "x is 10000×784, W_o is 1000×10",
      suggestions: ["in scope and would fit: W_h (784×1000)"],
      callChain: [Diagnostic.Frame(function: "dL", source: source, span: Span(0, 1))])
    #expect(
      diagnostic.rendered() == """
        error: cannot multiply 10000×784 by 1000×10: inner sizes 784 and 1000 differ
          demo.nns:3:10
        3 | h = relu(x @ W_o + b_h)
          |          ^~~~~~~
          |          x is 10000×784, W_o is 1000×10
          = in scope and would fit: W_h (784×1000)
          in dL(…) called at demo.nns:1:1
        """)
  }

  @Test func alignsTabsAndWideCharacters() {
    #expect(
      rendered("\ta = 日本 + 😀x", marking: "x") == """
        error: wrong
          demo.nns:1:12
        1 |     a = 日本 + 😀x
          |                  ^
        """)
    #expect(
      rendered("日本 = e\u{301}", marking: "日本") == """
        error: wrong
          demo.nns:1:1
        1 | 日本 = e\u{301}
          | ^~~~
        """)
  }

  @Test func keepsToTheFirstLineOfASpan() {
    #expect(
      rendered("f(a,\r\nb)", marking: "(a,\r\nb)") == """
        error: wrong
          demo.nns:1:2
        1 | f(a,
          |  ^~~
        """)
  }

  @Test func showsControlCharactersInsteadOfObeyingThem() {
    let text = rendered("a\u{1B}[31m b", marking: "b")
    #expect(!text.contains("\u{1B}"))
    #expect(text.contains("a␛[31m b"))
  }

  @Test func cutsLongLinesAroundTheSpan() {
    let code =
      String(repeating: "a + ", count: 200) + "here" + String(repeating: " + b", count: 200)
    let lines = rendered(code, marking: "here").split(separator: "\n").map(String.init)
    #expect(lines[1] == "  demo.nns:1:801")
    #expect(lines[2].hasPrefix("1 | …"))
    #expect(lines[2].hasSuffix("…"))
    #expect(DisplayWidth.of(lines[2]) <= 170)
    let code2 = Array(lines[2])
    let caret = Array(lines[3]).firstIndex(of: "^") ?? 0
    #expect(String(code2[caret..<min(caret + 4, code2.count)]) == "here")
    #expect(lines[3].hasSuffix("^~~~"))
  }

  @Test func linesOfTwoDigitsWidenTheMargin() {
    let code = String(repeating: "\n", count: 11) + "x"
    #expect(
      rendered(code, marking: "x", label: "here") == """
        error: wrong
          demo.nns:12:1
        12 | x
           | ^
           | here
        """)
  }

  @Test func endOfInputPointsBehindTheLastToken() {
    #expect(
      syntaxError("a = 1 +\n\n")?.rendered() == """
        error: expected a value, but the text ends
          t.nns:1:8
        1 | a = 1 +
          |        ^
        """)
  }

  @Test func colorOnlyWhereAsked() {
    let diagnostic = Diagnostic("m", source: SourceText("x", name: "f"), span: Span(0, 1))
    #expect(!diagnostic.rendered().contains("\u{1B}"))
    #expect(diagnostic.rendered(inColor: true).hasPrefix("\u{1B}[1;31merror:\u{1B}[0m m"))
  }

  @Test func longCallChainsAreCut() {
    let source = SourceText("x", name: "f")
    let frames = (0..<100).map {
      Diagnostic.Frame(function: "f\($0)", source: source, span: Span(0, 1))
    }
    let text = Diagnostic("m", source: source, span: Span(0, 1), callChain: frames).rendered()
    #expect(text.contains("… 88 more calls"))
    #expect(text.contains("in f0(…)") && text.contains("in f99(…)") && !text.contains("in f50(…)"))
  }

  @Test func displayWidths() {
    #expect(DisplayWidth.of("abc") == 3)
    #expect(DisplayWidth.of("日本") == 4)
    #expect(DisplayWidth.of("e\u{301}") == 1)
    #expect(DisplayWidth.of("👨‍👩‍👧") == 2)
    #expect(DisplayWidth.of("❤️") == 2)
    #expect(DisplayWidth.of("×→▇⠿") == 4)
  }

  @Test func nearestNames() {
    let names = ["softmax", "relu", "gelu", "W_h", "W_o", "sum", "exp", "train"]
    #expect(nearest("softmx", among: names) == ["softmax"])
    #expect(nearest("Relu", among: names) == ["relu", "gelu"])
    #expect(nearest("trian", among: names) == ["train"])
    #expect(nearest("W_", among: names) == ["W_h", "W_o"])
    #expect(nearest("q", among: names).isEmpty)
    #expect(nearest("zzzzzz", among: names).isEmpty)
    #expect(nearest("sun", among: names, limit: 1) == ["sum"])
    #expect(nearest("conv", among: ["conv2d", "conv1d", "concat"]) == ["conv1d", "conv2d"])
  }
}
