extension Parser {
  /// Reads an expression, as far as it goes.
  mutating func parseExpression() throws(Diagnostic) -> Expression {
    let expression = try parseInfix(from: .pipe)
    lastExpression = expression.span
    return expression
  }

  /// Reads operands and the operators between them that bind at least as tightly as `minimum`.
  mutating func parseInfix(from minimum: Precedence) throws(Diagnostic) -> Expression {
    var left = try parsePrefix(minimum)
    while let rule = InfixRule.of(current.kind), rule.level >= minimum, continuesInfix(rule) {
      let operation = current
      let leftDepth = depth
      advance()
      if current.hasNewlineBefore {
        lastLineEndOperator = operation.span
        if !context.newlinesAreSpace { operatorAtLineEnd = operation.span }
      }
      let right = try parseInfix(from: rule.rightLevel, after: operation)
      let span = left.span.union(right.span)
      try grow(over: max(leftDepth, depth), at: span)
      let kind = try combine(left, operation, rule, right)
      left = Expression(kind, Span(span.start, previousEnd))
      if rule.associativity == .none { try refuseChain(left, rule) }
    }
    if minimum <= .comparison { try refuseNotIn(after: left) }
    return left
  }

  /// Whether the operator here goes on with the expression; `|>` does from the next line too.
  private func continuesInfix(_ rule: InfixRule) -> Bool {
    if case .pipe = rule.meaning { return true }
    return continues(current) && !(context.splitsAtSpace && startsSignedArgument(current))
  }

  /// Whether the sign belongs to what follows: white space before it and none after.
  func startsSignedArgument(_ token: Token) -> Bool {
    (token.kind == .minus || token.kind == .plus) && token.hasSpaceBefore
      && !Lexer.isBlank(lexer.byte(at: token.span.end))
  }

  /// The right operand; only the right-associative power nests with each operator.
  private mutating func parseInfix(
    from level: Precedence, after operation: Token
  ) throws(Diagnostic) -> Expression {
    if operation.kind == .pipe {
      let outer = context
      context.isRightOfPipe = true
      defer { context = outer }
      return try parseInfix(from: level)
    }
    guard operation.kind == .caret else { return try parseInfix(from: level) }
    try enter(at: operation)
    defer { leave() }
    return try parseInfix(from: level)
  }

  private mutating func combine(
    _ left: Expression, _ operation: Token, _ rule: InfixRule, _ right: Expression
  ) throws(Diagnostic) -> Expression.Kind {
    switch rule.meaning {
    case .pipe: return .pipe(left, right)
    case .logical(let logical): return .logical(logical, left, right)
    case .binary(let binary): return .binary(binary, left, right, operatorSpan: operation.span)
    case .range(let inclusive):
      var step: Expression?
      if current.kind == .identifier, text(current) == "by", continues(current) {
        let rangeDepth = depth
        advance()
        step = try parseInfix(from: .sum)
        depth = max(rangeDepth, depth + 1)
      }
      return .range(lower: left, upper: right, inclusive: inclusive, step: step)
    }
  }

  /// `x not in y` is written `not (x in y)`.
  private mutating func refuseNotIn(after left: Expression) throws(Diagnostic) {
    guard current.kind == .not, continues(current) else { return }
    var ahead = lexer
    guard ahead.next().kind == .inKeyword else { return }
    let words = current
    advance()
    let span = Span(words.span.start, current.span.end)
    advance()
    let right = startsOperand(current) ? try parseInfix(from: .range) : nil
    let written = right.map { "not (\(shortText(left.span)) in \(shortText($0.span)))" }
    throw failure(
      "`not in` is not an operator", at: span,
      suggestions: ["write \(written ?? "not (x in y)")"])
  }

  /// `a < b < c` and `a..<b..<c` mean nothing.
  private func refuseChain(_ left: Expression, _ rule: InfixRule) throws(Diagnostic) {
    guard let next = InfixRule.of(current.kind), next.level == rule.level, continuesInfix(next)
    else { return }
    guard case .binary(_, _, let middle, let operatorSpan) = left.kind else {
      throw failure(
        "a range has two ends", at: current.span, suggestions: ["a step is written a..<b by s"])
    }
    let first = source.text(in: Span(left.span.start, operatorSpan.end))
    let shared = source.text(in: middle.span)
    let isShort = first.utf8.count + shared.utf8.count < 60
    var ahead = self
    ahead.advance()
    let last = (try? ahead.parseInfix(from: next.rightLevel)).map { shortText($0.span) } ?? "…"
    let written =
      isShort ? "\(first) \(shared) and \(shared) \(current.kind.spelling) \(last)" : nil
    throw failure(
      "comparisons cannot be chained", at: current.span,
      suggestions: [written.map { "write \($0)" } ?? "write a < b and b < c"])
  }

  /// Reads `not`, a sign, or an operand with what stands after it.
  private mutating func parsePrefix(_ minimum: Precedence) throws(Diagnostic) -> Expression {
    let token = current
    switch token.kind {
    case .not:
      guard minimum <= .not else {
        throw failure(
          "`not` binds more loosely than what stands before it", at: token.span,
          suggestions: ["write (not x)"])
      }
      return try parseUnary(.not, operand: .not)
    case .minus: return try parseUnary(.negate, operand: .power)
    case .plus: return try parseUnary(.plus, operand: .power)
    default: return try parsePostfix()
    }
  }

  private mutating func parseUnary(
    _ operation: UnaryOperator, operand level: Precedence
  ) throws(Diagnostic) -> Expression {
    let token = current
    try enter(at: token)
    defer { leave() }
    advance()
    let operand = try parseInfix(from: level)
    try grow(over: depth, at: token.span)
    return Expression(.unary(operation, operand), span(from: token))
  }
}

extension Lexer {
  /// Whether nothing visible stands here: white space, a line's end, or the end.
  static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || (byte >= 0x09 && byte <= 0x0D) || byte == 0
  }
}
