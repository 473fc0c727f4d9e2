import Runtime
import Syntax

/// All that help knows, by name.
package enum HelpIndex {
  /// One thing to read about.
  package enum Entry {
    case builtin(Declaration)
    case command(Command)
    case topic(Topic)
  }

  /// The entry of a name or alias; a word that is both is the builtin's, whose help names the
  /// command.
  package static func entry(_ name: String) -> Entry? {
    if let builtin = Builtin.named(name) { return .builtin(builtin.declaration) }
    if let declaration = Prelude.declarations.first(where: { $0.name == name }) {
      return .builtin(declaration)
    }
    if let command = Command.named(name) { return .command(command) }
    return Topic.all.first { $0.name == name || $0.keywords.contains(name) }.map(Entry.topic)
  }

  /// Names that have help, and the user's own functions.
  static func names(_ machine: Machine) -> [String] {
    let functions = machine.globals.userDefined.compactMap { name, value in
      if case .function = value { name } else { nil }
    }
    return allNames + functions
  }

  /// Every name that help knows.
  package static var allNames: [String] {
    declarations.map(\.name) + Topic.all.map(\.name)
  }

  /// The declarations of builtins, functions of the prelude and commands.
  package static var declarations: [Declaration] {
    Builtin.all.map(\.declaration) + Prelude.declarations + Command.all.map(\.declaration)
  }

  /// Names and summaries of what mentions a word, the best first: in the name, in the summary, in
  /// the details.
  package static func matches(_ word: String) -> [(name: String, summary: String)] {
    let word = word.lowercased()
    var ranked: [(rank: Int, name: String, summary: String)] = []
    for declaration in declarations {
      let names = [declaration.name] + declaration.aliases
      let parameters = declaration.parameters.map { $0.name + " " + $0.summary }
      let rank =
        rank(
          word, names: names, summary: declaration.summary,
          text: ([declaration.details] + parameters).joined(separator: " "))
      if let rank { ranked.append((rank, declaration.name, declaration.summary)) }
    }
    for topic in Topic.all {
      if let rank = rank(
        word, names: [topic.name] + topic.keywords, summary: topic.summary, text: topic.text)
      {
        ranked.append((rank, topic.name, topic.summary))
      }
    }
    ranked.sort { ($0.rank, $0.name) < ($1.rank, $1.name) }
    return ranked.map { ($0.name, $0.summary) }
  }

  private static func rank(
    _ word: String, names: [String], summary: String, text: String
  ) -> Int? {
    if names.contains(where: { $0.lowercased() == word }) { return 0 }
    if names.contains(where: { $0.lowercased().contains(word) }) { return 1 }
    if summary.lowercased().contains(word) { return 2 }
    return text.lowercased().contains(word) ? 3 : nil
  }
}
