import Language

/// A chapter about the language itself, for what is neither a builtin nor a command.
package struct Topic: Sendable {
  package let name: String
  /// Other words that ask for it: keywords, operators.
  package let aliases: [String]
  package let summary: String
  /// Markdown that also reads well as it stands.
  package let text: String
  /// Code with what it prints; run by a test.
  package let examples: [Declaration.Example]
  package let seeAlso: [String]

  init(
    _ name: String, aliases: [String] = [], _ summary: String, _ text: String,
    examples: [Declaration.Example] = [], seeAlso: [String] = []
  ) {
    self.name = name
    self.aliases = aliases
    self.summary = summary
    self.text = text
    self.examples = examples
    self.seeAlso = seeAlso
  }

  /// All there are, in the order of the manual.
  package static let all: [Topic] = language + work

  /// The topic of a name or alias.
  package static func named(_ name: String) -> Topic? {
    all.first { $0.name == name } ?? all.first { $0.aliases.contains(name) }
  }
}
