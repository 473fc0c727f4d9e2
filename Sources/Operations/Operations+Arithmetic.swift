import Tensors

// Elementwise operations of two operands, with NumPy's broadcasting.

extension BinaryOperation {
  /// What is known of it.
  package var record: ElementwiseRecord { Self.records[Int(rawValue)] }

  /// Its kind as an operation on variables.
  package var kind: OperationKind { Self.kinds[Int(rawValue)] }

  private static let records = allCases.map(\.declaration)
  private static let kinds = allCases.map {
    OperationKind($0.name, aliases: signs[$0].map { [$0] } ?? [], $0.record)
  }
  private static let signs: [BinaryOperation: String] = [
    .add: "+", .subtract: "-", .multiply: "*", .divide: "/", .remainder: "%", .power: "^",
    .equal: "==", .notEqual: "!=", .less: "<", .lessOrEqual: "<=", .greater: ">",
    .greaterOrEqual: ">=",
  ]

  /// The compiler asks here for each operation of elementwise.def; `x` and `y` are the operands.
  private var declaration: ElementwiseRecord {
    switch self {
    case .add: ElementwiseRecord([1, 1], rules: [Rule(nil), Rule(nil)])
    case .subtract: ElementwiseRecord([1, -1], rules: [Rule(nil), Rule(nil)])
    case .multiply:
      ElementwiseRecord(
        [y, x], rules: [Rule(nil, joint: "product rule"), Rule(nil, joint: "product rule")])
    case .divide:
      ElementwiseRecord(
        [1 / y, -(.result / y)], textbook: [1 / y, -(x / (y * y))],
        rules: [Rule(nil, joint: "quotient rule"), Rule("1/x: −1/x²", joint: "quotient rule")])
    case .remainder:
      // x % y = x − y·⌊x/y⌋, so between the jumps:
      ElementwiseRecord(
        [1, -.unary(.floor, x / y)],
        rules: [Rule(nil), "remainder: minus the whole part of the quotient"])
    case .power:
      // The first is 0 for an exponent of 0 and the second for a base of 0, where the limits are 0.
      // The power of a negative base is no number but at whole exponents, and has no derivative: the
      // second is NaN there.
      ElementwiseRecord(
        [
          .choose(.notEqual, y, 0, then: y * .binary(.power, x, y - 1), otherwise: 0),
          .result * .unary(.log, .choose(.notEqual, x, 0, then: x, otherwise: 1)),
        ],
        textbook: [y * .binary(.power, x, y - 1), .result * .unary(.log, x)],
        rules: ["power rule", "exponential: aˣ log a"])
    case .arctan2:
      ElementwiseRecord(
        [y / (x * x + y * y), -(x / (x * x + y * y))],
        rules: ["arctan2: x/(x² + y²)", "arctan2: −y/(x² + y²)"])
    case .minimum: Self.extremum(.less, "minimum: passes where it is the smaller")
    case .maximum: Self.extremum(.greater, "maximum: passes where it is the larger")
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .and, .or: .stepwise
    }
  }

  private typealias Rule = ElementwiseRecord.Rule
  private var x: Derivative { .x }
  private var y: Derivative { .y }

  /// Equal operands share the derivative in halves, as in PyTorch.
  private static func extremum(_ wins: BinaryOperation, _ rule: Rule) -> ElementwiseRecord {
    func share(_ own: Derivative, _ other: Derivative) -> Derivative {
      .choose(
        wins, own, other, then: 1,
        otherwise: .choose(.equal, own, other, then: 0.5, otherwise: 0))
    }
    return ElementwiseRecord(
      [share(.x, .y), share(.y, .x)],
      textbook: [
        .indicator(wins, .x, .y),
        .indicator(wins == .less ? .lessOrEqual : .greaterOrEqual, .y, .x),
      ], rules: [rule, rule])
  }
}

extension Operation {
  static let subtract = of(.subtract)

  /// The same with the mask as an operand: so a plan can be made of it that serves any mask.
  static let choose: Operation = Operation(
    .select, saves: .inputs,
    primitive: .elementwise(ElementwiseProgram([.load(0), .load(1), .load(2), .select])),
    forward: { try Tensor.where($0[0], $0[1], $0[2]) },
    pullback: { p in
      let mask = p.inputs[0]
      return [
        nil, try p.part(1) { try choose(mask, p.cotangent, Variable(0)) },
        try p.part(2) { try choose(mask, Variable(0), p.cotangent) },
      ]
    })

  /// Chooses by a mask between its operands.
  static func select(_ mask: Tensor) -> Operation {
    Operation(
      .select, saves: .shapes, forward: { try Tensor.where(mask, $0[0], $0[1]) },
      pullback: { p in
        [
          try p.part(0) { try .where(mask, p.cotangent, Variable(0)) },
          try p.part(1) { try .where(mask, Variable(0), p.cotangent) },
        ]
      })
  }
}

extension Variable {
  /// a + b with broadcasting.
  package static func add(_ a: Variable, _ b: Variable) throws -> Variable {
    try .apply(.add, a, b)
  }
  /// a − b with broadcasting.
  package static func subtract(_ a: Variable, _ b: Variable) throws -> Variable {
    try .apply(.subtract, a, b)
  }
  /// a · b elementwise with broadcasting.
  package static func multiply(_ a: Variable, _ b: Variable) throws -> Variable {
    try .apply(.multiply, a, b)
  }
  /// a / b with broadcasting, IEEE.
  package static func divide(_ a: Variable, _ b: Variable) throws -> Variable {
    try .apply(.divide, a, b)
  }
  /// a to the power b, elementwise with broadcasting.
  package static func power(_ a: Variable, _ b: Variable) throws -> Variable {
    try .apply(.power, a, b)
  }
  /// The remainder with the divisor's sign, as Python's and NumPy's `%`.
  package static func remainder(_ a: Variable, _ b: Variable) throws -> Variable {
    try .apply(.remainder, a, b)
  }
  /// The smaller of each pair.
  package static func minimum(_ a: Variable, _ b: Variable) throws -> Variable {
    try .apply(.minimum, a, b)
  }
  /// The larger of each pair.
  package static func maximum(_ a: Variable, _ b: Variable) throws -> Variable {
    try .apply(.maximum, a, b)
  }
  /// `a` where the mask is not zero and `b` elsewhere, all three broadcast together.
  package static func `where`(_ mask: Tensor, _ a: Variable, _ b: Variable) throws -> Variable {
    guard a.isDeferred || b.isDeferred else { return try Operation.select(mask)(a, b) }
    let truth = mask.elementType == .f64 ? try mask.cast(to: .bool) : mask
    return try Operation.choose(Variable(truth), a, b)
  }
  /// A comparison's mask: a constant, whatever the operands.
  package static func compare(_ operation: BinaryOperation, _ a: Variable, _ b: Variable) throws
    -> Variable
  {
    Variable(try Tensor.apply(operation, a.tensor, b.tensor))
  }

  package static func + (a: Variable, b: Variable) throws -> Variable { try .add(a, b) }
  package static func - (a: Variable, b: Variable) throws -> Variable { try .subtract(a, b) }
  package static func * (a: Variable, b: Variable) throws -> Variable { try .multiply(a, b) }
  package static func / (a: Variable, b: Variable) throws -> Variable { try .divide(a, b) }
  package static func + (a: Variable, b: Double) throws -> Variable { try .add(a, Variable(b)) }
  package static func - (a: Variable, b: Double) throws -> Variable {
    try .subtract(a, Variable(b))
  }
  package static func - (a: Double, b: Variable) throws -> Variable {
    try .subtract(Variable(a), b)
  }
  package static func * (a: Variable, b: Double) throws -> Variable {
    try .multiply(a, Variable(b))
  }
  package static func / (a: Variable, b: Double) throws -> Variable { try .divide(a, Variable(b)) }

  /// `then` where the comparison of `a` with `b` holds, `otherwise` elsewhere.
  static func choose(
    _ comparison: BinaryOperation, _ a: Variable, _ b: Variable, then: Variable,
    otherwise: Variable
  ) throws -> Variable {
    let mask = try Tensor.apply(comparison, a.tensor, b.tensor)
    func typed(_ number: Variable) throws -> Variable {
      number.rank == 0 ? try .cast(number, to: a.elementType.arithmetic) : number
    }
    return try .where(mask, typed(then), typed(otherwise))
  }

  /// The same comparison with a number.
  static func choose(
    _ comparison: BinaryOperation, _ a: Variable, _ b: Double, then: Variable, otherwise: Variable
  ) throws -> Variable {
    try .choose(comparison, a, Variable(b), then: then, otherwise: otherwise)
  }

  /// `value` where the comparison of `a` with a number holds, 0 elsewhere.
  static func keep(
    _ value: Variable, where comparison: BinaryOperation, _ a: Variable, _ b: Double
  ) throws -> Variable {
    try .keep(value, where: comparison, a, Variable(b))
  }

  /// `value` where the comparison of `a` with `b` holds, 0 elsewhere.
  static func keep(
    _ value: Variable, where comparison: BinaryOperation, _ a: Variable, _ b: Variable
  ) throws -> Variable {
    try .where(try Tensor.apply(comparison, a.tensor, b.tensor), value, Variable(0))
  }
}
