import Language
import Library
import Syntax

/// `docs/reference.md`: all that is declared, as Markdown.
package enum ReferenceManual {
  /// The whole manual, with a newline at its end.
  package static var text: String {
    var sections = [introduction, contents]
    sections.append("## The language")
    sections += Topic.all.map(section)
    sections.append("## Commands")
    sections += Command.all.map { command in
      section(
        command.declaration, usage: command.usage,
        arguments: command.arguments.map { ($0.writtenName, $0.parameter.summary) })
    }
    for group in groups { sections.append(chapter(group)) }
    sections.append(commandLine)
    return sections.joined(separator: "\n\n") + "\n"
  }

  private static let introduction = """
    # nnsh: reference

    Generated from the registry by `make manual`; a test keeps it current. The same texts are at \
    the prompt: `help NAME`.
    """

  private static var commandLine: String {
    [
      "## The command line", "```text\n\(CommandLineOption.helpText)```", "### Exit codes",
      table(Surroundings.exitCodes), "### Environment", table(Surroundings.environment),
      "### Files", table(Surroundings.files),
    ].joined(separator: "\n\n")
  }

  private static func table(_ entries: [Surroundings.Entry]) -> String {
    (["| | |", "|---|---|"] + entries.map { "| `\($0.name)` | \($0.text) |" })
      .joined(separator: "\n")
  }

  /// The groups that have builtins, in their order.
  private static var groups: [Declaration.Group] {
    Declaration.Group.allCases.filter { group in
      functions.contains { $0.group == group }
    }
  }

  private static var functions: [Declaration] {
    Builtin.all.map(\.declaration) + Prelude.declarations
  }

  private static var contents: String {
    var lines = ["**[The command line](#the-command-line)**"]
    lines.append("**The language**: " + links(Topic.all.map(\.name)))
    lines.append("**Commands**: " + links(Command.all.map(\.declaration.name)))
    for group in groups {
      let names = functions.filter { $0.group == group }.map(\.name)
      lines.append("**\(group.rawValue)**: " + links(names))
    }
    return lines.joined(separator: "\n\n")
  }

  private static func links(_ names: [String]) -> String {
    names.map { "`\($0)`" }.joined(separator: " ")
  }

  private static func chapter(_ group: Declaration.Group) -> String {
    let entries = functions.filter { $0.group == group }.map { declaration in
      section(
        declaration, usage: declaration.signature,
        arguments: declaration.parameters.map { ($0.signature, $0.summary) })
    }
    return (["## \(group.rawValue)"] + entries).joined(separator: "\n\n")
  }

  private static func section(_ topic: Topic) -> String {
    (["### \(topic.name): \(topic.summary)", topic.text] + topic.examples.map(block))
      .joined(separator: "\n\n")
  }

  private static func section(
    _ declaration: Declaration, usage: String, arguments: [(name: String, summary: String)]
  ) -> String {
    let result = declaration.result.isEmpty ? "" : " → \(declaration.result)"
    var parts = ["### `\(usage)`\(result)", sentence(declaration.summary)]
    if !declaration.aliases.isEmpty {
      parts.append("Also written " + links(declaration.aliases) + ".")
    }
    if !declaration.details.isEmpty {
      parts.append(declaration.details.replacing("\n", with: "\n\n"))
    }
    let described = arguments.filter { !$0.summary.isEmpty }
    if !described.isEmpty {
      parts.append(described.map { "- `\($0.name)`: \($0.summary)" }.joined(separator: "\n"))
    }
    parts += declaration.examples.map(block)
    if !declaration.seeAlso.isEmpty { parts.append("See also " + links(declaration.seeAlso) + ".") }
    return parts.joined(separator: "\n\n")
  }

  private static func sentence(_ summary: String) -> String {
    summary.prefix(1).uppercased() + summary.dropFirst() + "."
  }

  private static func block(_ example: Declaration.Example) -> String {
    let code = example.code.split(separator: "\n", omittingEmptySubsequences: false)
      .map { "nnsh> \($0)" }
    return (["```"] + code + (example.output.map { [$0] } ?? []) + ["```"]).joined(separator: "\n")
  }
}
