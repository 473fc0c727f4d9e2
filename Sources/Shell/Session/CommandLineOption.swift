import Console

/// One option of the command line: parsing, `--help` and whatever else lists options derive from
/// the table below.
///
/// The parser is our own: swift-argument-parser loads Foundation, which alone takes longer than
/// nnsh may take to start.
package struct CommandLineOption: Sendable {
  package enum Effect: Sendable {
    case code, interactive, quiet, noStartupFile, noHistory, color, threads, seed, keepGoing
    case demo, check, test, serve, languageServer, version, help, generate, licenses
  }

  package let effect: Effect
  /// `--name`.
  package let name: String
  /// Single letters: `-q`.
  package let letters: [Character]
  /// What its argument is called; nil where it takes none.
  package let argument: String?
  /// What its argument can be; empty for anything.
  package let choices: [String]
  package let summary: String
  /// Whether `--help` lists it.
  package let isListed: Bool

  private init(
    _ effect: Effect, _ name: String, letters: [Character] = [], argument: String? = nil,
    choices: [String] = [], isListed: Bool = true, _ summary: String
  ) {
    self.effect = effect
    self.name = name
    self.letters = letters
    self.argument = argument
    self.choices = choices
    self.summary = summary
    self.isListed = isListed
  }

  /// An argument that it may be given.
  var example: String {
    switch effect {
    case .code: "'1 + 1'"
    case .demo, .check, .test: "demo.nns"
    case .threads: "2"
    case .seed: "7"
    default: choices.first ?? ""
    }
  }

  /// All there are.
  package static let all: [CommandLineOption] = [
    .init(.code, "code", letters: ["c", "e"], argument: "CODE", "runs CODE"),
    .init(
      .interactive, "interactive", letters: ["i"], "stays at the prompt after the file or code"),
    .init(.quiet, "quiet", letters: ["q"], "no greeting at the prompt, no progress of training"),
    .init(.noStartupFile, "no-rc", letters: ["X"], "does not run the start-up file"),
    .init(.noHistory, "no-history", "neither reads nor writes the history"),
    .init(
      .color, "color", argument: "WHEN", choices: Terminal.ColorChoice.allCases.map(\.rawValue),
      "colours: auto, always or never"),
    .init(.threads, "threads", argument: "N", "computes on N threads"),
    .init(.seed, "seed", argument: "N", "draws other random numbers, as seed(N) does"),
    .init(.keepGoing, "keep-going", "runs the statements after one that failed, too"),
    .init(
      .demo, "demo", argument: "FILE",
      "types the script FILE at the prompt, a statement at each Enter"),
    .init(
      .check, "check", argument: "FILE…",
      "lists the mistakes in scripts that show without running them"),
    .init(
      .test, "test", argument: "FILE…",
      "runs scripts and compares what they give with their comments # → value"),
    .init(
      .serve, "serve", "for programs: requests and what they give, as lines of JSON"),
    .init(
      .languageServer, "lsp",
      "for editors: the Language Server Protocol on standard input and output"),
    .init(.version, "version", "prints the version"),
    .init(.licenses, "licenses", "prints the licences of nnsh and of what is inside it"),
    .init(.help, "help", letters: ["h"], "prints this"),
    .init(
      .generate, "generate", argument: "WHAT",
      choices: GeneratedText.allCases.map(\.rawValue), isListed: false,
      "prints what is made from the registry: the reference manual, the man page, completions"),
  ]

  /// How it is written: `-c, -e, --code CODE`.
  package var spelling: String {
    let names = letters.map { "-\($0)" } + ["--\(name)"]
    return names.joined(separator: ", ") + (argument.map { " \($0)" } ?? "")
  }

  /// The text of `--help`.
  package static var helpText: String {
    var table = Table([("", .left), ("", .left)])
    for option in all where option.isListed {
      table.append(["  " + option.spelling, option.summary])
    }
    return """
      nnsh: a shell for neural networks

      nnsh                      the prompt; without a terminal, runs standard input
      nnsh FILE.nns [ARGS…]     runs a script; `-` is standard input
      nnsh -c CODE [ARGS…]      runs CODE

      \(table.lines().joined(separator: "\n"))

      At the prompt, `help` teaches the language in a minute, and `lesson` has lessons.
      Without a prompt: nnsh -c "help train". All of it: man nnsh.

      """
  }
}
