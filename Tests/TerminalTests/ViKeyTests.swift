import BinaryUnderTest
import Foundation
import Testing

/// vi's keys, which `bind -v` in `~/.editrc` asks for.
@Suite(.serialized) struct ViKeyTests {
  private func session(columns: Int = 80, rows: Int = 24) throws -> TerminalSession {
    let home = try NNSH.temporaryFolder()
    try Data("bind -v\n".utf8).write(to: URL(fileURLWithPath: home + "/.editrc"))
    return try TerminalSession(
      columns: columns, rows: rows, home: home,
      waitingFor: ">")
  }

  /// What a line becomes, an `X` put where the cursor is in the end.
  @Test(arguments: [
    ("one two\u{1B}biX", "nnsh> one Xtwo"), ("one two\u{1B}0dwiX", "nnsh> Xtwo"),
    ("one two three\u{1B}0dw.iX", "nnsh> Xthree"), ("ab\u{1B}..aX", "nnsh> aaabXbb"),
    ("one\u{1B}fzaX", "nnsh> oneX"), ("one\u{1B}0f\u{1B}iX", "nnsh> Xone"),
    ("one\u{1B}0r\u{1B}iX", "nnsh> Xone"), ("abc\u{1B}0x2.iX", "nnsh> X"),
    ("one\u{1B}0iab\u{1B}[D\u{1B}iX", "nnsh> Xabone"), ("\u{1B}$sX", "nnsh> X"),
    ("\u{1B}$xiX", "nnsh> X"),
  ])
  func keysEdit(_ keys: String, _ line: String) throws {
    let session = try session()
    session.send(keys)
    try session.wait(forLastLine: line)
  }

  /// The keys that were typed before, Enter among them, are not typed again.
  @Test func repeatingRunsNothing() throws {
    let session = try session()
    session.type("print(\"o\" + \"ne\")")
    try session.wait(for: "\none\n")
    session.send("\u{1B}.iX")
    try session.wait(forLastLine: "nnsh> X")
    session.send("\u{3}fn f(x) {\rx\u{1B}.")
    try session.wait("the block, twice") { screen in
      screen.lines.filter { $0.contains("fn f(x) {") }.count >= 2
    }
    session.send("\u{3}")
    session.type("print(\"t\" + \"wo\")")
    try session.wait(for: "\ntwo\n")
    #expect(!session.screen.text.contains("error"))
  }

  /// A screen that shrinks and grows while what a change repeats is laid out.
  @Test func repeatingInWindowsThatChange() throws {
    let session = try session(columns: 2, rows: 60)
    for round in 0..<6 {
      session.send("x = \"" + String(repeating: "long ", count: 12) + "\"\u{1B}..")
      session.resize(columns: round % 2 == 0 ? 80 : 2, rows: round % 2 == 0 ? 3 : 60)
      session.send("\u{1B}.0.\u{3}")
    }
    session.resize(columns: 80, rows: 24)
    try session.wait("the prompt") { _ in session.isEditing }
    session.type("print(\"be\" + \"gun\")")
    try session.wait(for: "begun")
  }
}
