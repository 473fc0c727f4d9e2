import Console
import Language
import Syntax

/// Entries of help as text for the terminal.
struct HelpText {
  let width: Int
  let paint: Paint

  func lines(for entry: HelpIndex.Entry) -> [String] {
    switch entry {
    case .builtin(let declaration):
      lines(
        for: declaration, usage: declaration.signature,
        arguments: declaration.parameters.map { ($0.signature, $0.summary) })
    case .command(let command):
      lines(
        for: command.declaration, usage: command.usage,
        arguments: command.arguments.map { ($0.writtenName, $0.parameter.summary) })
    case .topic(let topic): lines(for: topic)
    case .listing(let listing): lines(for: listing)
    }
  }

  // MARK: lists

  private func lines(for listing: HelpListing) -> [String] {
    switch listing {
    case .commands:
      list("Commands", Command.all.map { ($0.declaration.name, $0.declaration.summary) })
    case .topics: list("Topics", Topic.all.map { ($0.name, $0.summary) })
    case .group(let group):
      list(
        group.rawValue,
        HelpIndex.functions.filter { $0.group == group }.map { ($0.name, $0.summary) })
    case .builtins:
      HelpListing.groups.flatMap { group in
        let names = HelpIndex.functions.filter { $0.group == group }.map(\.name)
        let heading =
          paint.bold(group.rawValue) + paint.dim("  help " + HelpListing.word(for: group))
        return [heading]
          + TextLayout.wrapped(names.joined(separator: " "), to: width - 2).map { "  " + $0 }
      }
    }
  }

  private func list(_ title: String, _ entries: [(String, String)]) -> [String] {
    [paint.bold(title)] + argumentLines(entries.map { (name: $0.0, summary: $0.1) }).dropFirst()
  }

  // MARK: entries

  private func lines(
    for declaration: Declaration, usage: String, arguments: [(name: String, summary: String)]
  ) -> [String] {
    let result = declaration.result.isEmpty ? "" : "  → " + declaration.result
    var lines: [String]
    if DisplayWidth.of(usage + result) <= width {
      lines = [paint.bold(usage) + paint.dim(result)]
    } else {
      // A command with many options runs over several lines.
      let wrapped = TextLayout.wrapped(usage, to: width - 4)
      lines = wrapped.enumerated().map { paint.bold(($0 == 0 ? "" : "    ") + $1) }
      if !result.isEmpty { lines.append(paint.dim("    " + result.drop { $0 == " " })) }
    }
    lines.append(declaration.summary)
    if !declaration.aliases.isEmpty {
      lines.append("also written " + declaration.aliases.joined(separator: ", "))
    }
    if !declaration.details.isEmpty {
      lines += [""] + TextLayout.wrapped(Self.plain(declaration.details), to: textWidth)
    }
    lines += argumentLines(arguments.filter { !$0.summary.isEmpty })
    lines += exampleLines(declaration.examples)
    return lines + seeAlso(declaration.seeAlso)
  }

  private func lines(for topic: Topic) -> [String] {
    return [paint.bold(topic.name) + "  " + topic.summary, ""]
      + TextLayout.wrapped(Self.plain(topic.text), to: textWidth) + exampleLines(topic.examples)
      + seeAlso(topic.seeAlso)
  }

  /// Names in one column, what they mean beside them, over as many lines as it takes.
  private func argumentLines(_ arguments: [(name: String, summary: String)]) -> [String] {
    guard !arguments.isEmpty else { return [] }
    let column = (arguments.map { DisplayWidth.of($0.name) }.max() ?? 0) + 4
    var lines = [""]
    for (name, summary) in arguments {
      let wrapped = TextLayout.wrapped(summary, to: max(20, width - column))
      for (index, line) in wrapped.enumerated() {
        let head = index == 0 ? "  " + name : ""
        lines.append(TextLayout.padded(head, to: column) + line)
      }
    }
    return lines
  }

  /// Markdown's quotes of code are for the manual.
  private static func plain(_ text: String) -> String { text.replacing("`", with: "") }

  private var textWidth: Int { min(width, 92) }

  private func exampleLines(_ examples: [Declaration.Example]) -> [String] {
    var lines: [String] = []
    for example in examples {
      lines.append("")
      for line in example.code.split(separator: "\n", omittingEmptySubsequences: false) {
        lines.append(paint("nnsh> ", .green) + line)
      }
      if let output = example.output {
        lines += output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      }
    }
    return lines
  }

  private func seeAlso(_ names: [String]) -> [String] {
    names.isEmpty ? [] : ["", "see also " + names.joined(separator: ", ")]
  }
}
