import BinaryUnderTest
import Foundation
import Testing

/// Item by item what a person does to a line.
@Suite(.serialized) struct EditingTests {
  private static let up = "\u{1B}[A"
  private static let down = "\u{1B}[B"
  private static let left = "\u{1B}[D"

  @Test(arguments: [(24, 6), (80, 24), (200, 50)])
  func wrappedAndWideTextIsEditedInPlace(_ columns: Int, _ rows: Int) throws {
    let session = try TerminalSession(columns: columns, rows: rows)
    session.send("s = \"日本語日本語日本語日本語 abcdefghij\"")
    session.send(String(repeating: Self.left, count: 12) + "é")
    try session.wait(until: {
      $0.text.replacing("\n", with: "").contains("nnsh> s = \"日本語日本語日本語日本語é abcdefghij\"")
    })
    session.type("")
    session.type("len(s)")
    try session.wait(until: { $0.lines.suffix(2) == ["24", "nnsh>"] })
  }

  @Test func aBlockTallerThanTheScreenScrolls() throws {
    let session = try TerminalSession(columns: 40, rows: 6)
    session.type("fn f(x) {")
    for number in 1...9 { session.type("x = x + \(number)") }
    session.send("x")
    try session.wait(until: { $0.lines.last == "    … x" && $0.lines.count == 6 })
    session.send(String(repeating: Self.up, count: 10))
    try session.wait(until: { $0.lines.first == "nnsh> fn f(x) {" })
    session.send(String(repeating: Self.down, count: 10))
    try session.wait(forLastLine: "    … x")
    session.type("\r}")
    session.type("f(0)")
    try session.wait(until: { $0.lines.suffix(2) == ["45", "nnsh>"] })
  }

  @Test func upAndDownKeepTheDraftAndSkipWhatDoesNotFit() throws {
    let session = try TerminalSession()
    session.type("alpha = 1")
    session.type("beta = 2")
    session.type("alpine = 3")
    session.send("al" + Self.up)
    try session.wait(forLastLine: "nnsh> alpine = 3")
    session.send(Self.up)
    try session.wait(forLastLine: "nnsh> alpha = 1")
    session.send(Self.down + Self.down)
    try session.wait(forLastLine: "nnsh> al")
  }

  @Test func controlRSearches() throws {
    let session = try TerminalSession()
    session.type("gamma = 4")
    session.type("delta = 5")
    session.send("\u{12}mma")
    try session.wait(for: "nnsh> gamma = 4")
    session.type("")
    session.type("gamma")
    try session.wait(until: { $0.lines.suffix(2) == ["4", "nnsh>"] })
  }

  @Test func aSearchIsForTextAndEndsInAnyKey() throws {
    let session = try TerminalSession()
    for statement in ["W = [1, 2]; W[0] * 3", "x = 2 * 3", "fn f(x) {\rx + 1\r}"] {
      session.type(statement)
    }
    session.send("draft")
    try session.wait(forLastLine: "nnsh> draft")
    session.send("\u{12}[0] *")
    try session.wait(until: {
      $0.lines.suffix(2) == ["nnsh> W = [1, 2]; W[0] * 3", "search: [0] *"]
    })
    session.send("\u{7}")
    try session.wait(forLastLine: "nnsh> draft")
    session.send("\u{12}3")
    try session.wait(until: { $0.lines.suffix(2) == ["nnsh> x = 2 * 3", "search: 3"] })
    session.send("\u{12}\u{13}\u{1B}[C+")
    try session.wait(forLastLine: "nnsh> x = 2 * 3+")
    session.send("\u{15}\u{12}x + ")
    try session.wait(until: {
      $0.lines.suffix(4) == ["nnsh> fn f(x) {", "    … x + 1", "    … }", "search: x +"]
    })
    session.type("")
    session.type("f(41)")
    try session.wait(until: { $0.lines.suffix(2) == ["42", "nnsh>"] })
  }

  /// As bash, Julia and IPython do it.
  @Test func controlWDeletesBackToABlank() throws {
    let session = try TerminalSession()
    session.send("x = dense(3) |> dense(10, é)")
    session.send("\u{17}")
    try session.wait(forLastLine: "nnsh> x = dense(3) |> dense(10,")
    session.send("\u{17}")
    try session.wait(forLastLine: "nnsh> x = dense(3) |>")
    session.send("\u{19}!")
    try session.wait(forLastLine: "nnsh> x = dense(3) |> dense(10, !")
  }

  @Test func undoGivesBackWhatWasDeleted() throws {
    let session = try TerminalSession()
    session.send("one two three")
    try session.wait(forLastLine: "nnsh> one two three")
    session.send("\u{17}")
    try session.wait(forLastLine: "nnsh> one two")
    session.send("\u{15}")
    try session.wait(forLastLine: "nnsh>")
    session.send("\u{1F}")
    try session.wait(forLastLine: "nnsh> one two")
    session.send("\u{1F}")
    try session.wait(forLastLine: "nnsh> one two three")
  }

  @Test func theKeysOfViAndEditrcAreHonoured() throws {
    let home = try NNSH.temporaryFolder()
    try Data("bind -v\nbind ^B ed-move-to-beg\n".utf8)
      .write(to: URL(fileURLWithPath: home + "/.editrc"))
    let session = try TerminalSession(home: home)
    session.send("hello world")
    try session.wait(forLastLine: "nnsh> hello world")
    session.send("\u{1B}")
    // Escape steps back; what follows at once would be part of a longer key.
    try session.wait("the command mode") { $0.column == 16 }
    session.send("0x")
    try session.wait(forLastLine: "nnsh> ello world")
    session.send("dw")
    try session.wait(forLastLine: "nnsh> world")
    session.send("u")
    try session.wait(forLastLine: "nnsh> ello world")
    session.send("A!\u{2}J")
    try session.wait(forLastLine: "nnsh> Jello world!")
    session.send("\u{5}\u{15}")
    session.type("1 + 1")
    try session.wait(until: { $0.lines.suffix(2) == ["2", "nnsh>"] })
    session.send(Self.up)
    try session.wait(forLastLine: "nnsh> 1 + 1")
  }

  @Test func aPasteOf64KilobytesArrivesWholeAndRunsOnlyOnEnter() throws {
    let session = try TerminalSession()
    let lines = (0..<3100).map { "v\($0) = \($0)\t# a line" }
    #expect(lines.joined(separator: "\r").utf8.count >= 1 << 16)
    session.send("\u{1B}[200~" + lines.joined(separator: "\r") + "\r\u{1B}[201~")
    try session.wait(forLastLine: "    … v3099 = 3099  # a line")
    session.send("!")
    try session.wait(forLastLine: "    … v3099 = 3099  # a line!")
    #expect(!session.screen.text.contains("error"))
    session.type("")
    session.type("v0 + v1300 + v3099")
    try session.wait(until: { $0.lines.suffix(2) == ["4399", "nnsh>"] })
  }

  @Test func aPastedTranscriptLosesItsPrompts() throws {
    let session = try TerminalSession()
    session.send("\u{1B}[200~nnsh> fn g(x) {\n    …   x + 1\n    … }\nnnsh> g(4)\n\u{1B}[201~")
    try session.wait(until: {
      $0.lines.suffix(4) == ["nnsh> fn g(x) {", "    …   x + 1", "    … }", "    … g(4)"]
    })
    session.type("")
    try session.wait(until: { $0.lines.suffix(2) == ["5", "nnsh>"] })
  }

  @Test func aResizedWindowShowsTheLineWhole() throws {
    let session = try TerminalSession(columns: 80, rows: 24)
    session.send("abcdefghijklmnopqrstuvwxyz0123456789")
    try session.wait(forLastLine: "nnsh> abcdefghijklmnopqrstuvwxyz0123456789")
    session.resize(columns: 20, rows: 10)
    try session.wait(until: {
      $0.lines.suffix(3) == ["nnsh> abcdefghijklmn", "opqrstuvwxyz01234567", "89"]
    })
    session.resize(columns: 100, rows: 30)
    session.send("X")
    try session.wait(forLastLine: "nnsh> abcdefghijklmnopqrstuvwxyz0123456789X")
  }

  /// A terminal that cuts long rows, as this one does, still has those above.
  @Test func aNarrowerWindowKeepsWhatStandsAbove() throws {
    let session = try TerminalSession(columns: 60, rows: 24)
    for number in 1...4 { session.type("\(number) * 100") }
    session.send(String(repeating: "abcdefghi ", count: 10))
    try session.wait(until: { $0.lines.last?.hasSuffix("abcdefghi") == true })
    let above = session.screen.lines.dropLast(2)
    session.resize(columns: 30, rows: 24)
    try session.wait(until: { $0.lines.count == above.count + 4 })
    #expect(session.screen.lines.prefix(above.count) == above)
    session.send("X")
    try session.wait(until: { $0.lines.last?.hasSuffix("abcdefghi X") == true })
  }

  @Test func symbolsCompleteInSteps() throws {
    let session = try TerminalSession()
    session.send("\\om\t")
    try session.wait(until: { $0.text.contains("\\omicron") && $0.lines.last == "nnsh> \\om" })
    session.send("e\t")
    try session.wait(forLastLine: "nnsh> ω")
  }
}
