import Tensors

/// What is known of an operation whatever its axes and indices are: what `explain` counts, `derive`
/// writes and `check` looks for goes by this rather than by names.
package struct OperationKind: Sendable {
  package struct Traits: OptionSet, Sendable {
    package let rawValue: Int

    package init(rawValue: Int) { self.rawValue = rawValue }

    /// Computes each element from the elements at its place.
    package static let elementwise = Traits(rawValue: 1)
    /// Its result looks at the memory of its operand.
    package static let view = Traits(rawValue: 2)
    /// Moves or converts the elements of its operand, and does nothing else.
    package static let movement = Traits(rawValue: 4)
    /// Makes one number of the many along its axes.
    package static let reduction = Traits(rawValue: 8)
    /// Squashes or rectifies each number or row, as the units of a network do.
    package static let activation = Traits(rawValue: 16)
    /// The sum or difference of its operands.
    package static let sum = Traits(rawValue: 32)
  }

  /// Where the axes of the result come from.
  package enum Axes: Sendable {
    /// From all operands, broadcast.
    case operands
    /// The left one's but for its last, and the right one's last.
    case product
    /// Those of both operands, one after the other.
    case outerProduct
    /// The operand's in another order.
    case transposition
    /// The operand's without those reduced.
    case reduction
    /// The operand's leading ones, as long as their lengths stay.
    case leading
    /// From none.
    case fresh
  }

  /// The builtin's name.
  package let name: String
  /// Builtins and operators that are the same operation, or of the same kind.
  package let aliases: [String]
  package let traits: Traits
  package let axes: Axes
  /// Operations on one number that an element takes, multiply-adds counted as one.
  package let effort: Double
  /// What else is known of it where it works element by element.
  package let elementwise: ElementwiseRecord?

  package init(
    _ name: String, aliases: [String] = [], _ traits: Traits = [], axes: Axes = .operands,
    effort: Double = 1, elementwise: ElementwiseRecord? = nil
  ) {
    self.name = name
    self.aliases = aliases
    self.traits = traits
    self.axes = axes
    self.effort = effort
    self.elementwise = elementwise
  }

  /// The kind of an elementwise operation.
  init(_ name: String, aliases: [String] = [], _ record: ElementwiseRecord) {
    var traits: Traits = [.elementwise]
    if record.isActivation { traits.insert(.activation) }
    if record.isSum { traits.insert(.sum) }
    self.init(name, aliases: aliases, traits, elementwise: record)
  }

  /// All kinds, but for those of layers.
  package static let all =
    UnaryOperation.allCases.map(\.kind) + BinaryOperation.allCases.map(\.kind) + choices
    + conversions + creations + reductions + products + decompositions + shapes + parts + rows
    + losses

  private static let byName: [String: OperationKind] = {
    var table: [String: OperationKind] = [:]
    for kind in all {
      for name in [kind.name] + kind.aliases { table[name] = kind }
    }
    return table
  }()

  /// The kind of what a builtin or an operator of this name records.
  package static func named(_ name: String) -> OperationKind? { byName[name] }
}
