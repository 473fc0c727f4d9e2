import BinaryUnderTest
import Foundation
import Testing

/// `debug`, `pause` and the frame of an error, at a terminal.
@Suite(.serialized) struct DebugTests {
  private static let script = """
    fn inner(h) {
      s = sum(h)
      return s / 2
    }
    fn f(x) {
      h = 2 * x
      t = inner(h)
      return t + nothing
    }
    """

  private func folder() throws -> String {
    let folder = try NNSH.temporaryFolder()
    try (Self.script + "\n").write(
      toFile: folder + "/demo.nns", atomically: true, encoding: .utf8)
    return folder
  }

  private func session(_ home: String) throws -> TerminalSession {
    let session = try TerminalSession(home: home)
    session.type("run \"\(home)/demo.nns\"")
    session.type("nothing = 1")
    return session
  }

  @Test func linesWaitForWords() throws {
    let session = try session(folder())
    session.type("debug f([1, 2])")
    try session.wait(for: "6 | h = 2 * x")
    session.type("")
    try session.wait(for: "h = [2, 4]")
    session.type("h + 1")
    try session.wait(for: "3  5")
    session.type("who")
    try session.wait(for: "in f,")
    session.type("step")
    try session.wait(for: "2 | s = sum(h)")
    session.type("out")
    try session.wait(for: "8 | return t + nothing")
    session.type("continue")
    try session.wait(for: "f gives 4")
    try session.wait(forLastLine: "nnsh>")
  }

  @Test func stopEndsTheCall() throws {
    let session = try session(folder())
    session.type("debug f([1, 2])")
    try session.wait(for: "6 | h = 2 * x")
    session.type("nowhere")
    try session.wait(for: "unknown name nowhere")
    session.type("stop")
    try session.wait(forLastLine: "nnsh>")
    session.type("1 + 1")
    try session.wait(until: { $0.lines.suffix(2) == ["2", "nnsh>"] })
  }

  @Test func pausesStopWhereverTheLineRuns() throws {
    let home = try folder()
    let session = try session(home)
    session.type("pause \(home)/demo.nns:2")
    session.type("a = f([3])")
    try session.wait(for: "2 | s = sum(h)")
    session.type("h")
    try session.wait(for: "  6")
    session.type("continue")
    try session.wait(forLastLine: "nnsh>")
    session.type("pause off")
    session.type("f([3])")
    try session.wait(until: { $0.lines.suffix(2) == ["4", "nnsh>"] })
  }

  @Test func theFrameOfAnErrorIsOpen() throws {
    let home = try folder()
    let path = home + "/demo.nns"
    try (Self.script + "\nx = \"outer\"\nf([5])\n").write(
      toFile: path, atomically: true, encoding: .utf8)
    let session = try TerminalSession(["-q", "-i", path], home: home)
    try session.wait(for: "f is open at")
    session.type("h")
    try session.wait(for: "  10")
    session.type("who")
    try session.wait(for: "outside: ")
    session.type("x")
    try session.wait(for: "  5")
    session.type("x = 3")
    session.type("x")
    try session.wait(until: { $0.lines.suffix(2) == ["3", "nnsh>"] })
    session.type("describe h")
    try session.wait(for: "1 tensor f32")
  }
}
