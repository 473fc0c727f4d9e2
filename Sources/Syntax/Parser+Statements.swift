extension Parser {
  /// Reads statements up to a closing brace or the end, which stays.
  mutating func parseStatements(until end: Token.Kind) throws(Diagnostic) -> [Statement] {
    var statements: [Statement] = []
    var deepest = 0
    var lostBlocks = 0
    while true {
      while accept(.semicolon) {}
      switch current.kind {
      case .rightBrace where lostBlocks > 0:
        let change = closeLostBlock() - 1
        lostBlocks += change
        recovery?.openBlocks += change
        continue
      case end, .endOfInput, .rightBrace, .rightParenthesis, .rightBracket:
        depth = deepest
        return statements
      default: break
      }
      let (start, outer) = (current, currentNesting)
      do throws(Diagnostic) {
        let statement = try parseStatement()
        if lostBlocks > 0 { recovery?.lost.append(statement) } else { statements.append(statement) }
      } catch {
        let lost = try recover(from: error, start: start, outer: outer)
        lostBlocks += lost
        recovery?.openBlocks += lost
      }
      deepest = max(deepest, depth)
      multilineString = nil
      operatorAtLineEnd = nil
      lastLineEndOperator = nil
    }
  }

  private mutating func parseStatement() throws(Diagnostic) -> Statement {
    let start = current
    depth = 1
    let kind = try parseStatementKind()
    let span = span(from: start)
    if current.kind == .semicolon {
      advance()
      return Statement(kind, span, isSilenced: true)
    }
    try endStatement(kind)
    return Statement(kind, span)
  }

  /// Checks that nothing more stands in the statement.
  private mutating func endStatement(_ kind: Statement.Kind) throws(Diagnostic) {
    switch current.kind {
    case .endOfInput: return
    case .rightBrace where blockNesting > 0: return
    case _ where current.hasNewlineBefore: return
    default: break
    }
    if case .expression(let expression) = kind { throw unexpectedAfterExpression(expression) }
    throw unexpectedAfterExpression(nil)
  }

  private mutating func parseStatementKind() throws(Diagnostic) -> Statement.Kind {
    if current.kind.isKeyword {
      if assignFollows(current) { throw keywordAsName(current) }
      if let help = parseHelpSuffix() { return .command(help) }
    }
    switch current.kind {
    case .fn where startsNamedFunction(): return .function(try parseNamedFunction())
    case .whileKeyword: return try parseWhile()
    case .forKeyword: return try parseFor()
    case .breakKeyword: return try parseLoopExit(.breakLoop)
    case .continueKeyword: return try parseLoopExit(.continueLoop)
    case .returnKeyword: return try parseReturn()
    case .question where commands["help"] != nil: return try parseHelpPrefix()
    case .at:
      throw failure(
        "there are no decorators", at: current.span, suggestions: ["write f = g(f)"])
    case .identifier:
      try refusePrompt()
      if let command = try parseCommandIfAny() { return .command(command) }
      try refuseForeignOpener()
      return try parseAssignmentOrExpression()
    default: return try parseAssignmentOrExpression()
    }
  }

  /// Whether a name follows `fn`, or what should have been one.
  private func startsNamedFunction() -> Bool {
    var ahead = lexer
    return ahead.next().kind != .leftParenthesis
  }

  private mutating func parseLoopExit(_ kind: Statement.Kind) throws(Diagnostic) -> Statement.Kind {
    let token = current
    guard loopNesting > 0 || mayStandInLostBlock else {
      throw failure(
        "`\(token.kind.spelling)` stands outside a loop", at: token.span,
        suggestions: token.kind == .breakKeyword
          ? ["in the block of train … each { … } the training is ended by stop"] : [])
    }
    advance()
    return kind
  }

  private mutating func parseReturn() throws(Diagnostic) -> Statement.Kind {
    let token = current
    guard functionNesting > 0 || mayStandInLostBlock else {
      throw failure("`return` stands outside a function", at: token.span)
    }
    advance()
    switch current.kind {
    case .endOfInput, .semicolon, .rightBrace: return .returnValue(nil)
    case _ where current.hasNewlineBefore: return .returnValue(nil)
    default: break
    }
    let first = current
    let value = try parseExpression()
    guard current.kind == .comma, continues(current) else { return .returnValue(value) }
    var values = [value]
    var deepest = depth
    while accept(.comma) {
      values.append(try parseExpression())
      deepest = max(deepest, depth)
    }
    depth = deepest
    try grow(over: deepest, at: first.span)
    return .returnValue(Expression(.list(values), span(from: first)))
  }

  private mutating func parseAssignmentOrExpression() throws(Diagnostic) -> Statement.Kind {
    let first = try parseExpression()
    if let operation = Self.updates[current.kind], continues(current) {
      try requireTarget(first, isUpdate: true)
      let targetDepth = depth
      advance()
      let value = try parseExpression()
      depth = max(depth, targetDepth)
      return .update(target: first, operation, value: value)
    }
    if current.kind == .comma, continues(current) { return try parseMultipleAssignment(first) }
    guard current.kind == .assign, continues(current) else { return .expression(first) }
    try requireTarget(first, isUpdate: false)
    let targetDepth = depth
    let sign = current.span
    advance()
    if current.hasNewlineBefore, !context.newlinesAreSpace {
      (operatorAtLineEnd, lastLineEndOperator) = (sign, sign)
    }
    if case .name(let name) = first.kind,
      let command = try parseAssignedCommand(to: Name(name, first.span))
    {
      return .command(command)
    }
    let value = try parseExpression()
    depth = max(depth, targetDepth)
    try refuseSecondAssign()
    if current.kind == .comma, continues(current) { throw severalValues() }
    return .assignment(targets: [first], value: value)
  }

  private static let updates: [Token.Kind: BinaryOperator] = [
    .plusAssign: .add, .minusAssign: .subtract, .starAssign: .multiply, .slashAssign: .divide,
    .percentAssign: .remainder, .atAssign: .matmul, .caretAssign: .power,
  ]

  private mutating func parseMultipleAssignment(
    _ first: Expression
  ) throws(Diagnostic) -> Statement.Kind {
    var targets = [first]
    var deepest = depth
    while accept(.comma) {
      if current.kind == .assign { break }
      targets.append(try parseExpression())
      deepest = max(deepest, depth)
    }
    guard current.kind == .assign, continues(current) else {
      if continues(current), let slip = slipAfterOperand() { throw slip }
      throw failure(
        "several values separated by commas are here", at: Span(first.span.start, previousEnd),
        suggestions: ["a list is written [a, b]", "an assignment is a, b = e"])
    }
    for target in targets { try requireTarget(target, isUpdate: false) }
    advance()
    let value = try parseAssignedValues(count: targets.count)
    depth = max(depth, deepest)
    try refuseSecondAssign()
    return .assignment(targets: targets, value: value)
  }

  /// Reads what stands right of `a, b =`: one value, or as many as there are targets, as a list.
  private mutating func parseAssignedValues(count: Int) throws(Diagnostic) -> Expression {
    let start = current
    let first = try parseExpression()
    guard current.kind == .comma, continues(current) else { return first }
    var values = [first]
    var deepest = depth
    while accept(.comma) {
      values.append(try parseExpression())
      deepest = max(deepest, depth)
    }
    guard values.count == count else {
      throw failure(
        "\(values.count) values for \(count) names", at: span(from: start))
    }
    depth = deepest + 1
    return Expression(.bracket(values), span(from: start))
  }

  private func severalValues() -> Diagnostic {
    failure(
      "several values are assigned to one name", at: current.span,
      suggestions: ["a list is written [a, b]"])
  }

  private func refuseSecondAssign() throws(Diagnostic) {
    guard current.kind == .assign, continues(current) else { return }
    if let dangling = danglingOperator() { throw dangling }
    throw failure(
      "one statement assigns once", at: current.span,
      suggestions: ["write two statements", "equality is written a == b"])
  }

  /// Checks that an expression can be assigned to.
  private func requireTarget(_ target: Expression, isUpdate: Bool) throws(Diagnostic) {
    var root = target
    while true {
      switch root.kind {
      case .name: return
      case .index(let inner, _), .field(let inner, _): root = inner
      case .call where root.span == target.span && !isUpdate:
        throw failure(
          "a call cannot be assigned to", at: target.span,
          suggestions: ["a function is defined by fn \(shortText(target.span)) = e"])
      default:
        let isComparison = !isUpdate && root.span == target.span
        throw failure(
          "this cannot be assigned to", at: target.span,
          suggestions: ["only a name, x[i] or x.name can"]
            + (isComparison ? ["equality is written a == b"] : []))
      }
    }
  }
}
