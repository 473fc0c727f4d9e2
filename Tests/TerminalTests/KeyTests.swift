import BinaryUnderTest
import Foundation
import Testing

/// The keys of all terminals, and what else terminals send.
@Suite(.serialized) struct KeyTests {
  @Test func whatMeansNothingTypesNothing() throws {
    let session = try TerminalSession(columns: 100)
    for (index, sequence) in Keystrokes.meaningless.enumerated() {
      session.send("a\(index)" + sequence + "b")
      try session.wait("a line without \(sequence.debugDescription)") {
        $0.lines.last == "nnsh> a\(index)b"
      }
      session.send("\u{15}")
    }
  }

  /// From `one two three`, the cursor before `two`, and then an `X`.
  @Test(arguments: [
    // Words.
    ("\u{1B}[1;5C", "one twoX three"), ("\u{1B}[1;3C", "one twoX three"),
    ("\u{1B}Oc", "one twoX three"), ("\u{1B}[1;5D", "Xone two three"),
    ("\u{1B}\u{1B}[D", "Xone two three"), ("\u{1B}f", "one twoX three"),
    ("\u{1B}b", "Xone two three"), ("\u{1B}[1;4D", "Xone two three"),
    // Characters.
    ("\u{1B}[1;2C", "one tXwo three"), ("\u{1B}[c", "one tXwo three"),
    ("\u{1B}OD", "oneX two three"), ("\u{1B}[57417u", "oneX two three"),
    // Ends of the line.
    ("\u{1B}[7~", "Xone two three"), ("\u{1B}[8~", "one two threeX"),
    ("\u{1B}OH", "Xone two three"), ("\u{1B}OF", "one two threeX"),
    ("\u{1B}[1;5F", "one two threeX"), ("\u{1B}[97;5u", "Xone two three"),
    ("\u{1B}[27;5;101~", "one two threeX"),
    // Deleting.
    ("\u{1B}[3~", "one Xwo three"), ("\u{1B}[3;5~", "one X three"),
    ("\u{1B}[3^", "one X three"), ("\u{1B}d", "one X three"), ("\u{1B}\u{7F}", "Xtwo three"),
    ("\u{1B}[127;5u", "Xtwo three"), ("\u{1B}[127u", "oneXtwo three"), ("\u{15}", "Xtwo three"),
    ("\u{0B}", "one X"), ("\u{1B}[117;5u", "Xtwo three"),
    // Characters in other notations.
    ("\u{1B}[97u", "one aXtwo three"), ("\u{1B}[97:65;2u", "one AXtwo three"),
    ("\u{1B}[233u", "one éXtwo three"), ("\u{1B}[97;2;65u", "one AXtwo three"),
    ("\u{1B}Oj\u{1B}Op", "one *0Xtwo three"), ("\u{1B}[57400u", "one 1Xtwo three"),
  ])
  func keysDoWhatTheyDoElsewhere(_ key: String, _ line: String) throws {
    let session = try TerminalSession()
    session.send("one two three\u{1B}b\u{1B}b")
    session.send(key + "X")
    try session.wait(forLastLine: "nnsh> " + line)
    // The same with its bytes coming one by one.
    session.send("\u{5}\u{15}one two three\u{1B}b\u{1B}b")
    for byte in key.unicodeScalars {
      session.send(String(Character(byte)))
      session.read(waiting: 60)
    }
    session.send("X")
    try session.wait(forLastLine: "nnsh> " + line)
  }

  @Test func escapeAloneIsForgotten() throws {
    let session = try TerminalSession()
    session.send("ab\u{1B}")
    session.read(waiting: 900)
    session.send("[1]")
    try session.wait(forLastLine: "nnsh> ab[1]")
  }

  @Test func pagesGoThroughTheWholeHistory() throws {
    let session = try TerminalSession()
    for statement in ["a = 1", "b = 2", "c = 3"] { session.type(statement) }
    session.send("draft\u{1B}[5~")
    try session.wait(forLastLine: "nnsh> c = 3")
    session.send("\u{1B}[5~")
    try session.wait(forLastLine: "nnsh> b = 2")
    session.send("\u{1B}[6~\u{1B}[6~")
    try session.wait(forLastLine: "nnsh> draft")
  }

  @Test func controlUAndKKeepToTheirLine() throws {
    let session = try TerminalSession()
    session.type("fn f(x) {")
    session.send("first + 1\rsecond + 2\u{1B}[A\u{1B}b\u{15}")
    try session.wait(until: {
      $0.lines.suffix(3) == ["nnsh> fn f(x) {", "    … 1", "    … second + 2"]
    })
    session.send("x\u{0B}")
    try session.wait(until: { $0.lines.suffix(2) == ["    … x", "    … second + 2"] })
    session.send("\u{0B}")
    try session.wait(forLastLine: "    … xsecond + 2")
  }

  @Test func undoGoesBackStepByStepAndForthAgain() throws {
    let session = try TerminalSession()
    let words = (1...30).map { "w\($0)" }
    session.send(words.joined(separator: " "))
    try session.wait(until: { $0.text.hasSuffix("w30") })
    session.send(String(repeating: "\u{1F}", count: 58))
    try session.wait(forLastLine: "nnsh> w1")
    session.send("\u{1F}")
    try session.wait(forLastLine: "nnsh>")
    session.send(String(repeating: "\u{1B}/", count: 100))
    try session.wait(until: { $0.text.hasSuffix("w30") })
  }

  /// One that is pressed while a statement runs is no second half of the Enter before it.
  @Test(arguments: 1...3) func enterWhileAStatementRunsCounts(_ presses: Int) throws {
    let session = try TerminalSession()
    session.type("fn f() { t = clock(); while clock() - t < 0.3 { }; return 7 }")
    session.type("f()")
    try session.wait(for: "nnsh> f()\n")
    for _ in 0..<presses { session.send("\r") }
    session.type("1 + 1")
    let empty = Array(repeating: "nnsh>", count: presses)
    try session.wait("\(presses) empty lines") { screen in
      screen.lines.suffix(presses + 4) == ["7"] + empty + ["nnsh> 1 + 1", "2", "nnsh>"]
    }
  }

  @Test func lineBreaksOfTwoBytesAreOne() throws {
    let session = try TerminalSession()
    session.send("fn f(x) {\r\nx + 1\r\n}\r\nf(1)\r\n")
    try session.wait(until: { $0.lines.suffix(2) == ["2", "nnsh>"] })
    #expect(
      session.screen.lines == [
        "nnsh> fn f(x) {", "    … x + 1", "    … }", "nnsh> f(1)", "2", "nnsh>",
      ])
  }

  @Test func aCopiedSessionLosesItsOutputs() throws {
    let session = try TerminalSession()
    let copied = """
      nnsh> a = [1, 2]
      nnsh> a * 2
      2 tensor f32
        2  4
      nnsh> fn g(x) {
          …   x + 1
          … }
      nnsh> nowhere
      error: unknown name nowhere
        <prompt>:1:1
      nnsh> g(41)
      42
      nnsh> 
      """
    session.send("\u{1B}[200~" + copied.replacing("\n", with: "\r\n") + "\u{1B}[201~")
    try session.wait(until: {
      $0.lines == [
        "nnsh> a = [1, 2]", "    … a * 2", "    … fn g(x) {", "    …   x + 1", "    … }",
        "    … nowhere", "    … g(41)",
      ]
    })
  }

  @Test(arguments: [["-q"], ["-q", "-i"]])
  func whatPrintingLeavesOpenStays(_ arguments: [String]) throws {
    let session = try TerminalSession(arguments)
    session.type("print(\"abc\", end=\"\")")
    try session.wait(until: { $0.lines.suffix(2) == ["abc⏎", "nnsh>"] })
    session.type("print(\"abc\", end=\"\"); nowhere")
    try session.wait(until: { $0.lines.contains("abc") && $0.lines.last == "nnsh>" })
    session.type("1")
    try session.wait(until: { $0.lines.suffix(3) == ["nnsh> 1", "1", "nnsh>"] })
  }
}
