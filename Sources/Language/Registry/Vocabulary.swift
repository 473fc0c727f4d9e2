import Syntax

/// The names that a machine knows from the beginning: the builtins, and the functions of the
/// library that are written in nns itself.
package struct Vocabulary: Sendable {
  /// Every builtin, group by group.
  package let builtins: [Builtin]
  /// The source code of the functions written in nns.
  package let prelude: SourceText
  /// What help says of those functions, which have no `Builtin`.
  package let preludeDeclarations: [Declaration]
  private let byName: [String: Builtin]

  package init(builtins: [Builtin], prelude: SourceText, preludeDeclarations: [Declaration]) {
    self.builtins = builtins
    self.prelude = prelude
    self.preludeDeclarations = preludeDeclarations
    var byName: [String: Builtin] = [:]
    for builtin in builtins {
      for name in builtin.declaration.names { byName[name] = builtin }
    }
    self.byName = byName
  }

  /// The builtin of this name or alias.
  package func builtin(named name: String) -> Builtin? { byName[name] }

  /// Every name and alias of the builtins, in their order.
  package var builtinNames: [String] { builtins.flatMap(\.declaration.names) }

  /// The names of everything, the prelude's functions last.
  package var names: [String] { builtinNames + preludeDeclarations.map(\.name) }
}

extension Builtin {
  /// The builtin's name.
  package var name: String { declaration.name }
}

extension Declaration {
  /// The name and its aliases.
  fileprivate var names: [String] { [name] + aliases }
}
