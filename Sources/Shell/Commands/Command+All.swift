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
  package static func named(_ name: String) -> Command? { placeOfName[name].map { all[$0] } }

  /// What the parser knows of the commands, by each name and alias.
  package static let syntaxByName: [String: CommandSyntax] = placeOfName.mapValues {
    all[$0].syntax
  }

  /// Names and aliases that two commands claim; a test holds this empty.
  package static var duplicates: [String] {
    var seen: Set<String> = []
    return all.flatMap { [$0.declaration.name] + $0.declaration.aliases }
      .filter { !seen.insert($0).inserted }
  }

  /// Where in `all` each name is.
  private static let placeOfName: [String: Int] = {
    var places: [String: Int] = [:]
    for (place, command) in all.enumerated() {
      for name in [command.declaration.name] + command.declaration.aliases {
        places[name] = place
      }
    }
    return places
  }()
}
