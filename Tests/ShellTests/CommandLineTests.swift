import Testing

@testable import Shell

@Suite struct CommandLineTests {
  @Test func readsAFileAndItsArguments() throws {
    let line = try CommandLine(parsing: ["-q", "demo.nns", "-x", "--seed", "7"])
    #expect(line.source == .file("demo.nns"))
    #expect(line.arguments == ["-x", "--seed", "7"])
    #expect(line.isQuiet)
    #expect(line.seed == nil)
  }

  @Test(arguments: ["-c", "-e", "--code"])
  func readsCode(_ option: String) throws {
    let line = try CommandLine(parsing: [option, "1+1", "a"])
    #expect(line.source == .code("1+1"))
    #expect(line.arguments == ["a"])
  }

  @Test func readsLettersTogetherAndValuesAttached() throws {
    let line = try CommandLine(parsing: ["-qXc1+1"])
    #expect(line.isQuiet && !line.runsStartupFile)
    #expect(line.source == .code("1+1"))
    #expect(try CommandLine(parsing: ["--threads=2"]).threads == 2)
    #expect(try CommandLine(parsing: ["--color", "never"]).color == .never)
  }

  @Test func aDashIsStandardInput() throws {
    #expect(try CommandLine(parsing: ["-"]).source == .file("-"))
    #expect(try CommandLine(parsing: []).source == .standard)
  }

  @Test(arguments: [
    (["--thread", "2"], "no option --thread", "did you mean --threads?"),
    (["-z"], "no option -z", "nnsh --help lists the options"),
    (["-c"], "-c needs CODE", "write -c '1 + 1'"),
    (["--color", "red"], "--color cannot be red", "it is one of auto, always, never"),
    (["--color="], "--color cannot be empty", "it is one of auto, always, never"),
    (
      ["-c", "1", "--demo", "a"], "--demo is given beside other code",
      "write one of -c CODE, --demo FILE, --check FILE, --test FILE, --serve and --lsp"
    ),
    (["--quiet=yes"], "--quiet takes no argument", "write --quiet"),
  ])
  func refusesWhatItDoesNotKnow(_ words: [String], _ message: String, _ hint: String) {
    #expect(throws: CommandLine.UsageError(message: message, hint: hint)) {
      try CommandLine(parsing: words)
    }
  }

  @Test(arguments: ["none", "0", "-1", "1025", "999999999", "1.5", "1e2", "", "2 ", "٣"])
  func threadsNameTheirRange(_ text: String) {
    let given = text.isEmpty ? "nothing" : text
    for words in [["--threads", text], ["--threads=\(text)"]] {
      #expect(
        throws: CommandLine.UsageError(
          message: "--threads takes a whole number from 1 to 1024, not \(given)",
          hint: "write --threads 2")
      ) { try CommandLine(parsing: words) }
    }
  }

  @Test(arguments: ["-1", "18446744073709551616", "0.5", "seven", ""])
  func seedsNameTheirRange(_ text: String) {
    let given = text.isEmpty ? "nothing" : text
    #expect(
      throws: CommandLine.UsageError(
        message: "--seed takes a whole number from 0 to 18446744073709551615, not \(given)",
        hint: "write --seed 7")
    ) { try CommandLine(parsing: ["--seed", text]) }
  }

  @Test func severalPiecesOfCodeRunInTheirOrder() throws {
    let line = try CommandLine(parsing: ["-c", "a = 1", "-q", "-e", "a + 1", "x"])
    #expect(line.source == .code("a = 1\na + 1"))
    #expect(line.isQuiet && line.arguments == ["x"])
  }

  /// What the hint for a missing argument tells to write is understood.
  @Test(arguments: CommandLineOption.all.filter { $0.argument != nil }.map(\.name))
  func adviceForAMissingArgumentWorks(_ name: String) {
    do throws(CommandLine.UsageError) {
      _ = try CommandLine(parsing: ["--\(name)"])
      Issue.record("--\(name) was taken without its argument")
    } catch {
      let words = error.hint.dropFirst("write ".count).split(separator: " ").map(String.init)
      #expect(throws: Never.self) { try CommandLine(parsing: words) }
    }
  }

  @Test func helpListsEveryOption() {
    for option in CommandLineOption.all where option.isListed {
      #expect(CommandLineOption.helpText.contains("--\(option.name)"))
    }
  }
}
