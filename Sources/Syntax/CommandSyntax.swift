/// The form of one command's arguments: what the parser knows of it.
///
/// `train NET on DATA [epochs=…]` is two slots, `net` and `data` after the word `on`, and options.
public struct CommandSyntax: Sendable {
  /// A place for an argument.
  public struct Slot: Sendable {
    /// What usages and errors call it.
    public let name: String
    /// The word that must stand before it: `on`, `to`, `as`, `wrt`, `against`, `of`.
    public let keyword: String?
    /// What may stand there.
    public let kind: Kind
    /// Whether it may be left out.
    public let isOptional: Bool
    /// Whether several may follow, separated by commas or spaces.
    public let isVariadic: Bool

    /// Its parts, each as the property of its name.
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
    /// Statements between braces.
    case block
  }

  /// `name=value` after the slots.
  public struct Option: Sendable {
    /// The word before the `=`.
    public let name: String
    /// What may stand after the `=`.
    public let kind: Kind
    /// What other tools call it: written here, the error names the option.
    public let misnomers: [String]

    /// Its parts, each as the property of its name.
    public init(_ name: String, _ kind: Kind = .expression, misnomers: [String] = []) {
      self.name = name
      self.kind = kind
      self.misnomers = misnomers
    }
  }

  /// The command's name.
  public let name: String
  /// The places of its arguments, in order.
  public let slots: [Slot]
  /// What may follow as `name=value`, in any order.
  public let options: [Option]
  /// Whether it gives a value, which an assignment can take.
  public let givesValue: Bool
  /// Whether it stands outside blocks and functions only.
  public let isTopLevel: Bool

  /// Its parts, each as the property of its name.
  public init(
    name: String, slots: [Slot], options: [Option] = [], givesValue: Bool = false,
    isTopLevel: Bool = false
  ) {
    self.name = name
    self.slots = slots
    self.options = options
    self.givesValue = givesValue
    self.isTopLevel = isTopLevel
  }
}
