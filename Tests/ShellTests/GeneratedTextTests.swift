import BinaryUnderTest
import Foundation
import Testing

@testable import Shell

/// The man page and the completions for other shells.
@Suite struct GeneratedTextTests {
  private static func text(_ what: GeneratedText) throws -> String {
    let outcome = try NNSH.run(["--generate", what.rawValue])
    #expect(outcome.code == 0 && outcome.errors.isEmpty)
    return outcome.output
  }

  @Test func allAreGenerated() throws {
    for what in GeneratedText.allCases { #expect(try Self.text(what) == what.text) }
    #expect(try NNSH.run(["--generate", "nothing"]).code == 2)
  }

  @Test func optionsAreEverywhere() throws {
    for option in CommandLineOption.all where option.isListed {
      let name = "--\(option.name)"
      #expect(CommandLineOption.helpText.contains(name))
      #expect(ShellCompletion.bash.contains(name))
      #expect(ShellCompletion.zsh.contains(name))
      #expect(ShellCompletion.fish.contains("-l \(option.name) "))
      #expect(ManPage.text.contains(name.replacingOccurrences(of: "-", with: "\\-")))
    }
    #expect(!CommandLineOption.helpText.contains("--generate"))
  }

  @Test func theManPageIsRoff() {
    let requests = [
      ".TH", ".SH", ".SS", ".TP", ".PP", ".B", ".BR", ".br", ".nf", ".fi", ".RS", ".RE",
    ]
    for line in ManPage.text.split(separator: "\n") where line.hasPrefix(".") {
      #expect(requests.contains(String(line.split(separator: " ")[0])), "\(line)")
    }
    #expect(!ManPage.text.split(separator: "\n").contains { $0.hasPrefix("'") })
    for command in Command.all { #expect(ManPage.text.contains("\\fB\(command.declaration.name)")) }
    for section in ["NAME", "SYNOPSIS", "OPTIONS", "COMMANDS", "FILES", "EXIT STATUS", "SEE ALSO"] {
      #expect(ManPage.text.contains(".SH \"\(section)\""))
    }
  }

  /// What bash would offer after these words.
  private static func completions(_ words: [String], in folder: String) throws -> [String] {
    let script = """
      source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _nnsh
      printf '%s\\n' "${COMPREPLY[@]}"
      """
    let file = folder + "/completion"
    try Data(ShellCompletion.bash.utf8).write(to: URL(fileURLWithPath: file))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-c", script, "bash", file] + words
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init).sorted()
  }

  @Test func bashCompletes() throws {
    let folder = try NNSH.temporaryFolder()
    for name in ["a script.nns", "notes.txt"] {
      try Data().write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
    }
    #expect(try Self.completions(["nnsh", "--co"], in: folder) == ["--code", "--color"])
    #expect(try Self.completions(["nnsh", "--color", "a"], in: folder) == ["always", "auto"])
    #expect(try Self.completions(["nnsh", "a"], in: folder) == ["a script.nns"])
    #expect(try Self.completions(["nnsh", "--demo", ""], in: folder) == ["a script.nns"])
    #expect(try Self.completions(["nnsh", "-c", "tra"], in: folder) == ["train", "transcript"])
    #expect(try Self.completions(["nnsh", "x.nns", "no"], in: folder) == ["notes.txt"])
  }
}
