import BinaryUnderTest
import Foundation
import Testing

/// Stopping, leaving and coming back.
@Suite(.serialized) struct InterruptTests {
  /// Each for ever, so that the stop always comes in the middle.
  @Test(arguments: [
    "", "for i in 1...1000000000 { x = i }", "y = randn(1000, 1000) @ randn(1000, 1000)",
    "y = sort(rand(3000000))", "y = randn(100000000)", "y = sum(sort(rand(60000000)))",
    "load letters", "m = rand(4000, 4000); y = m @ m @ m",
  ])
  func controlCStopsWhereverTimeIsSpent(_ statement: String) throws {
    let session = try TerminalSession()
    session.type("while true { \(statement) }")
    try session.waitUntilRunning()
    session.read(waiting: 300)
    session.send("\u{3}")
    try session.wait(for: "interrupted")
    try session.wait(forLastLine: "nnsh>")
    session.type("6 * 7")
    try session.wait(until: { $0.lines.suffix(2) == ["42", "nnsh>"] })
  }

  @Test func controlCInTheMiddleOfASearchOrABlockClearsIt() throws {
    let session = try TerminalSession()
    session.type("fn f(x) {")
    session.send("x\u{12}zz\u{3}")
    try session.wait(for: "Ctrl-D or quit leaves")
    session.type("1 + 2")
    try session.wait(until: { $0.lines.suffix(2) == ["3", "nnsh>"] })
  }

  /// In one write with what stands before and after it, all of which counts.
  @Test func controlCHasItsPlaceAmongTheKeys() throws {
    let session = try TerminalSession()
    session.send("a = 1\rb = a + 1\rhalf\u{3}c = b + 1\rhalf again\u{3}(a, c)\u{15}a + c\r")
    try session.wait(until: { $0.lines.suffix(2) == ["4", "nnsh>"] })
    #expect(
      session.screen.lines.filter { $0.hasSuffix("^C") } == ["nnsh> half^C", "nnsh> half again^C"])
  }

  @Test func controlDLeavesOnlyOnAnEmptyLine() throws {
    let session = try TerminalSession()
    session.send("12\u{4}")
    session.read(waiting: 200)
    session.send("\u{1}\u{4}")
    try session.wait(forLastLine: "nnsh> 2")
    session.send("\u{5}\u{15}\u{4}")
    #expect(try session.waitForEnd() == 0)
    #expect(session.isCooked)
  }

  @Test(arguments: [SIGTERM, SIGHUP])
  func aSignalToEndKeepsHistoryAndTerminal(_ number: Int32) throws {
    let session = try TerminalSession()
    session.type("kept = 1")
    try session.wait(forLastLine: "nnsh>")
    session.send("half")
    try session.wait(forLastLine: "nnsh> half")
    #expect(!session.isCooked)
    session.signal(number)
    #expect(try session.waitForEnd() == 128 + number)
    #expect(session.isCooked)
    #expect(String(decoding: session.received.suffix(20), as: UTF8.self).contains("\u{1B}[?2004l"))
    let history = try String(contentsOfFile: session.home + "/state/nnsh/history", encoding: .utf8)
    #expect(history == "kept = 1\n")
  }

  @Test func aKilledShellHasLostNothing() throws {
    let session = try TerminalSession()
    session.type("first = 1")
    session.type(" secret = 2")
    session.type("first = 1")
    session.type("second = 2")
    session.type("print(7); while true { }")
    try session.wait(until: { $0.lines.last == "7" })
    session.signal(SIGKILL)
    _ = try session.waitForEnd()
    let history = try String(contentsOfFile: session.home + "/state/nnsh/history", encoding: .utf8)
    #expect(history == "first = 1\nsecond = 2\nprint(7); while true { }\n")
  }

  /// The stop needs a shell that continues the job.
  @Test func aStoppedSessionComesBack() throws {
    let session = try TerminalSession(program: "/bin/bash", ["--norc", "-i"], waitingFor: "bash")
    session.type("PS1='sh> '; \(NNSH.path) -q")
    try session.wait(forLastLine: "nnsh>")
    session.send("6 *")
    try session.wait(forLastLine: "nnsh> 6 *")
    session.send("\u{1A}")
    try session.wait(until: { $0.text.contains("Stopped") && $0.lines.last == "sh>" })
    session.type("fg")
    try session.wait(forLastLine: "nnsh> 6 *")
    session.type(" 7")
    try session.wait(until: { $0.lines.suffix(2) == ["42", "nnsh>"] })
    session.send("\u{4}")
    try session.wait(forLastLine: "sh>")
    session.type("echo a$((1 + 1))b")
    try session.wait(until: { $0.lines.suffix(2) == ["a2b", "sh>"] })
  }

  /// The stop comes in the middle of a statement, where the terminal shows nothing of what is typed.
  @Test func aStoppedStatementLeavesTheTerminalAsItWas() throws {
    // This shell leaves the terminal as a stopped program left it.
    let session = try TerminalSession(
      program: "/bin/sh", ["-i"], environment: ["PS1": "sh> "], waitingFor: "sh>")
    session.type("\(NNSH.path) -q")
    try session.wait(forLastLine: "nnsh>")
    // Several times: the stop may come just after Enter, when the prompt still has the signals.
    for _ in 1...50 {
      session.type("while true { }")
      try session.waitUntilRunning()
      session.send("\u{1A}")
      try session.wait(forLastLine: "sh>")
      #expect(session.isCooked)
      session.type("fg")
      try session.waitUntilRunning()
      session.send("\u{3}")
      try session.wait(for: "interrupted")
      try session.wait(forLastLine: "nnsh>")
      session.send("\u{0C}")
      try session.wait(until: { $0.lines == ["nnsh>"] })
    }
    session.type("6 * 7")
    try session.wait(until: { $0.lines.suffix(2) == ["42", "nnsh>"] })
  }

  @Test(arguments: [SIGTERM, SIGHUP])
  func aSignalInAStatementLeavesTheTerminalAsItWas(_ number: Int32) throws {
    let session = try TerminalSession()
    session.type("print(1); while true { }")
    try session.wait(until: { $0.lines.last == "1" })
    session.signal(number)
    #expect(try session.waitForEnd() == 128 + number)
    #expect(session.isCooked)
    let history = try String(contentsOfFile: session.home + "/state/nnsh/history", encoding: .utf8)
    #expect(history == "print(1); while true { }\n")
  }

  @Test func whatIsTypedWhileAStatementRunsIsShownOnce() throws {
    let session = try TerminalSession()
    session.type("t = clock(); while clock() - t < 1 { }")
    try session.waitUntilRunning()
    session.type("6 * 7")
    session.send("9 + 1")
    try session.wait(until: { $0.lines.suffix(3) == ["nnsh> 6 * 7", "42", "nnsh> 9 + 1"] })
    #expect(session.screen.lines.filter { $0.contains("6 * 7") }.count == 1)
    #expect(session.screen.lines.filter { $0.contains("9 + 1") }.count == 1)
  }

  /// Kernels keep data below their stack, where a signal's handler must not write.
  @Test func signalsDoNotDisturbAProduct() throws {
    // On one thread, so that other programs' work beside it does not make it slow.
    let session = try TerminalSession(["-q", "--threads", "1"])
    session.type("b = rand(10000, 784); o = ones(10000, 1000); p = b' @ o")
    session.type("for i in 1...8 { assert(all(b' @ o == p)) }; print(\"the\", \"same\")")
    try session.wait("the products") { screen in
      for _ in 1...50 {
        session.signal(SIGWINCH)
        session.read(waiting: 1)
      }
      return screen.text.contains("the same") || screen.text.contains("rror")
    }
    #expect(session.screen.lines.contains("the same"))
  }
}
