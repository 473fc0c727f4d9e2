import Language

/// nnsh(1), in the man macros of roff.
enum ManPage {
  static var text: String {
    var lines = [".TH NNSH 1 \"\(Version.date)\" \"nnsh \(Version.text)\" \"User Commands\""]
    lines += section("NAME", ["nnsh \\- a shell for neural networks"])
    lines += synopsis + description + options
    lines += listing("COMMANDS", Command.all.map { ($0.usage, sentence($0.declaration.summary)) })
    lines += functions + topics + surroundings + examples
    lines += section(
      "SEE ALSO",
      [".BR less (1),", ".BR gnuplot (1),", ".BR editrc (5)", ".PP"]
        + paragraph("docs/reference.md in the source holds all of help."))
    return lines.joined(separator: "\n") + "\n"
  }

  // MARK: parts

  private static var synopsis: [String] {
    section(
      "SYNOPSIS",
      [
        ".B nnsh", "[\\fIoption\\fR ...]", ".br", ".B nnsh",
        "[\\fIoption\\fR ...] \\fIFILE.nns\\fR",
        "[\\fIargument\\fR ...]", ".br", ".B nnsh", "[\\fIoption\\fR ...]",
        "\\fB\\-c\\fR \\fICODE\\fR",
        "[\\fIargument\\fR ...]",
      ])
  }

  private static var description: [String] {
    section(
      "DESCRIPTION",
      paragraph(
        """
        nnsh builds, trains and looks into neural networks, at a prompt or by scripts. Without a \
        file it prompts; where standard input is no terminal it runs what it reads there. \
        A script stops at its first error. Results go to standard output, diagnostics and \
        progress to standard error.
        """) + [".PP"]
        + paragraph("At the prompt, help teaches the language in a minute and lesson has lessons."))
  }

  private static var options: [String] {
    let listed = CommandLineOption.all.filter(\.isListed)
    return section(
      "OPTIONS",
      listed.flatMap { option -> [String] in
        let names = option.letters.map { "-\($0)" } + ["--\(option.name)"]
        let bold = names.map { "\\fB\(escaped($0))\\fR" }.joined(separator: ", ")
        let argument = option.argument.map { " \\fI\(escaped($0))\\fR" } ?? ""
        return [".TP", bold + argument] + paragraph(sentence(option.summary))
      })
  }

  private static var functions: [String] {
    section(
      "FUNCTIONS",
      HelpListing.groups.flatMap { group -> [String] in
        [".SS \"\(escaped(group.rawValue))\""]
          + HelpIndex.functions.filter { $0.group == group }.flatMap {
            entry($0.signature, sentence($0.summary))
          }
      })
  }

  private static var topics: [String] {
    section(
      "THE LANGUAGE",
      Topic.all.flatMap { topic in
        [".SS \"\(escaped(topic.name)): \(escaped(topic.summary))\""]
          + paragraph(topic.text)
          + topic.examples.flatMap { example in
            [".PP", ".nf", ".RS 4"] + session(example) + [".RE", ".fi"]
          }
      })
  }

  private static var surroundings: [String] {
    listing("ENVIRONMENT", Surroundings.environment) + listing("FILES", Surroundings.files)
      + listing("EXIT STATUS", Surroundings.exitCodes)
  }

  private static var examples: [String] {
    let lines = [
      "nnsh -c 'load letters; describe letters'", "nnsh examples/report.nns fashion 200",
      "nnsh --demo examples/first_network.nns",
    ]
    return section(
      "EXAMPLES", [".nf", ".RS 4"] + lines.map(escapedLine) + [".RE", ".fi"])
  }

  // MARK: roff

  private static func section(_ title: String, _ body: [String]) -> [String] {
    [".SH \"\(title)\""] + body
  }

  private static func listing(_ title: String, _ entries: [Surroundings.Entry]) -> [String] {
    section(title, entries.flatMap { entry($0.0, $0.1) })
  }

  private static func entry(_ name: String, _ text: String) -> [String] {
    [".TP", "\\fB\(escaped(name))\\fR"] + paragraph(text)
  }

  private static func session(_ example: Declaration.Example) -> [String] {
    let code = example.code.split(separator: "\n", omittingEmptySubsequences: false)
      .map { "nnsh> \($0)" }
    let output = example.output?.split(separator: "\n", omittingEmptySubsequences: false) ?? []
    return (code + output.map(String.init)).map(escapedLine)
  }

  private static func paragraph(_ text: String) -> [String] {
    text.replacing("`", with: "").split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.isEmpty ? ".PP" : escapedLine(String($0)) }
  }

  /// A line of text: a dot or an apostrophe at its beginning would be a request.
  private static func escapedLine(_ line: String) -> String {
    let text = escaped(line)
    return text.hasPrefix(".") || text.hasPrefix("'") ? "\\&" + text : text
  }

  /// Hyphens and quotes that stay what they are, as code needs them.
  private static func escaped(_ text: String) -> String {
    text.map { character in
      switch character {
      case "\\": "\\e"
      case "-": "\\-"
      case "'": "\\(aq"
      case "\"": "\\(dq"
      case "^": "\\(ha"
      case "~": "\\(ti"
      default: String(character)
      }
    }.joined()
  }

  private static func sentence(_ summary: String) -> String { summary + "." }
}
