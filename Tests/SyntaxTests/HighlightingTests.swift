import Syntax
import Testing

@Suite struct HighlightingTests {
  private func classes(_ text: String) -> [String] {
    let source = SourceText(text, name: "")
    return Lexer.highlight(text).map { "\($0.kind) \(source.text(in: $0.span))" }
  }

  @Test func classesOfAWholeLine() {
    #expect(
      classes("for x in r { y = 1.5 } # c") == [
        "keyword for", "identifier x", "keyword in", "identifier r", "operator {", "identifier y",
        "operator =", "number 1.5", "operator }", "comment # c",
      ])
  }

  @Test func expressionsInsideStrings() {
    #expect(
      classes("\"a {f(\"b\")[1:2]:.2f} c\" + 1") == [
        "string \"a ", "operator {", "identifier f", "operator (", "string \"b\"", "operator )",
        "operator [", "number 1", "operator :", "number 2", "operator ]", "string :.2f",
        "operator }", "string  c\"", "operator +", "number 1",
      ])
  }

  @Test func unfinishedInput() {
    #expect(classes("x = \"abc") == ["identifier x", "operator =", "string \"abc"])
    #expect(
      classes("f(\"{a") == [
        "identifier f", "operator (", "string \"", "operator {", "identifier a",
      ])
    #expect(classes("2x ? \u{0}") == ["invalid 2x", "operator ?", "invalid \u{0}"])
    #expect(classes("\"\\") == ["string \"\\"])
  }
}
