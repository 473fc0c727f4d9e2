import BinaryUnderTest
import Foundation
import Testing

@testable import Shell

/// How much is shown, kept and written down.
@Suite struct OutputTests {
  @Test func rowsCountWrappedLines() {
    #expect(Pager.rows(["", "short", String(repeating: "x", count: 81)], columns: 80) == 4)
    #expect(
      Pager.rows(["\u{1B}[1m" + String(repeating: "x", count: 80) + "\u{1B}[0m"], columns: 80) == 1)
    #expect(Pager.rows([String(repeating: "日", count: 41)], columns: 80) == 2)
  }

  @Test func longValuesAreCut() {
    let text = (1...100).map { "\($0)" }.joined(separator: "\n")
    let cut = LongOutput.cut(text, rows: 10, columns: 20).split(separator: "\n")
    #expect(cut.count == 11)
    #expect(cut[9] == "10")
    #expect(
      cut[10] == "… 90 more rows: print(ans) shows all, set rows 100 shows as much from now on")
    #expect(LongOutput.cut(text, rows: 100, columns: 20) == text)
    let long = LongOutput.cut(String(repeating: "x", count: 1000), rows: 2, columns: 20)
    #expect(long.hasPrefix(String(repeating: "x", count: 39) + "…\n… 48 more rows"))
  }

  @Test func ansLetsGoOfWhatIsLarge() throws {
    let outcome = try NNSH.run(["-c", "1\nzeros(70_000_000);\nans"])
    #expect(outcome.errors.contains("ans does not keep it: 280 MB, more than 268 MB"))
    #expect(outcome.errors.contains("unknown name ans"))
    #expect(try NNSH.run(["-c", "zeros(60_000_000);\nlen(ans)"]).output == "60000000\n")
  }

  @Test func coloursAreSwitched() throws {
    let code = "[1, -2]\nset color always\n[1, -2]\nset color never\n[1, -2]"
    let plain = "2 tensor f32\n  1  -2\n"
    let output = try NNSH.run(["-c", code]).output
    #expect(output == plain + "\u{1B}[2m2 tensor f32\u{1B}[0m\n  1  -2\n" + plain)
  }

  @Test func settingsAreRead() throws {
    let code =
      "set rows 7\nset rows\nset pager off\nset pager\nset edge 1\neye(5)\nset digits 2\n[1 / 3]"
    let output = try NNSH.run(["-c", code]).output
    #expect(
      output == "7\noff\n5×5 tensor f32\n  1  …  0\n  …\n  0  …  1\n1 tensor f32\n  0.33\n")
    for wrong in ["rows 0", "rows x", "pager maybe", "digits 99", "edge 0", "threads 0"] {
      #expect(try NNSH.run(["-c", "set " + wrong]).code == 1, "\(wrong)")
    }
  }

  @Test func describeTellsAll() throws {
    let output = try NNSH.run(["-c", "describe [3, 1, nan, 2, inf, nan]"]).output
    #expect(output.contains("min 1   max 3   mean 2   std 0.816497   NaN 2   infinite 1"))
    #expect(output.contains("█"))
  }

  // MARK: transcripts

  @Test func aScriptIsTranscribedWithItsPlacesAndContinued() throws {
    let home = try NNSH.temporaryFolder()
    let path = home + "/session.nns"
    try Data("# mine".utf8).write(to: URL(fileURLWithPath: path))
    let script = "transcript on \(path)\nx = 1; y = 2;\nx + y\nrun \(home)/other.nns\n"
    try Data(script.utf8).write(to: URL(fileURLWithPath: home + "/a.nns"))
    try Data("z = 4\n".utf8).write(to: URL(fileURLWithPath: home + "/other.nns"))
    let outcome = try NNSH.run(["a.nns"], in: home)
    #expect(outcome.output == "3\n")
    #expect(outcome.errors == "\(path) is continued\n")
    let text = try String(contentsOfFile: path, encoding: .utf8)
    #expect(
      text == """
        # mine
        # a.nns:2
        x = 1;
        # a.nns:2
        y = 2;
        # a.nns:3
        x + y
        # 3
        # a.nns:4
        run \(home)/other.nns

        """)
    #expect(try NNSH.run([path]).output == "3\n")
  }

  @Test(arguments: ["/dev/null", "/dev/zero", "/dev/null/x", "PIPE"])
  func aTranscriptIsAFile(_ place: String) throws {
    let home = try NNSH.temporaryFolder()
    let path = place == "PIPE" ? home + "/pipe" : place
    if place == "PIPE" { mkfifo(path, 0o600) }
    let outcome = try NNSH.run(["-c", "transcript on \"\(path)\""])
    #expect(outcome.code == 1)
    #expect(outcome.errors.hasPrefix("error: cannot write \(path): "))
  }

  @Test func theTranscriptRunsAgain() throws {
    let home = try NNSH.temporaryFolder()
    let path = home + "/session.nns"
    let typed = """
      transcript on \(path)
      seed(4)
      x = randn(2, 2)
      x
      nowhere
      y = = 3
      fn f(a) {
        return a + 1
      }
      f(41)
      [1, 2] @ [1, 2, 3]
      print("a", end="")
      "a line"
      transcript off
      x + 1

      """
    let outcome = try NNSH.run(["-i", "-q"], input: typed, home: home)
    let text = try String(contentsOfFile: path, encoding: .utf8)
    #expect(text.contains("\n# nowhere\n# error: unknown name nowhere\n"))
    #expect(text.contains("\n# y = = 3\n# error: "))
    #expect(text.contains("\nfn f(a) {\n  return a + 1\n}\nf(41)\n# 42\n"))
    #expect(!text.contains("transcript"))
    let again = try NNSH.run([path])
    #expect(again.code == 0, "\(again.errors)")
    #expect(outcome.output.hasPrefix(again.output))
    let comments = text.split(separator: "\n").filter { $0.hasPrefix("# ") }
    for line in again.output.split(separator: "\n") where !line.hasPrefix("a\"") {
      #expect(comments.contains { $0.dropFirst(2) == line }, "\(line)")
    }
  }
  @Test func aPageHoldsStatementsResultsAndFigures() throws {
    let home = try NNSH.temporaryFolder()
    let path = home + "/lecture.html"
    let typed = """
      transcript on \(path)
      "<b>&amp;"
      plot [1, 4, 9, 16]
      show rand(12, 12) as=image
      show rand(3, 12, 12)
      W = [[1, 2], [3, 4]]; x = [[1, 1]]
      derive sum((x @ W)^2) wrt W
      table({name: ["a<b", "c"], size: [1.5, 20]})
      show dense(3, 2) |> relu
      nowhere
      transcript off
      1 + 1

      """
    _ = try NNSH.run(["-i", "-q"], input: typed, home: home)
    let text = try String(contentsOfFile: path, encoding: .utf8)
    #expect(text.hasPrefix("<!DOCTYPE html>") && text.hasSuffix("</main></body></html>\n"))
    #expect(text.contains("<pre class=\"statement\">&quot;&lt;b&gt;&amp;amp;&quot;</pre>"))
    #expect(text.components(separatedBy: "<svg").count == 2 && text.contains("<polyline"))
    #expect(text.components(separatedBy: "data:image/png;base64,").count == 5)
    #expect(text.contains("<pre class=\"error\">error: unknown name nowhere"))
    #expect(text.contains("<mfrac>") && text.contains("class=\"step\""))
    #expect(text.contains("<td style=\"text-align:left\">a&lt;b</td>"))
    #expect(text.contains("<td style=\"text-align:right\">20</td>"))
    #expect(text.contains(">dense(3, 2)</td>") && !text.contains("dense(3, 2)  "))
    #expect(!text.contains("transcript") && !text.contains("1 + 1") && !text.contains("\u{1B}"))
    #expect(text.components(separatedBy: "<section>").count == 10)
    for tag in ["section", "pre", "figure", "div", "svg", "main", "table", "tr", "td", "math"] {
      let opened = text.components(separatedBy: "<\(tag)").count
      #expect(opened == text.components(separatedBy: "</\(tag)>").count, "\(tag)")
    }
    // Nothing is fetched from elsewhere.
    let outside = text.replacingOccurrences(of: "http://www.w3.org/2000/svg", with: "")
    #expect(!outside.contains("http"))
    _ = try NNSH.run(["-c", "transcript on \(path)\n2 * 3"], home: home)
    let longer = try String(contentsOfFile: path, encoding: .utf8)
    #expect(longer.hasSuffix("</main></body></html>\n"))
    #expect(longer.components(separatedBy: "</body>").count == 2)
    #expect(longer.contains("<pre class=\"output\">6\n</pre>"))
    let other = home + "/mine.html"
    try Data("<p>mine</p>".utf8).write(to: URL(fileURLWithPath: other))
    let outcome = try NNSH.run(["-c", "transcript on \(other)"])
    #expect(outcome.code == 1 && outcome.errors.contains("no page that nnsh has written"))
    #expect(try String(contentsOfFile: other, encoding: .utf8) == "<p>mine</p>")
  }
}
