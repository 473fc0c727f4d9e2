import Syntax

/// The names that a machine knows from the beginning: the builtins, and the functions of the
/// library that are written in nns itself.
package struct Vocabulary: Sendable {
  /// Every builtin, group by group.
  package let builtins: [Builtin]
  /// Names of numbers.
  package let constants: [Constant]
  /// The source code of the functions written in nns.
  package let prelude: SourceText
  /// What help says of those functions, which have no `Builtin`.
  package let preludeDeclarations: [Declaration]
  /// Where in `builtins` each name is.
  private let placeOfName: [String: Int]

  package init(
    builtins: [Builtin], constants: [Constant] = [], prelude: SourceText,
    preludeDeclarations: [Declaration]
  ) {
    self.builtins = builtins
    self.constants = constants
    self.prelude = prelude
    self.preludeDeclarations = preludeDeclarations
    var places: [String: Int] = [:]
    places.reserveCapacity(2 * builtins.count)
    for (place, builtin) in builtins.enumerated() {
      for name in builtin.declaration.names { places[name] = place }
    }
    placeOfName = places
  }

  /// The builtin of this name or alias.
  package func builtin(named name: String) -> Builtin? {
    placeOfName[name].map { builtins[$0] }
  }

  /// Every name and alias of the builtins, in their order.
  package var builtinNames: [String] { builtins.flatMap(\.declaration.names) }

  /// The names of everything, the prelude's functions last.
  package var names: [String] {
    builtinNames + constants.map(\.name) + preludeDeclarations.map(\.name)
  }
}

/// A name that stands for a number from the beginning; a variable may hide it.
package struct Constant: Sendable {
  package let name: String
  package let summary: String
  package let value: @Sendable () -> Double

  package init(_ name: String, _ summary: String, _ value: @escaping @Sendable () -> Double) {
    self.name = name
    self.summary = summary
    self.value = value
  }
}

extension Builtin {
  /// The builtin's name.
  package var name: String { declaration.name }
}

extension Declaration {
  /// The name and its aliases.
  fileprivate var names: [String] { [name] + aliases }
}
