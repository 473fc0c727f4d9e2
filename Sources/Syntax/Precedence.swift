/// How tightly operators bind, loosest first, as the language's contract lists them.
enum Precedence: Int, Comparable {
  case pipe, or, and, not, comparison, range, sum, product, unary, power, postfix

  static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

  /// The next tighter level.
  var tighter: Self { Self(rawValue: rawValue + 1) ?? .postfix }
}

/// One row of the table of infix operators.
struct InfixRule {
  enum Associativity { case left, right, none }
  enum Meaning {
    case pipe
    case logical(LogicalOperator)
    case binary(BinaryOperator)
    case range(inclusive: Bool)
  }

  let level: Precedence
  let associativity: Associativity
  let meaning: Meaning

  /// The loosest level that the right operand may have without parentheses.
  var rightLevel: Precedence { associativity == .right ? level : level.tighter }
}

extension InfixRule {
  /// The whole table.
  static let all: [(Token.Kind, InfixRule)] = [
    (.pipe, InfixRule(level: .pipe, associativity: .left, meaning: .pipe)),
    (.or, InfixRule(level: .or, associativity: .left, meaning: .logical(.or))),
    (.and, InfixRule(level: .and, associativity: .left, meaning: .logical(.and))),
    (.equal, binary(.comparison, .none, .equal)),
    (.notEqual, binary(.comparison, .none, .notEqual)),
    (.less, binary(.comparison, .none, .less)),
    (.lessOrEqual, binary(.comparison, .none, .lessOrEqual)),
    (.greater, binary(.comparison, .none, .greater)),
    (.greaterOrEqual, binary(.comparison, .none, .greaterOrEqual)),
    (.inKeyword, binary(.comparison, .none, .contains)),
    (
      .halfOpenRange,
      InfixRule(level: .range, associativity: .none, meaning: .range(inclusive: false))
    ),
    (
      .closedRange,
      InfixRule(level: .range, associativity: .none, meaning: .range(inclusive: true))
    ),
    (.plus, binary(.sum, .left, .add)),
    (.minus, binary(.sum, .left, .subtract)),
    (.star, binary(.product, .left, .multiply)),
    (.slash, binary(.product, .left, .divide)),
    (.percent, binary(.product, .left, .remainder)),
    (.at, binary(.product, .left, .matmul)),
    (.caret, binary(.power, .right, .power)),
  ]

  /// The row of a token, nil where it is no infix operator.
  static func of(_ kind: Token.Kind) -> InfixRule? { byKind[Int(kind.rawValue)] }

  /// The row of an operator of the tree.
  static func of(_ operation: BinaryOperator) -> InfixRule {
    byOperator[operation] ?? binary(.product, .left, operation)
  }

  private static let byOperator: [BinaryOperator: InfixRule] = {
    var table: [BinaryOperator: InfixRule] = [:]
    for (_, rule) in all {
      if case .binary(let operation) = rule.meaning { table[operation] = rule }
    }
    return table
  }()

  private static let byKind: [InfixRule?] = {
    var table = [InfixRule?](repeating: nil, count: Token.Kind.allCases.count)
    for (kind, rule) in all { table[Int(kind.rawValue)] = rule }
    return table
  }()

  private static func binary(
    _ level: Precedence, _ associativity: Associativity, _ operation: BinaryOperator
  ) -> InfixRule {
    InfixRule(level: level, associativity: associativity, meaning: .binary(operation))
  }
}
