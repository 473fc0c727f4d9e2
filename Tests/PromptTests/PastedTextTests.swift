import Prompt
import Testing

/// What of a pasted text is kept.
@Suite struct PastedTextTests {
  @Test(arguments: [
    ("", ""), ("a\n\n", "a"), ("a\tb\u{7}", "a  bc".replacing("c", with: "")),
    ("\u{1B}[31mred\u{1B}[0m \u{1B}]0;title\u{7}x", "red x"),
    // Sessions.
    ("nnsh> a\nnnsh> b\n", "a\nb"), ("nnsh> 1 + 1\n2\nnnsh> x\n", "1 + 1\nx"),
    ("    … x + 1\n    … }", "x + 1\n}"), ("nnsh>\nnnsh> 1\n1\nnnsh>", "1"),
    ("nnsh> (\n    … 1\n    … )\n1", "(\n1\n)"),
    // The marks of further lines lost.
    ("nnsh> (\n  1\n)\n1\nnnsh> 2\n2", "(\n  1\n)\n2"),
    // The selection began after the first prompt.
    ("a = 1\nnnsh> a\n1", "a = 1\na"), ("one\ntwo\nnnsh> a\n1", "a"),
    // No session.
    ("x = 1\n# nnsh> y\n", "x = 1\n# nnsh> y"), ("nnsh>x", "nnsh>x"),
  ])
  func onlyStatementsAreKept(_ pasted: String, _ kept: String) {
    let cleaned = PastedText.cleaned(pasted) { text in
      text.filter { $0 == "(" }.count <= text.filter { $0 == ")" }.count
    }
    #expect(cleaned == kept)
  }
}
