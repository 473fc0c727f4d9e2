import Language
import Networks
import Syntax
import Tensors

extension Tracer {
  /// How a block ended.
  enum Outcome {
    case value(Traced)
    case returned(Traced)
    case broke
    case continued

    var value: Traced {
      switch self {
      case .value(let value), .returned(let value): value
      case .broke, .continued: .value(.none, nil)
      }
    }
  }

  /// Leaves the expression that a `return`, `break` or `continue` stands in; `leaving` says how.
  struct Leaving: Error {}

  /// Runs a block that a function or a loop consists of.
  func body(_ block: Block, _ scope: Scope) throws -> Outcome {
    do {
      return try self.block(block, scope)
    } catch is Leaving {
      return leaving
    }
  }

  func block(_ block: Block, _ scope: Scope) throws -> Outcome {
    var last = Outcome.value(.value(.none, nil))
    for statement in block.statements {
      last = try execute(statement, scope)
      switch last {
      case .value: continue
      default: return last
      }
    }
    return last
  }

  private func execute(_ statement: Statement, _ scope: Scope) throws -> Outcome {
    let nothing = Outcome.value(.value(.none, nil))
    switch statement.kind {
    case .expression(let expression):
      if case .conditional(let condition, let then, let otherwise) = expression.kind {
        let isTaken = try truth(try evaluate(condition, scope), condition.span)
        remark(condition, isTaken)
        guard let branch = isTaken ? then : otherwise else { return nothing }
        return try block(branch, scope)
      }
      return .value(try evaluate(expression, scope))
    case .returnValue(let expression):
      return .returned(try expression.map { try evaluate($0, scope) } ?? .value(.none, nil))
    case .assignment(let targets, let value):
      try assign(value, to: targets, statement.span, scope)
      return nothing
    case .update(let target, let operation, let value):
      try isName(target, statement.span)
      let new = try binary(operation, target, value, statement.span, scope)
      try assign(new, to: target, scope)
      return nothing
    case .function(let literal):
      if let name = literal.name { set(name.text, .closure(literal, scope, source), scope) }
      return nothing
    case .forLoop(let names, let sequence, let body):
      return try forLoop(names, sequence, body, statement.span, scope)
    case .whileLoop(let condition, let body):
      while try truth(try evaluate(condition, scope), condition.span) {
        try countTurn(statement.span)
        switch try self.body(body, scope) {
        case .returned(let value): return .returned(value)
        case .broke: return nothing
        case .value, .continued: continue
        }
      }
      return nothing
    case .breakLoop: return .broke
    case .continueLoop: return .continued
    case .command: throw unsupported("a command inside it", statement.span)
    }
  }

  /// Says which way a condition went; the derivation holds on that way.
  func remark(_ condition: Expression, _ isTaken: Bool) {
    remarks.append("`\(source.text(in: condition.span))` is \(isTaken) at these values")
  }

  // MARK: Assignments

  private func assign(
    _ value: Expression, to targets: [Expression], _ span: Span, _ scope: Scope
  ) throws {
    for target in targets { try isName(target, span) }
    guard targets.count > 1 else {
      let result = try evaluate(value, scope)
      if let target = targets.first { try assign(result, to: target, scope) }
      return
    }
    let parts: [Traced]
    if case .bracket(let elements) = value.kind, elements.count == targets.count {
      // Element by element, as the machine does: `a, b = [b, a]` rounds nothing.
      parts = try elements.map { try evaluate($0, scope) }
    } else {
      parts = try elements(of: try evaluate(value, scope), value.span)
    }
    guard parts.count == targets.count else {
      throw RuntimeError.other(
        "\(parts.count) value\(parts.count == 1 ? "" : "s") for \(targets.count) variables",
        hint: nil)
    }
    for (target, part) in zip(targets, parts) { try assign(part, to: target, scope) }
  }

  private func isName(_ target: Expression, _ span: Span) throws {
    if case .name = target.kind { return }
    throw unsupported(
      "an assignment to a part", span, hint: "build the whole tensor in one expression")
  }

  private func assign(_ value: Traced, to target: Expression, _ scope: Scope) throws {
    guard case .name(let name) = target.kind else { return }
    self.name(value, name)
    set(name, value, scope)
  }

  // MARK: Loops

  private func countTurn(_ span: Span) throws {
    try Interrupt.check()
    turns += 1
    if isDeriving, turns > Self.turnLimit {
      throw unsupported(
        "a loop of more than \(Self.turnLimit) turns", span,
        hint: "derive one turn of it, or use grad")
    }
  }

  private func forLoop(
    _ names: [Name], _ sequence: Expression, _ body: Block, _ span: Span, _ scope: Scope
  ) throws -> Outcome {
    let whole = try evaluate(sequence, scope)
    let items = try elements(of: whole, sequence.span, walking: true)
    for (position, item) in items.enumerated() {
      try countTurn(span)
      var element = item
      if names.count == 2 {
        var first = Traced.node(try graph.number(Double(position), at: span, in: source))
        if case .value(.record(let box), _) = whole {
          first = item
          element = try traced(constant: box.content.values[position], at: span)
        }
        set(names[0].text, first, scope)
      }
      if let name = names.last { set(name.text, element, scope) }
      switch try self.body(body, scope) {
      case .returned(let value): return .returned(value)
      case .broke: return .value(.value(.none, nil))
      case .value, .continued: continue
      }
    }
    return .value(.value(.none, nil))
  }

  /// What a loop runs through, or what an assignment of several takes apart.
  ///
  /// - Parameter isWalk: of a record the names, as a loop has them.
  private func elements(
    of traced: Traced, _ span: Span, walking isWalk: Bool = false
  ) throws -> [Traced] {
    switch traced {
    case .list(let items): return items
    case .node(let node) where node.rank > 0:
      try checkTurns(node.shape.dimensions[0], span)
      return try (0..<node.shape.dimensions[0]).map { row in
        try index(traced, span, [(.index(.number(Double(row))), "\(row)")], span)
      }
    case .value(let value, _):
      guard let count = value.elementCount else {
        throw RuntimeError.notIterable(kind: value.kindName)
      }
      try checkTurns(count, span)
      let walked = isWalk ? try value.preparedForWalking() : value
      return try (0..<count).map { position in
        if position & 0xFFF == 0xFFF { try Interrupt.check() }
        let element =
          try isWalk ? walked.walkingElement(position) : walked.element(position)
        return try self.traced(constant: element, at: span)
      }
    case .node, .closure:
      throw RuntimeError.notIterable(kind: try plain(traced, span).kindName)
    }
  }

  private func checkTurns(_ count: Int, _ span: Span) throws {
    guard isDeriving, count > Self.turnLimit else { return }
    throw unsupported(
      "a loop of \(count) turns", span, hint: "derive one turn of it, or use grad")
  }
}
