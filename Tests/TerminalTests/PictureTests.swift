import BinaryUnderTest
import Testing

/// What of pictures is sent to which terminal. That it is the picture, PlotTests decode.
@Suite struct PictureTests {
  private static let picture = "show rand(12, 12) as=image"
  private static let query = "\u{1B}[c"

  private func start(_ environment: [String: String]) throws -> TerminalSession {
    try TerminalSession(environment: environment.merging(["NO_COLOR": ""]) { first, _ in first })
  }

  private func text(_ session: TerminalSession) -> String {
    String(decoding: session.received, as: UTF8.self)
  }

  /// Draws a picture and waits for what comes after it.
  private func draw(_ session: TerminalSession, _ number: Int) throws {
    session.type(Self.picture)
    session.type("\(number) * 1000003")
    try session.wait(for: "\(number * 1_000_003)")
  }

  private static let starts = ["\u{1B}_G", "\u{1B}]1337;", "\u{1B}P"]

  @Test(
    arguments: [
      (["TERM": "xterm-kitty"], 0), (["KITTY_WINDOW_ID": "1"], 0), (["TERM": "xterm-ghostty"], 0),
      (["KONSOLE_VERSION": "230801"], 0), (["TERM_PROGRAM": "iTerm.app"], 1),
      (["TERM_PROGRAM": "WezTerm"], 1), (["LC_TERMINAL": "iTerm2"], 1), (["TERM": "foot"], 2),
      (["TERM": "mlterm-256color"], 2),
    ] as [([String: String], Int)]) func theEnvironmentTells(
      environment: [String: String], form: Int
    ) throws
  {
    let session = try start(environment)
    try draw(session, 7)
    let sent = text(session)
    for (index, start) in Self.starts.enumerated() {
      #expect(sent.contains(start) == (index == form), "\(start.dropFirst())")
    }
    #expect(!sent.contains(Self.query))
  }

  @Test(arguments: [
    ["TMUX": "/tmp/tmux-0/default,1,0", "TERM": "tmux-256color", "KITTY_WINDOW_ID": "1"],
    ["STY": "1.pts", "TERM": "screen-256color", "TERM_PROGRAM": "iTerm.app"],
    ["NO_COLOR": "1", "TERM": "xterm-kitty"],
  ]) func nothingIsSentThroughWhatWouldGarbleIt(environment: [String: String]) throws {
    let session = try start(environment)
    for choice in ["auto", "kitty", "iterm2", "sixel"] {
      session.type("set plot \(choice)")
      try draw(session, 5)
    }
    let sent = text(session)
    for start in Self.starts + [Self.query] { #expect(!sent.contains(start)) }
  }

  @Test func aTerminalIsAskedOnceAndKeysTypedMeanwhileAreKept() throws {
    let session = try start(["TERM": "xterm-256color"])
    session.type(Self.picture)
    try session.wait("the question") { [self] _ in text(session).contains(Self.query) }
    session.send("6 * 1000")
    session.send("\u{1B}[?62;4;22c")
    session.send("003\r")
    try session.wait(for: "6000018")
    try draw(session, 8)
    let sent = text(session)
    #expect(sent.components(separatedBy: "\u{1B}P0;1;0q").count == 3)
    #expect(sent.components(separatedBy: Self.query).count == 2)
  }

  @Test func aTerminalThatDoesNotAnswerGetsBlocks() throws {
    let session = try start(["TERM": "xterm-256color"])
    try draw(session, 7)
    try draw(session, 9)
    let sent = text(session)
    #expect(sent.contains("▀") && sent.components(separatedBy: Self.query).count == 2)
    for start in ["\u{1B}]1337;", "\u{1B}P"] { #expect(!sent.contains(start)) }
  }

  /// A terminal that does not know where the question ends writes it out: it is gone at once.
  @Test func theQuestionIsNotSeen() throws {
    let session = try TerminalSession(
      environment: ["TERM": "xterm-256color", "NO_COLOR": ""], knowsStrings: false)
    session.type("print(\"kept\", end=\"\")")
    try draw(session, 7)
    #expect(text(session).contains(Self.query))
    #expect(session.screen.text.contains("kept"))
    #expect(!session.screen.text.contains("Gi=31"))
  }

  /// Ctrl-C amid a picture that a slow terminal takes little by little: what follows is seen.
  @Test(arguments: ["kitty", "iterm2", "sixel"]) func aPictureThatIsCutIsEnded(form: String) throws
  {
    let session = try start(["TERM": "xterm-256color"])
    session.type("set plot \(form)")
    session.type("show rand(1200, 1200) as=image")
    // Some of it is taken, and then nothing for a while: the rest waits.
    try session.wait("the picture") { [self] _ in
      Self.starts.contains { text(session).contains($0) }
    }
    session.send("\u{3}")
    session.type("7 * 1000003")
    try session.wait(for: "7000021")
  }

  @Test(arguments: [("braille", "⣿"), ("ascii", "@"), ("blocks", "▀")]) func charactersAreChosen(
    style: String, character: String
  ) throws {
    let session = try start(["TERM": "xterm-kitty"])
    session.type("set plot \(style)")
    session.type("show ones(12, 12) * [[0], [1]][[0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]] as=image")
    session.type("7 * 1000003")
    try session.wait(for: "7000021")
    let sent = text(session)
    #expect(sent.contains(character))
    #expect(!sent.contains("\u{1B}_G") && !sent.contains(Self.query))
  }
}
