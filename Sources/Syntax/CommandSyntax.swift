/// The form of one command's arguments: what the parser knows of it.
///
/// `train NET on DATA [epochs=…]` is two slots, `net` and `data` behind the word `on`, and options.
package struct CommandSyntax: Sendable {
  /// A place for an argument.
  package struct Slot: Sendable {
    package let name: String
    /// The word that must stand before it: `on`, `to`, `as`, `wrt`, `against`, `of`.
    package let keyword: String?
    package let kind: Kind
    package let isOptional: Bool
    /// Whether several may follow, parted by commas or spaces.
    package let isVariadic: Bool

    package init(
      _ name: String, after keyword: String? = nil, _ kind: Kind, isOptional: Bool = false,
      isVariadic: Bool = false
    ) {
      self.name = name
      self.keyword = keyword
      self.kind = kind
      self.isOptional = isOptional
      self.isVariadic = isVariadic
    }
  }

  /// What may stand in a slot or behind an option's `=`.
  package enum Kind: Sendable, Equatable {
    /// Any expression.
    case expression
    /// A bare word of these, or else an expression: `batch=full`, `explain nan`.
    case expressionOrWord([String])
    /// A bare word (of these, where any are given) or a string.
    case word([String])
    /// A bare path, a string, or an expression in parentheses.
    case path
    /// All that is left of the line, as it stands.
    case text
  }

  /// `name=value` after the slots.
  package struct Option: Sendable {
    package let name: String
    package let kind: Kind
    /// What other tools call it: written here, the error names the option.
    package let misnomers: [String]

    package init(_ name: String, _ kind: Kind = .expression, misnomers: [String] = []) {
      self.name = name
      self.kind = kind
      self.misnomers = misnomers
    }
  }

  package let name: String
  package let slots: [Slot]
  package let options: [Option]

  package init(name: String, slots: [Slot], options: [Option] = []) {
    self.name = name
    self.slots = slots
    self.options = options
  }
}
