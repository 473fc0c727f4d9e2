import BinaryUnderTest
import Testing

/// `live`: the curves of a training on the screen, and nothing of them anywhere else.
@Suite struct LiveCurvesTests {
  private static let setup = [
    "load moons", "seed 1", "net = dense(2, 8) |> relu |> dense(2) |> softmax",
  ]
  private static let legend = "loss   ─x─ val_loss"

  private func start(rows: Int = 24, environment: [String: String] = [:]) throws
    -> TerminalSession
  {
    let session = try TerminalSession(
      ["--no-history"], rows: rows, environment: environment)
    for line in Self.setup { session.type(line) }
    return session
  }

  private func charts(on screen: Screen) -> Int {
    screen.lines.count { $0.contains(Self.legend) }
  }

  @Test func curvesAreRedrawnInPlace() throws {
    let session = try start(rows: 40)
    session.type("live")
    session.type("train net on moons epochs=400")
    session.type("7 * 1000003")
    try session.wait(for: "7000021")
    #expect(charts(on: session.screen) == 1)
    let lines = session.screen.lines
    let bar = try #require(lines.firstIndex { $0.contains("epoch 400/400") })
    #expect(lines[..<bar].contains { $0.contains(Self.legend) })
    // It was drawn more than once, each time over the one before.
    let drawn =
      String(decoding: session.received, as: UTF8.self)
      .components(separatedBy: Self.legend).count - 1
    #expect(drawn > 1)
    // What was there before is still there.
    #expect(session.screen.text.contains("nnsh> live"))
  }

  @Test func whatIsWrittenInBetweenStays() throws {
    let session = try start(rows: 60)
    session.type("train net on moons epochs=3 live=true each { print(\"between\", epoch) }")
    session.type("7 * 1000003")
    try session.wait(for: "7000021")
    for epoch in 1...3 { #expect(session.screen.text.contains("between \(epoch)")) }
  }

  @Test(arguments: [(8, [:]), (24, ["TERM": "dumb"])] as [(Int, [String: String])])
  func aTerminalThatCannotShowThemGetsNone(rows: Int, environment: [String: String]) throws {
    let session = try start(rows: rows, environment: environment)
    session.type("live")
    session.type("train net on moons epochs=20")
    session.type("7 * 1000003")
    try session.wait(for: "7000021")
    #expect(!String(decoding: session.received, as: UTF8.self).contains(Self.legend))
  }

  @Test(arguments: ["live\n", "set live on\n"]) func aPipeGetsLines(_ command: String) throws {
    let code =
      Self.setup.joined(separator: "\n") + "\n" + command
      + "train net on moons epochs=3 every=3\ntrain net on moons epochs=2 live=true\n"
    let outcome = try NNSH.run(["-"], input: code)
    #expect(outcome.code == 0)
    #expect(!(outcome.output + outcome.errors).contains("\u{1B}"))
    #expect(!outcome.errors.contains(Self.legend))
    #expect(
      outcome.errors.contains("curves are redrawn at a terminal alone") == (command == "live\n"))
  }
}
