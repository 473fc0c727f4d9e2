import BinaryUnderTest
import Foundation
import Testing

/// Colours and hints while a line is typed, and their absence.
@Suite(.serialized) struct LiveHelpTests {
  private func colored(columns: Int = 80, rows: Int = 24) throws -> TerminalSession {
    try TerminalSession(columns: columns, rows: rows, environment: ["NO_COLOR": ""])
  }

  private func received(_ session: TerminalSession) -> String {
    String(decoding: session.received, as: UTF8.self)
  }

  @Test func shapesOfResultsAreShown() throws {
    let session = try colored()
    session.send("dense(784, 1000)")
    try session.wait(forLastLine: "nnsh> dense(784, 1000)  → N×1000")
    session.send(" |> relu |> dense(10)")
    try session.wait(forLastLine: "nnsh> dense(784, 1000) |> relu |> dense(10)  → N×10")
    session.type("")
    // What is left on the screen is what was typed.
    try session.wait(until: {
      $0.lines.contains("nnsh> dense(784, 1000) |> relu |> dense(10)") && $0.lines.last == "nnsh>"
    })
    session.type("x = zeros(5, 784)")
    session.send("x @ ones(784, 3)")
    try session.wait(forLastLine: "nnsh> x @ ones(784, 3)  → 5×3")
  }

  @Test func ghostTextIsAcceptedByRight() throws {
    let session = try colored()
    session.type("value = 1 + 2")
    session.send("val")
    try session.wait("the ghost") {
      $0.lines == ["nnsh> value = 1 + 2", "nnsh> value = 1 + 2"] && $0.column == 9
    }
    session.send("\u{1B}[C")
    try session.wait("the cursor at the end") { $0.column == 19 }
    session.send("0\r")
    session.type("value")
    try session.wait(until: { $0.lines.suffix(2) == ["21", "nnsh>"] })
  }

  @Test func wordsAreColoured() throws {
    let session = try colored()
    session.send("train if \"s\" 12")
    try session.wait(forLastLine: "nnsh> train if \"s\" 12")
    let bytes = received(session)
    #expect(bytes.contains("\u{1B}[1;34mtrain\u{1B}[0m"))
    #expect(bytes.contains("\u{1B}[35mif"))
    #expect(bytes.contains("\u{1B}[32m\"s\""))
    #expect(bytes.contains("\u{1B}[36m12"))
  }

  @Test func theMatchingBracketIsMarked() throws {
    let session = try colored()
    session.send("(1 + [b])")
    try session.wait(forLastLine: "nnsh> (1 + [b])")
    try session.wait("marks") { _ in received(session).contains("\u{1B}[1;4m)") }
    #expect(received(session).contains("\u{1B}[1;4m("))
  }

  @Test(arguments: [(20, 8), (31, 8), (80, 24)])
  func noSizeGarblesALine(_ columns: Int, _ rows: Int) throws {
    let session = try colored(columns: columns, rows: rows)
    let statement = "dense(784, 1000) |> dense(10)  # 日本語é"
    for character in statement { session.send(String(character)) }
    session.send("\u{1}\u{1B}[C\u{5}")
    func typed(_ screen: Screen) -> String {
      screen.text.replacing("\n", with: "").replacing(" ", with: "")
    }
    try session.wait("the statement") {
      typed($0).hasPrefix("nnsh>" + statement.replacing(" ", with: ""))
    }
    session.type("")
    try session.wait("a prompt") { $0.lines.last == "nnsh>" && $0.text.contains("parameters") }
  }

  @Test func hintsCanBeSwitchedOff() throws {
    let session = try colored()
    session.type("set hints off")
    session.type("value = 1")
    try session.wait(until: { $0.lines.count == 3 && $0.lines.last == "nnsh>" })
    let before = session.received.count
    session.send("val")
    try session.wait(forLastLine: "nnsh> val")
    session.send("\u{15}zeros(3)")
    try session.wait(forLastLine: "nnsh> zeros(3)")
    #expect(!String(decoding: session.received[before...], as: UTF8.self).contains("\u{1B}[3"))
  }

  @Test func withoutColoursNothingIsHinted() throws {
    let session = try TerminalSession()
    session.send("zeros(3, 4)")
    try session.wait(forLastLine: "nnsh> zeros(3, 4)")
    session.send("\u{5}")
    session.read(waiting: 100)
    #expect(!session.screen.text.contains("→"))
    #expect(!received(session).contains("\u{1B}[3"))
  }
}
