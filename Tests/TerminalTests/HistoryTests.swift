import BinaryUnderTest
import Foundation
import Testing

/// The history that all shells of a user share.
@Suite(.serialized) struct HistoryTests {
  @Test func eightShellsLoseAndTearNothing() throws {
    let home = try NNSH.temporaryFolder()
    let inputs = (0..<8).map { shell in
      (0..<1000).map { "x\(shell) = \($0)" }.joined(separator: "\n") + "\n"
    }
    DispatchQueue.concurrentPerform(iterations: 8) { shell in
      let outcome = try? NNSH.run(
        ["-q", "-i"], input: inputs[shell], environment: ["OMP_WAIT_POLICY": "passive"],
        home: home)
      #expect(outcome?.code == 0)
    }
    let history = try String(contentsOfFile: home + "/state/nnsh/history", encoding: .utf8)
    let lines = history.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    let expected = (0..<8).flatMap { shell in (0..<1000).map { "x\(shell) = \($0)" } }
    #expect(lines.count == 8000)
    #expect(Set(lines.map(String.init)) == Set(expected))
  }

  @Test func duplicatesAndSpacesAreSkippedAcrossSessions() throws {
    let first = try TerminalSession()
    first.type("a = 1")
    first.type("a = 1")
    first.type(" hidden = 2")
    first.type("quit")
    #expect(try first.waitForEnd() == 0)
    let second = try TerminalSession(home: first.home)
    second.type("quit")
    _ = try second.waitForEnd()
    let third = try TerminalSession(home: first.home)
    third.type("history")
    try third.wait(until: { $0.lines.last == "nnsh>" && $0.text.contains("nnsh> history") })
    #expect(third.screen.lines.filter { $0.hasSuffix("a = 1") }.count == 1)
    #expect(third.screen.lines.filter { $0.hasSuffix(" quit") }.count == 1)
    #expect(!third.screen.text.contains("hidden"))
    third.type("history qui")
    try third.wait(until: { $0.lines.filter { $0 == "    2  quit" }.count == 2 })
  }

  @Test func noEntryIsShownTwice() throws {
    let session = try TerminalSession()
    for statement in ["a = 1", "b = 2", "a = 1"] { session.type(statement) }
    try session.wait(until: { $0.lines.suffix(2) == ["nnsh> a = 1", "nnsh>"] })
    session.send("\u{1B}[A")
    try session.wait(forLastLine: "nnsh> a = 1")
    session.send("\u{1B}[A")
    try session.wait(forLastLine: "nnsh> b = 2")
    session.send("\u{1B}[A!")
    try session.wait(forLastLine: "nnsh> b = 2!")
    session.send("\u{15}\u{12}=")
    try session.wait(until: { $0.lines.suffix(2) == ["nnsh> a = 1", "search: ="] })
    session.send("\u{12}")
    try session.wait(until: { $0.lines.suffix(2) == ["nnsh> b = 2", "search: ="] })
    session.send("\u{12}")
    try session.wait(until: { $0.lines.suffix(2) == ["nnsh> b = 2", "search: =  (no more)"] })
    session.send("\u{7}history\r")
    try session.wait(until: {
      $0.lines.suffix(4) == ["    1  b = 2", "    2  a = 1", "    3  history", "nnsh>"]
    })
  }
}
