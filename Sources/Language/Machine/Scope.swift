/// The names of a file that `use` runs: its variables are apart from those of the file that uses it,
/// in slots of the same table of globals, under longer names that no code can write.
package struct Scope: Hashable, Sendable {
  /// The file.
  package let file: String

  package init(file: String) { self.file = file }

  private static let mark: Character = "\u{0}"

  /// The global under which a variable of this file lies.
  package func global(_ name: String) -> String { file + String(Self.mark) + name }

  /// A global's name as code writes it.
  static func written(_ global: String) -> String {
    guard let place = global.lastIndex(of: mark) else { return global }
    return String(global[global.index(after: place)...])
  }

  static func isInside(_ global: String) -> Bool { global.utf8.contains(0) }
}

extension Globals {
  /// The variables of a file with a scope of its own, in the order of their definition.
  package func variables(of scope: Scope) -> [(name: String, value: Value)] {
    let prefix = scope.global("")
    return allDefined.filter { $0.name.hasPrefix(prefix) }
      .map { (Scope.written($0.name), $0.value) }
  }
}
