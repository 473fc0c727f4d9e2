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
    (["-c"], "-c needs CODE", "write -c CODE"),
    (["--color", "red"], "--color cannot be red", "it is one of auto, always, never"),
    (["--threads", "none"], "--threads needs a whole number, not none", "write --threads 2"),
    (["--threads", "0"], "--threads needs a whole number, not 0", "write --threads 2"),
    (["--seed", "-1"], "--seed needs a whole number, not -1", "write --seed 7"),
    (["--quiet=yes"], "--quiet takes no argument", "write --quiet"),
  ])
  func refusesWhatItDoesNotKnow(_ words: [String], _ message: String, _ hint: String) {
    #expect(throws: CommandLine.UsageError(message: message, hint: hint)) {
      try CommandLine(parsing: words)
    }
  }

  @Test func helpListsEveryOption() {
    for option in CommandLineOption.all where option.isListed {
      #expect(CommandLineOption.helpText.contains("--\(option.name)"))
    }
  }
}
