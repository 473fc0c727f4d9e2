import Tensors

/// How a derivative passes through an operation, in symbols: the textbook's side of the pullback
/// of the same name in Networks/Differentiation.
///
/// A rule is given the derivative with respect to the result and gives that with respect to one of
/// the operands, broadcasting not yet undone. The rules stand in one file a family; `table` holds
/// them by the builtin's or the operator's name.
struct DerivationRule: Sendable {
  /// What a rule is applied to.
  struct Application {
    let node: Node
    /// ∂L/∂node.
    let derivative: Formula
    /// Which operand.
    let position: Int

    var input: Node { node.inputs[position] }
    /// An operand as a formula.
    func operand(_ index: Int) -> Formula { .node(node.inputs[index]) }
    var result: Formula { .node(node) }
    /// The other one of two operands.
    var other: Node { node.inputs[1 - position] }
  }

  /// The operand's derivative, and the rule's label in the derivation; nil where it is not shown.
  struct Result {
    let formula: Formula
    let label: String?

    init(_ formula: Formula, _ label: String? = nil) {
      self.formula = formula
      self.label = label
    }
  }

  /// Whether it changes so little that it shares its line with the next rule.
  let isPassing: Bool
  /// How many operands it counts on.
  let operands: Int
  let apply: @Sendable (Application) throws -> Result

  init(
    isPassing: Bool = false, operands: Int = 1,
    _ apply: @escaping @Sendable (Application) throws -> Result
  ) {
    self.isPassing = isPassing
    self.operands = operands
    self.apply = apply
  }

  /// Every rule by the name of its operation.
  static let table: [String: DerivationRule] = {
    var table: [String: DerivationRule] = [:]
    for family in [
      elementwise, choices, reductions, products, decompositions, shapes, parts,
      orders, losses, layers,
    ] {
      table.merge(family) { first, _ in first }
    }
    return table
  }()
}
