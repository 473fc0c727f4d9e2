import Language
import Syntax

/// All commands, gathered once, when first asked for.
extension Command {
  /// Every command, group by group.
  package static let all: [Command] = [
    data, training, past, looking, plotting, code, debugging, teaching, checking, variables,
    settings,
    help, lessons,
    session,
  ].flatMap { $0 }

  /// The command of this name or alias.
  package static func named(_ name: String) -> Command? { byName[name] }

  /// What the parser knows of the commands, by each name and alias.
  package static let syntaxByName: [String: CommandSyntax] = byName.mapValues(\.syntax)

  /// Names and aliases that two commands claim; a test holds this empty.
  package static var duplicates: [String] {
    var seen: Set<String> = []
    return all.flatMap { [$0.declaration.name] + $0.declaration.aliases }
      .filter { !seen.insert($0).inserted }
  }

  private static let byName: [String: Command] = {
    var table: [String: Command] = [:]
    for command in all {
      for name in [command.declaration.name] + command.declaration.aliases {
        table[name] = command
      }
    }
    return table
  }()
}
