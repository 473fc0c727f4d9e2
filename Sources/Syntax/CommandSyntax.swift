/// The form of one command's arguments: what the parser knows of it.
///
/// `train NET on DATA [epochs=…]` is two slots, `net` and `data` after the word `on`, and options.
public struct CommandSyntax: Sendable {
  /// A place for an argument.
  public struct Slot: Sendable {
    public let name: String
    /// The word that must stand before it: `on`, `to`, `as`, `wrt`, `against`, `of`.
    public let keyword: String?
    public let kind: Kind
    public let isOptional: Bool
    /// Whether several may follow, parted by commas or spaces.
    public let isVariadic: Bool

    public init(
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

  /// What may stand in a slot or after an option's `=`.
  public enum Kind: Sendable, Equatable {
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
  public struct Option: Sendable {
    public let name: String
    public let kind: Kind
    /// What other tools call it: written here, the error names the option.
    public let misnomers: [String]

    public init(_ name: String, _ kind: Kind = .expression, misnomers: [String] = []) {
      self.name = name
      self.kind = kind
      self.misnomers = misnomers
    }
  }

  public let name: String
  public let slots: [Slot]
  public let options: [Option]

  public init(name: String, slots: [Slot], options: [Option] = []) {
    self.name = name
    self.slots = slots
    self.options = options
  }
}
