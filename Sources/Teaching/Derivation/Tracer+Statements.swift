import Runtime
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
        remarks.append(
          "`\(source.text(in: condition.span))` is \(isTaken) at these values")
        guard let branch = isTaken ? then : otherwise else { return nothing }
        return try block(branch, scope)
      }
      return .value(try evaluate(expression, scope))
    case .returnValue(let expression):
      return .returned(try expression.map { try evaluate($0, scope) } ?? .value(.none, nil))
    case .assignment(let targets, let value):
      try assign(try evaluate(value, scope), to: targets, statement.span, scope)
      return nothing
    case .update(let target, let operation, let value):
      let old = try evaluate(target, scope)
      let new = try binary(
        operation, old, try evaluate(value, scope), target.span, value.span, statement.span)
      try assign(new, to: [target], statement.span, scope)
      return nothing
    case .function(let literal):
      if let name = literal.name { set(name.text, .closure(literal, scope, source), scope) }
      return nothing
    case .forLoop(let names, let sequence, let body):
      return try forLoop(names, sequence, body, statement.span, scope)
    case .whileLoop(let condition, let body):
      while try truth(try evaluate(condition, scope), condition.span) {
        try countTurn(statement.span)
        switch try block(body, scope) {
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

  private func assign(
    _ value: Traced, to targets: [Expression], _ span: Span, _ scope: Scope
  ) throws {
    if targets.count > 1 {
      guard case .list(let items) = value, items.count == targets.count else {
        throw unsupported("this assignment of several", span)
      }
      for (target, item) in zip(targets, items) { try assign(item, to: [target], span, scope) }
      return
    }
    guard let target = targets.first else { return }
    guard case .name(let name) = target.kind else {
      throw unsupported(
        "an assignment to a part", span, hint: "build the whole tensor in one expression")
    }
    self.name(value, name)
    set(name, value, scope)
  }

  /// Sets the variable where it is, or a new one of the innermost function.
  private func set(_ name: String, _ value: Traced, _ scope: Scope) {
    var current: Scope? = scope
    while let here = current {
      if here.variables[name] != nil {
        here.variables[name] = value
        return
      }
      current = here.parent
    }
    scope.variables[name] = value
  }

  private func countTurn(_ span: Span) throws {
    turns += 1
    if turns > Self.turnLimit {
      throw unsupported(
        "a loop of more than \(Self.turnLimit) turns", span,
        hint: "derive one turn of it, or use grad")
    }
  }

  private func forLoop(
    _ names: [Name], _ sequence: Expression, _ body: Block, _ span: Span, _ scope: Scope
  ) throws -> Outcome {
    let items = try elements(of: try evaluate(sequence, scope), sequence.span)
    for (position, item) in items.enumerated() {
      try countTurn(span)
      if names.count == 2 {
        scope.variables[names[0].text] = .node(
          try graph.number(Double(position), at: span, in: source))
      }
      if let name = names.last { scope.variables[name.text] = item }
      switch try block(body, scope) {
      case .returned(let value): return .returned(value)
      case .broke: return .value(.value(.none, nil))
      case .value, .continued: continue
      }
    }
    return .value(.value(.none, nil))
  }

  /// What a loop runs through.
  private func elements(of traced: Traced, _ span: Span) throws -> [Traced] {
    switch traced {
    case .list(let items): return items
    case .value(.range(let box), _):
      guard box.content.count <= Self.turnLimit else {
        throw unsupported(
          "a loop of \(box.content.count) turns", span, hint: "derive one turn of it, or use grad")
      }
      return try (0..<box.content.count).map {
        .node(try graph.number(box.content[$0], at: span, in: source))
      }
    case .value(.list(let box), let text):
      return try box.content.enumerated().map { index, value in
        try self.traced(value, "\(text ?? "list")[\(index)]", at: span)
      }
    default: throw unsupported("a loop over this", span)
    }
  }
}
