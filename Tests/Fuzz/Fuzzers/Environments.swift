import BinaryUnderTest
import Foundation

extension Fuzzer {
  /// Whatever is set, there is a prompt, and it ends when it is told to.
  static let environment = Fuzzer(
    name: "environment", summary: "environment variables of any values",
    make: { random, _ in
      let lines = (0...random.below(6)).map { _ in
        "\(random.one(of: Environments.names))=\(Environments.value(&random))"
      }
      return Array(lines.joined(separator: "\n").utf8)
    },
    take: { try Environments.run($0) }, inputsPerProcess: 500, cost: 10)
}

/// Environments as inputs: a variable a line.
enum Environments {
  static let names = [
    "TERM", "LANG", "LC_ALL", "LC_CTYPE", "HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME",
    "XDG_DATA_HOME", "EDITRC", "PAGER", "LESS", "COLUMNS", "LINES", "NO_COLOR", "COLORTERM",
    "NNSH_HISTORY", "NNSH_KERNELS", "OMP_WAIT_POLICY", "OMP_NUM_THREADS", "PATH", "TMUX",
    "XTERM_VERSION", "TMPDIR", "MALLOC_ARENA_MAX", "TERMINFO", "TZ",
  ]

  /// Files are named within the scratch folder alone: nnsh may write there.
  private static let values = [
    "", "0", "-1", "1", "99999999999999999999", "xterm", "xterm-256color", "no-such-terminal",
    "dumb", "C", "de_DE.UTF-8", "xx_YY.KOI8-R", "truecolor", ".", "no/such/folder", "/dev/null",
    "/dev/null/x", "/nowhere", "/proc/self/mem", "false", "cat", "active", "passive", "scalar",
    "avx2", "avx512", "é", "\u{1B}[31m", "*", "%s%n", "\"'`", "2,2",
  ]

  static func value(_ random: inout Randomness) -> String {
    switch random.below(10) {
    case 0:
      return String(
        repeating: random.one(of: ["x", "é", "../", " "]), count: 1 << random.below(14))
    case 1:
      let bytes = (0..<random.below(40)).map { _ in UInt8(1 + random.below(255)) }
      return String(decoding: bytes, as: UTF8.self).filter { $0 != "\n" && $0 != "/" }
    default: return random.one(of: values)
    }
  }

  /// - Throws: where there is no prompt that runs a statement and ends.
  static func run(_ input: [UInt8]) throws {
    var environment: [String: String] = [:]
    for line in input.split(separator: 10) {
      let parts = line.split(separator: 61, maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else { continue }
      environment[String(decoding: parts[0], as: UTF8.self)] = String(
        decoding: parts[1], as: UTF8.self)
    }
    let home = try NNSH.temporaryFolder()
    defer { NNSH.removeTemporaryFolder(home) }
    let session = try TerminalSession(home: home, environment: environment)
    session.type("6 * 7")
    try session.wait("the result", seconds: 5) { $0.lines.contains("42") }
    session.type("sum([1, 2] * 21)")
    try session.wait("the prompt", seconds: 5) { $0.lines.last == "nnsh>" }
    session.type("quit")
    let code = try session.waitForEnd(seconds: 5)
    try Finding.unless(code == 0, "ended with \(code)")
  }
}
