import BinaryUnderTest
import Foundation
import Testing

/// Help, long output, lessons and demonstrations on a terminal.
@Suite(.serialized) struct HelpScreenTests {
  @Test func theFirstScreenNeedsNoPager() throws {
    let session = try TerminalSession(environment: ["PAGER": "sed s/^/paged:/"])
    session.type("help")
    try session.wait(until: { $0.text.contains("lesson  ") && $0.lines.last == "nnsh>" })
    #expect(session.screen.text.contains("load letters"))
    #expect(!session.screen.text.contains("paged:"))
  }

  @Test func longHelpIsPaged() throws {
    let session = try TerminalSession(rows: 10, environment: ["PAGER": "sed s/^/paged:/"])
    session.type("help strings")
    try session.wait(until: {
      $0.text.contains("paged:see also") && $0.lines.last == "nnsh>"
    })
    session.type("set pager off")
    session.type("help strings")
    try session.wait(until: { $0.text.contains("\nsee also") && $0.lines.last == "nnsh>" })
  }

  @Test func aPagerThatIsMissingHidesNothing() throws {
    let session = try TerminalSession(rows: 10, environment: ["PAGER": "no-such-pager"])
    session.type("help strings")
    try session.wait(until: { $0.text.contains("see also") && $0.lines.last == "nnsh>" })
  }

  @Test func longValuesAreCut() throws {
    let session = try TerminalSession()
    session.type("set rows 5; set edge 50; eye(20)")
    try session.wait(for: "… 16 more rows: print(ans) shows all")
    session.type("print(1)")
    try session.wait(until: { $0.lines.suffix(2) == ["1", "nnsh>"] })
  }

  @Test func tensorsHaveColour() throws {
    let session = try TerminalSession(environment: ["NO_COLOR": ""])
    session.type("[1, -2]")
    try session.wait(for: "  1  -2")
    let text = String(decoding: session.received, as: UTF8.self)
    #expect(text.contains("\u{1B}[2m2 tensor f32\u{1B}[0m"))
  }

  @Test func aLessonGoesStepByStep() throws {
    let session = try TerminalSession(rows: 30)
    session.type("lesson 2")
    try session.wait(for: "Enter runs what was typed, q leaves")
    try session.wait(until: { $0.lines.last == "nnsh> seed(3)" })
    session.send("\r")
    try session.wait(until: { $0.lines.last == "nnsh> x = randn(4, 5)" })
    // A key hurries the typing, Enter runs, q leaves.
    session.send("\r")
    try session.wait(until: { $0.lines.last == "nnsh> y = one_hot([0, 1, 1, 0], 2)" })
    session.send("q")
    try session.wait(until: { $0.lines.suffix(2) == ["left the lesson", "nnsh>"] })
    session.type("x.shape")
    try session.wait(until: { $0.lines.suffix(2) == ["[4, 5]", "nnsh>"] })
  }

  @Test func statementsCanBeTypedInALesson() throws {
    let session = try TerminalSession(rows: 40)
    session.type("lesson 2")
    try session.wait(until: { $0.lines.last == "nnsh> seed(3)" })
    session.send("\r")
    try session.wait(until: { $0.lines.last == "nnsh> x = randn(4, 5)" })
    session.type("6 * 7")
    try session.wait(until: {
      $0.lines.suffix(3) == ["nnsh> 6 * 7", "42", "nnsh> x = randn(4, 5)"]
    })
    session.send("\r")
    try session.wait(until: { $0.lines.last == "nnsh> y = one_hot([0, 1, 1, 0], 2)" })
    session.send("z = 5")
    try session.wait(forLastLine: "nnsh> z = 5")
    session.send("\u{3}")
    try session.wait(until: { $0.lines.suffix(1) == ["nnsh> y = one_hot([0, 1, 1, 0], 2)"] })
    session.send("q")
    try session.wait(until: { $0.lines.suffix(2) == ["left the lesson", "nnsh>"] })
    session.send("\u{1B}[A\u{1B}[A")
    try session.wait(until: { $0.lines.last == "nnsh> lesson 2" })
  }

  /// The lesson's own variables do not replace those that were there; what is typed in it does.
  @Test func assignmentsTypedInALessonStay() throws {
    let session = try TerminalSession(rows: 40)
    session.type("x = 1; a = 2; b = 3")
    session.type("lesson 2")
    try session.wait(until: { $0.lines.last == "nnsh> seed(3)" })
    session.send("\r")
    try session.wait(until: { $0.lines.last == "nnsh> x = randn(4, 5)" })
    session.send("\r")
    try session.wait(until: { $0.lines.last == "nnsh> y = one_hot([0, 1, 1, 0], 2)" })
    session.type("a = 20")
    try session.wait(until: {
      $0.lines.suffix(2) == ["nnsh> a = 20", "nnsh> y = one_hot([0, 1, 1, 0], 2)"]
    })
    session.send("q")
    try session.wait(for: "left the lesson")
    session.type("print(x, a, b)")
    try session.wait(until: { $0.lines.suffix(2) == ["1 20 3", "nnsh>"] })
  }

  /// As in other shells, without parentheses.
  @Test(arguments: ["exit", "quit", "exit()", "exit ", "quit;"])
  func aWordLeaves(_ word: String) throws {
    let session = try TerminalSession()
    session.type(word)
    #expect(try session.waitForEnd() == 0)
  }

  /// What is printed takes no more columns than an echo.
  @Test func printsFitTheScreen() throws {
    let session = try TerminalSession(columns: 40)
    session.type("x = ones(2, 60) * 1.25; x")
    try session.wait(until: { $0.text.contains("2×60") && $0.lines.last == "nnsh>" })
    let echo = session.screen.lines.suffix(4)
    session.type("print(x)")
    try session.wait(until: { $0.lines.suffix(4) == echo && $0.text.contains("print") })
    #expect(session.screen.lines.allSatisfy { $0.count <= 40 })
  }

  @Test(arguments: ["q", "\r"])
  func whoLeavesADemonstrationOrSeesItFailKeepsTheSession(_ key: String) throws {
    let path = try NNSH.temporaryFolder() + "/demo.nns"
    try Data("# What is seen:\n# - one\n# - two\nx = 41\nnowhere\nx = 0\n".utf8)
      .write(to: URL(fileURLWithPath: path))
    let session = try TerminalSession(["-q", "--demo", path])
    try session.wait(until: { $0.lines.last == "nnsh> x = 41" })
    #expect(session.screen.text.contains("What is seen:\n- one\n- two\n"))
    session.send("\r")
    try session.wait(until: { $0.lines.last == "nnsh> nowhere" })
    session.send(key)
    try session.wait(until: {
      $0.text.contains("the demonstration ends here") && $0.lines.last == "nnsh>"
    })
    session.type("x + 1")
    try session.wait(until: { $0.lines.suffix(2) == ["42", "nnsh>"] })
    session.send("\u{4}")
    #expect(try session.waitForEnd() == 0)
    #expect(session.isCooked)
  }

  @Test func controlCLeavesALesson() throws {
    let session = try TerminalSession(rows: 30)
    session.type("lesson 2")
    try session.wait(until: { $0.lines.last == "nnsh> seed(3)" })
    session.send("\u{3}")
    try session.wait(for: "left the lesson")
    session.type("6 * 7")
    try session.wait(until: { $0.lines.suffix(2) == ["42", "nnsh>"] })
  }

  @Test func aDemonstrationTypesByItself() throws {
    let path = try NNSH.temporaryFolder() + "/demo.nns"
    try Data("# Two and two.\n2 + 2\nx = 1\n".utf8).write(to: URL(fileURLWithPath: path))
    let session = try TerminalSession(["--demo", path])
    try session.wait(until: { $0.lines.last == "nnsh> 2 + 2" })
    #expect(session.screen.text.contains("Two and two."))
    #expect(!session.screen.text.contains("\n4"))
    session.send("\r")
    try session.wait(until: { $0.lines.suffix(2) == ["4", "nnsh> x = 1"] })
    session.send("\r")
    #expect(try session.waitForEnd() == 0)
  }

  @Test func slowStatementsTellTheirTimeAndReadingDoesNot() throws {
    let session = try TerminalSession(rows: 10, environment: ["PAGER": "sleep 2.2; cat"])
    session.type("t = clock(); while clock() - t < 2.1 { }")
    try session.wait(until: {
      $0.lines.contains { $0.hasPrefix("took ") && $0.hasSuffix(" s") } && $0.lines.last == "nnsh>"
    })
    session.type("help strings")
    try session.wait(until: { $0.text.contains("see also") && $0.lines.last == "nnsh>" })
    #expect(!session.screen.text.contains("took"))
  }
}
