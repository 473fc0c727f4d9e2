import BinaryUnderTest
import Foundation
import Testing

/// Homes, environments and streams that nobody would want.
@Suite(.serialized) struct HostilePlaceTests {
  @Test(arguments: [
    "bind \"", "bind '", "bind \"\\", "bind -s ^A " + String(repeating: "x", count: 3000),
    "bind \"^@\" ed-newline", "bind -s x xx", "edit off", "bind ^M ed-newline\nbind ^T ed-newline",
    "bind ^A ed-command\nbind -v\nbind -a v vi-histedit", "bind -r ^M\nbind -r ^I",
    String(repeating: "bind ^A ed-move-to-beg\n", count: 20_000), "\u{0}\u{1}\u{2}",
  ])
  func noEditrcKillsThePrompt(_ text: String) throws {
    let home = try NNSH.temporaryFolder()
    try Data(text.utf8).write(to: URL(fileURLWithPath: home + "/.editrc"))
    let session = try TerminalSession(home: home)
    session.type("6 * 7")
    try session.wait(until: { $0.lines.suffix(2) == ["42", "nnsh>"] })
    session.send("\u{1}\u{14}x\u{1B}v\u{3}")
    session.type("6 * 8")
    try session.wait(until: { $0.lines.suffix(2) == ["48", "nnsh>"] })
    session.send("\u{4}")
    #expect(try session.waitForEnd() == 0)
  }

  @Test(arguments: ["pipe", "folder", "/dev/null", "/dev/zero", "/dev/tty", "/dev/null/history"])
  func aHistoryThatIsNoFileHarmsNothing(_ place: String) throws {
    let home = try NNSH.temporaryFolder()
    var path = place
    if place == "pipe" { path = home + "/pipe"; mkfifo(path, 0o600) }
    if place == "folder" { path = home }
    let session = try TerminalSession(home: home, environment: ["NNSH_HISTORY": path])
    session.type("6 * 7")
    try session.wait(until: { $0.lines.suffix(2) == ["42", "nnsh>"] })
    session.send("\u{1B}[A")
    try session.wait(forLastLine: "nnsh> 6 * 7")
    session.send("\u{15}\u{4}")
    #expect(try session.waitForEnd() == 0)
  }

  @Test(arguments: [
    ["TERM": "no-such-terminal"], ["TERM": String(repeating: "x", count: 20_000)],
    ["TERM": "../../x"],
    ["COLUMNS": "0", "LINES": "-1"], ["LANG": "xx_YY.KOI8-R"], ["LANG": "C", "LC_ALL": ""],
    ["HOME": ""], ["HOME": "/dev/null", "XDG_STATE_HOME": "", "XDG_CONFIG_HOME": ""],
    ["EDITRC": "/dev/zero"], ["EDITRC": "/dev/tty"], ["PATH": ""], ["PAGER": "false"],
    ["LESS": "--no-such-option"], ["NNSH_HISTORY": ""], ["XDG_CONFIG_HOME": "/dev/null"],
  ])
  func noEnvironmentStopsThePrompt(_ environment: [String: String]) throws {
    let session = try TerminalSession(environment: environment)
    session.type("é = 6; é * 7")
    try session.wait(until: { $0.lines.suffix(2) == ["42", "nnsh>"] })
    session.send("\u{4}")
    #expect(try session.waitForEnd() == 0)
  }

  /// A home folder that is not there is not made.
  @Test func noHomeIsMade() throws {
    let home = try NNSH.temporaryFolder() + "/absent"
    let none = ["XDG_STATE_HOME": "", "XDG_CONFIG_HOME": "", "XDG_DATA_HOME": ""]
    let session = try TerminalSession(home: home, environment: none)
    session.type("6 * 7")
    try session.wait(until: { $0.lines.suffix(2) == ["42", "nnsh>"] })
    session.send("\u{4}")
    #expect(try session.waitForEnd() == 0)
    #expect(!FileManager.default.fileExists(atPath: home))
  }

  @Test(arguments: ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
  func closedStreamsEndQuietly(_ streams: String) throws {
    let home = try NNSH.temporaryFolder()
    let session = try TerminalSession(
      program: "/bin/sh",
      ["-c", "cd \(home); echo begun; \(NNSH.path) -q \(streams); echo done $?"],
      home: home, waitingFor: "begun")
    session.type("6 * 7")
    session.type("quit")
    try session.wait(for: "done")
    #expect(session.screen.lines.last.map { ["done 0", "done 1"].contains($0) } == true)
  }

  /// A file that a script writes must not get what it prints.
  @Test func aClosedOutputDoesNotGoIntoAFile() throws {
    let home = try NNSH.temporaryFolder()
    let script = "save [1, 2] to \(home)/x.csv\nprint(3)\nload \(home)/x.csv\n"
    try Data(script.utf8).write(to: URL(fileURLWithPath: home + "/a.nns"))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "\(NNSH.path) \(home)/a.nns >&- 2>\(home)/errors"]
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 1)
    #expect(try String(contentsOfFile: home + "/x.csv", encoding: .utf8) == "1\n2\n")
  }

  @Test func oneBadLineDoesNotDisableTheStartUpFile() throws {
    let home = try NNSH.temporaryFolder()
    let folder = home + "/config/nnsh"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let text = "a = 1\nb = = 2\nfn f(x) {\n  x + 1\n}\nnowhere\nc = (3\nd = 4\nset digits 7\n"
    try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/rc.nns"))
    let session = try TerminalSession(["-i", "-q"], rows: 40, home: home)
    #expect(session.screen.text.contains("rc.nns:2:5"))
    #expect(session.screen.text.contains("rc.nns:6:1"))
    #expect(session.screen.text.contains("rc.nns:7:"))
    session.type("a + f(1) + d")
    try session.wait(until: { $0.lines.suffix(2) == ["7", "nnsh>"] })
  }

  @Test func ctrlCStopsWhatNobodyReads() throws {
    let session = try TerminalSession()
    session.type("for i in 1...1000000000 { print(i) }")
    try session.waitUntilRunning()
    // Nobody reads: the terminal fills up.
    usleep(500_000)
    session.send("\u{3}")
    try session.wait(for: "interrupted")
    try session.wait(forLastLine: "nnsh>")
    session.type("6 * 7")
    try session.wait(until: { $0.lines.suffix(2) == ["42", "nnsh>"] })
  }

  /// A container may lack it.
  @Test func argumentsComeWithoutProc() throws {
    let probe = Process()
    probe.executableURL = URL(fileURLWithPath: "/bin/sh")
    let output = Pipe()
    probe.standardOutput = output
    probe.standardError = FileHandle.nullDevice
    probe.arguments = [
      "-c",
      "unshare -rm sh -c 'mount -t tmpfs none /proc && ! test -e /proc/self && \(NNSH.path) -c \"print(args)\" a b' || echo refused",
    ]
    try probe.run()
    let text = String(
      decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    probe.waitUntilExit()
    // Where no such place can be made, nothing can be said.
    if !text.hasSuffix("refused\n") { #expect(text == "[\"a\", \"b\"]\n") }
  }
}
