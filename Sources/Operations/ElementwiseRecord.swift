import Tensors

/// What is known of an elementwise operation besides its formula, which elementwise.def declares:
/// the derivatives, how a derivation and a formula write them, and what it is used for.
package struct ElementwiseRecord: Sendable {
  /// How a derivation names the step back to one operand.
  package struct Rule: Sendable, ExpressibleByStringLiteral {
    /// Its name; nil where the derivation does not name the step.
    package let name: String?
    /// Its name where the other operand depends on the variable as well.
    package let jointName: String?

    init(_ name: String?, joint: String? = nil) {
      self.name = name
      jointName = joint ?? name
    }

    package init(stringLiteral name: String) { self.init(name) }
  }

  /// How a formula writes the function, where that is not its name: `$0` is an operand, `&0` one in
  /// parentheses unless it holds together by itself.
  package struct Symbol: Sendable {
    package let unicode: String
    package let latex: String
    /// As nns code, where no builtin has the operation's name.
    package let nns: String?

    init(unicode: String, latex: String, nns: String? = nil) {
      self.unicode = unicode
      self.latex = latex
      self.nns = nns
    }
  }

  /// The derivative by each operand; empty where the result is constant between jumps.
  package let derivatives: [Derivative]
  /// The same as a textbook has them: where values are equal, or not numbers, no case is made.
  package let textbook: [Derivative]
  package let rules: [Rule]
  /// Whether the rule is written multiplied out where the derivative that it is given has a
  /// denominator that may cancel, as that of the cross-entropy of two classes does.
  package let mayCancel: Bool
  package let symbol: Symbol?
  /// Whether networks have it as a layer without parameters.
  package let isActivation: Bool
  /// What the tape keeps, besides what the derivatives need.
  let alsoSaves: Operation.Saves

  init(
    _ derivatives: [Derivative], textbook: [Derivative]? = nil, rules: [Rule],
    mayCancel: Bool = false, symbol: Symbol? = nil, isActivation: Bool = false,
    alsoSaves: Operation.Saves = .shapes
  ) {
    self.derivatives = derivatives
    self.textbook = textbook ?? derivatives
    self.rules = rules
    self.mayCancel = mayCancel
    self.symbol = symbol
    self.isActivation = isActivation
    self.alsoSaves = alsoSaves
  }

  /// The record of a function of one operand.
  init(
    _ derivative: Derivative, textbook: Derivative? = nil, _ rule: Rule, mayCancel: Bool = false,
    symbol: Symbol? = nil, isActivation: Bool = false, alsoSaves: Operation.Saves = .shapes
  ) {
    self.init(
      [derivative], textbook: textbook.map { [$0] }, rules: [rule], mayCancel: mayCancel,
      symbol: symbol, isActivation: isActivation, alsoSaves: alsoSaves)
  }

  /// Whether it is the sum or difference of its operands.
  var isSum: Bool { !derivatives.isEmpty && derivatives.allSatisfy { $0 == 1 || $0 == -1 } }

  /// A function that is constant between its jumps.
  static let stepwise = ElementwiseRecord([], rules: [])
}

extension Operation {
  /// An elementwise operation: what it computes follows from the kernel of its name, or `forward`,
  /// and how derivatives pass from its record.
  convenience init(
    _ kind: OperationKind, _ record: ElementwiseRecord, primitive: Primitive? = nil,
    forward: @escaping @Sendable ([Tensor]) throws -> Tensor
  ) {
    let passes = record.derivatives.map(DerivativePass.init)
    self.init(
      kind,
      saves: record.derivatives.reduce(record.alsoSaves) { $0.union($1.saves) },
      cut: passes.isEmpty ? "it is constant between its jumps" : nil,
      primitive: primitive,
      forward: forward,
      pullback: { p in
        guard !passes.isEmpty else { return p.inputs.map { _ in nil } }
        return try passes.enumerated().map { position, pass in
          try p.part(position) { try pass(p) }
        }
      })
  }

  private static let unaryTable = UnaryOperation.allCases.map { operation in
    let primitive = operation.isLogical ? nil : Primitive.elementwise(.of(operation))
    return Operation(operation.kind, operation.record, primitive: primitive) { inputs in
      switch operation {
      case .log: try inputs[0].logarithm()
      case .sigmoid: try inputs[0].sigmoid()
      default: try .apply(operation, inputs[0])
      }
    }
  }

  private static let binaryTable = BinaryOperation.allCases.map { operation in
    let primitive = operation.isLogical ? nil : Primitive.elementwise(.of(operation))
    return Operation(operation.kind, operation.record, primitive: primitive) {
      try .apply(operation, $0[0], $0[1])
    }
  }

  /// The operation on variables of a kernel.
  package static func of(_ operation: UnaryOperation) -> Operation {
    unaryTable[Int(operation.rawValue)]
  }

  /// The operation on variables of a kernel.
  package static func of(_ operation: BinaryOperation) -> Operation {
    binaryTable[Int(operation.rawValue)]
  }
}

extension UnaryOperation {
  /// Whether the result is constant between jumps.
  package var isStepwise: Bool { record.derivatives.isEmpty }

  /// Whether the slope is not the same everywhere.
  package var isCurved: Bool {
    record.derivatives.contains { if case .number = $0 { false } else { true } }
  }
}

extension Variable {
  /// A function of each element; a logarithm of what `softmax` or `sigmoid` gave is taken from what
  /// that was given.
  package static func apply(_ operation: UnaryOperation, _ x: Variable) throws -> Variable {
    switch operation {
    case .log: try Tape.logarithm(of: x) ?? Operation.of(.log)(x)
    case .log1p: try Tape.logarithm(ofOnePlus: x) ?? Operation.of(.log1p)(x)
    default: try Operation.of(operation)(x)
    }
  }

  /// An operation on the elements of two variables, with NumPy's broadcasting.
  package static func apply(
    _ operation: BinaryOperation, _ a: Variable, _ b: Variable
  ) throws -> Variable {
    try Operation.of(operation)(a, b)
  }
}
