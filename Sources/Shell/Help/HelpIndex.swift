import Language
import Library
import Syntax

/// All that help knows, by name.
package enum HelpIndex {
  /// One thing to read about.
  package enum Entry {
    case builtin(Declaration)
    case command(Command)
    case topic(Topic)
    case listing(HelpListing)
  }

  /// What a name or alias stands for, the first meaning first: `print` is a builtin and a command.
  package static func entries(_ name: String) -> [Entry] {
    var found: [Entry] = []
    if let builtin = Builtin.named(name) {
      found.append(.builtin(builtin.declaration))
    } else if let declaration = Prelude.declarations.first(where: { $0.name == name }) {
      found.append(.builtin(declaration))
    }
    if let command = Command.named(name) { found.append(.command(command)) }
    // `keys` is a builtin and a chapter; a chapter's other words give way to names.
    if let topic = Topic.named(name), found.isEmpty || topic.name == name {
      found.append(.topic(topic))
    }
    if found.isEmpty, let listing = HelpListing(name) { found.append(.listing(listing)) }
    return found
  }

  /// The first meaning of a name.
  package static func entry(_ name: String) -> Entry? { entries(name).first }

  /// Names that have help, and the user's own functions.
  static func names(_ machine: Machine) -> [String] {
    let functions = machine.globals.userDefined.compactMap { name, value in
      if case .function = value { name } else { nil }
    }
    return allNames + functions
  }

  /// Every name that help knows.
  package static var allNames: [String] {
    declarations.map(\.name) + Topic.all.map(\.name) + HelpListing.names
  }

  /// The declarations of builtins, functions of the prelude and commands.
  package static var declarations: [Declaration] { functions + Command.all.map(\.declaration) }

  /// The declarations of builtins and functions of the prelude.
  package static var functions: [Declaration] {
    Builtin.all.map(\.declaration) + Prelude.declarations
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
          word, names: names, parameters: declaration.parameters.map(\.name),
          summary: declaration.summary,
          text: ([declaration.details] + parameters).joined(separator: " "))
      if let rank { ranked.append((rank, declaration.name, declaration.summary)) }
    }
    for topic in Topic.all {
      let names = [topic.name] + topic.aliases
      if let rank = rank(word, names: names, summary: topic.summary, text: topic.text) {
        ranked.append((rank, topic.name, topic.summary))
      }
    }
    ranked.sort { ($0.rank, $0.name) < ($1.rank, $1.name) }
    return ranked.map { ($0.name, $0.summary) }
  }

  private static func rank(
    _ word: String, names: [String], parameters: [String] = [], summary: String, text: String
  ) -> Int? {
    if names.contains(where: { $0.lowercased() == word }) { return 0 }
    if names.contains(where: { $0.lowercased().contains(word) }) || parameters.contains(word) {
      return 1
    }
    if summary.lowercased().contains(word) { return 2 }
    return text.lowercased().contains(word) ? 3 : nil
  }
}

/// A list of many things with a line each: all commands, a group of the builtins.
package enum HelpListing: Equatable {
  case commands, builtins, topics
  case group(Declaration.Group)

  /// The words that ask for one.
  package static var names: [String] {
    ["commands", "builtins", "topics"] + groups.map(word)
  }

  /// The groups that have functions, in their order.
  static var groups: [Declaration.Group] {
    Declaration.Group.allCases.filter { group in
      HelpIndex.functions.contains { $0.group == group }
    }
  }

  package init?(_ name: String) {
    switch name {
    case "commands": self = .commands
    case "builtins": self = .builtins
    case "topics": self = .topics
    default:
      guard let group = Self.groups.first(where: { Self.word(for: $0) == name }) else { return nil }
      self = .group(group)
    }
  }

  /// `linear_algebra`, `report`: a group's title as one word.
  static func word(for group: Declaration.Group) -> String {
    switch group {
    case .report: "report"
    case .make: "making"
    case .losses: "losses"
    case .data: "data_functions"
    case .text: "text_functions"
    case .records: "record_functions"
    default: group.rawValue.lowercased().replacing(" ", with: "_")
    }
  }
}
