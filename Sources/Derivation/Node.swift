import Language
import Networks
import Operations
import Syntax
import Tensors

/// An intermediate value of a loss: what made it, from what, and its value in Float64.
package final class Node {
  enum Kind {
    /// A literal.
    case number(Double)
    /// A variable, or another expression that is taken as it stands, as nns writes it.
    case leaf(String)
    /// A builtin, an operator (`+ - * / @ ^`, `neg`, `transpose`, `index`) or a layer.
    case operation(String)
  }

  /// What an operation was given besides its operands.
  struct Options {
    /// The arguments that are no operands: `axis`, `keepdims`, …
    var arguments: [(name: String, value: Value)] = []
    /// The places between brackets, and how they are written.
    var indices: [Index] = []
    ///
    /// `$1` is the second operand, as a mask; nil is what is too long for a formula.
    var places: [String?] = []
    /// Whether nns can write it.
    var isWritable = true
    /// The layer of a network, with its operands' order.
    var layer: (any Layer)?
    /// An intermediate that the derivative is written with, without being an operand.
    weak var companion: Node?

    /// The places with `$1` for the second operand.
    var indexText: String { places.map { $0 ?? "…" }.joined(separator: ", ") }

    subscript(name: String) -> Value? { arguments.first { $0.name == name }?.value }

    /// Whole numbers given for a name, nil for `none`.
    func integers(_ name: String) -> [Int]? {
      guard let value = self[name], let numbers = try? value.asNumbers() else { return nil }
      return numbers.compactMap { Int(exactly: $0) }
    }

    /// Whether `keepdims=true` was given.
    var keepsDimensions: Bool { if case .bool(true)? = self["keepdims"] { true } else { false } }
  }

  /// A turn of a loop.
  struct Turn: Hashable {
    /// Which run of which loop, counted from 0.
    let loop: Int
    /// Counted from 1.
    var number: Int
  }

  let identifier: Int
  let kind: Kind
  package let inputs: [Node]
  let options: Options
  /// The value, recorded where it depends on the variable of the derivation.
  let variable: Variable
  package let axes: [Dimension]
  /// Whether the variable of the derivation has an influence on it.
  let isOnPath: Bool
  let span: Span
  let source: SourceText
  /// The name that the code gives it.
  var name: String?
  /// What the derivation calls it; nil where it is written out.
  var symbol: String?
  /// Whether it is a value that no code outside the loss's functions can name.
  var isCaptured = false
  /// Whether it is a variable of a function that the loss stands in.
  var isLocal = false
  /// Whether its text is a literal, which needs no symbol.
  var isLiteral = false
  /// The turn of a loop that it was computed in, of the outermost where loops stand within others.
  var turn: Turn?
  /// What it is, where no expression of the user's tells.
  var origin: String?
  /// The axis whose length this number is.
  var dimension: Dimension?
  /// A global variable that holds the same value.
  var globalName: String?
  /// The nodes on the path that use it; the graph clears them at its end.
  var consumers: [Node] = []

  init(
    _ kind: Kind, identifier: Int, inputs: [Node] = [], options: Options = Options(),
    variable: Variable, axes: [Dimension], isOnPath: Bool, span: Span, source: SourceText
  ) {
    self.kind = kind
    self.identifier = identifier
    self.inputs = inputs
    self.options = options
    self.variable = variable
    self.axes = axes
    self.isOnPath = isOnPath
    self.span = span
    self.source = source
  }

  /// The operation's name, nil for a leaf.
  package var operation: String? { if case .operation(let name) = kind { name } else { nil } }

  /// The literal number that it is.
  var number: Double? { if case .number(let number) = kind { number } else { nil } }

  /// Whether it is a variable rather than something computed.
  var isLeaf: Bool { operation == nil }

  var tensor: Tensor { variable.tensor }
  package var shape: Shape { variable.shape }
  package var rank: Int { variable.rank }

  /// The reduced axes of a reduction, counted from the first.
  var reducedAxes: [Int] {
    guard let input = inputs.first else { return [] }
    return (try? input.shape.normalized(axes: options.integers("axis"))) ?? []
  }

  /// Whether it is a matrix with its two axes exchanged.
  var isPlainTranspose: Bool {
    operation == "transpose" && rank == 2 && options.integers("axes") == nil
  }

  /// Whether it squashes or rectifies each number or row, as the units of a network do.
  var isActivation: Bool {
    operation.flatMap(OperationKind.named)?.traits.contains(.activation) ?? false
  }
}
