import BinaryUnderTest
import Foundation
import Testing

/// The keys of all terminals, and what else terminals send.
@Suite(.serialized) struct KeyTests {
  /// What means nothing at the prompt: keys without a meaning, reports, replies.
  static let meaningless = [
    "\u{1B}[15~", "\u{1B}[24;5~", "\u{1B}OP", "\u{1B}[1;2P", "\u{1B}[[A", "\u{1B}[Z", "\u{1B}[2~",
    // The mouse, in three notations, and the focus.
    "\u{1B}[<0;31;12M", "\u{1B}[<0;31;12m", "\u{1B}[M !!", "\u{1B}[32;10;10M", "\u{1B}[I",
    "\u{1B}[O",
    // Replies: place, attributes, colours, settings, and what else they are wrapped in.
    "\u{1B}[24;80R", "\u{1B}[?62;22c", "\u{1B}[>41;354;0c", "\u{1B}[0n", "\u{1B}[8;24;80t",
    "\u{1B}]11;rgb:1e1e/1e1e/1e1e\u{1B}\\", "\u{1B}]52;c;YWJj\u{7}", "\u{1B}P1$r0m\u{1B}\\",
    "\u{1B}P>|kitty(0.26)\u{1B}\\", "\u{1B}_Gi=1;OK\u{1B}\\", "\u{1B}[?2026;2$y", "\u{1B}[?0u",
    // kitty: a key let go, keys without a character, keys with the system's modifier.
    "\u{1B}[97;1:3u", "\u{1B}[57358u", "\u{1B}[57441;2u", "\u{1B}[97;9u", "\u{1B}[1;9D",
    "\u{1B}[201~", "\u{1B}x", "\u{1B}5", "\u{1B}\u{1B}[99~", "\u{1B}[1;5;6;7Q",
    "\u{1B}[" + String(repeating: "1;", count: 200) + "H",
  ]

  @Test func whatMeansNothingTypesNothing() throws {
    let session = try TerminalSession(columns: 100)
    for (index, sequence) in Self.meaningless.enumerated() {
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
