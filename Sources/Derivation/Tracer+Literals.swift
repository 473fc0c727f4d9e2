import Language
import Operations
import Syntax
import Tensors

/// The values of a bracket literal as its brackets nest.
indirect enum LiteralParts {
  /// The values between one pair of brackets.
  case values([Traced])
  /// Brackets of which every element stands in brackets itself.
  case brackets([LiteralParts])

  /// Evaluates the values, those of the brackets in it too.
  init(_ elements: [Expression], _ evaluate: (Expression) throws -> Traced) rethrows {
    guard !elements.isEmpty, elements.allSatisfy(\.isBracket) else {
      self = .values(try elements.map(evaluate))
      return
    }
    var parts: [LiteralParts] = []
    for case .bracket(let inner) in elements.map(\.kind) {
      parts.append(try LiteralParts(inner, evaluate))
    }
    self = .brackets(parts)
  }

  var leaves: [Traced] {
    switch self {
    case .values(let values): values
    case .brackets(let parts): parts.flatMap(\.leaves)
    }
  }
}

extension Tracer {
  /// `[…]`: numbers make a tensor, bracket literals of tensors of one shape their stack, anything
  /// else a list.
  ///
  /// - Parameter isWide: whether its numbers become Float64 whatever they are.
  func literal(_ parts: LiteralParts, isWide: Bool = false, _ span: Span) throws -> Traced {
    let result = try assembled(parts, literalType(parts.leaves, isWide), span)
    let text = source.text(in: span)
    // What holds nothing but written numbers is written so in formulas, too.
    guard case .node(let node) = result, !text.contains(where: { $0.isLetter || $0 == "_" }) else {
      return result
    }
    let literal = try graph.leaf(text, node.tensor, at: span, in: source)
    literal.isLiteral = true
    literal.isCaptured = !Node.isShort(text)
    if literal.isCaptured { literal.symbol = "c" }
    return .node(literal)
  }

  /// The sides of a sum of which at least one is a bracket literal: beside a list, its elements are
  /// appended one by one.
  func joined(
    _ left: Expression, _ right: Expression, _ scope: Scope
  ) throws -> (Traced, Traced) {
    let leftParts = try parts(of: left, scope)
    let first = leftParts == nil ? try evaluate(left, scope) : nil
    let rightParts = try parts(of: right, scope)
    let second = rightParts == nil ? try evaluate(right, scope) : nil
    switch (leftParts, rightParts) {
    case (let leftParts?, let rightParts?):
      let second = try beside(try literal(leftParts, left.span), rightParts, right.span)
      return (try beside(second, leftParts, left.span), second)
    case (let leftParts?, nil):
      let second = second ?? .list([])
      return (try beside(second, leftParts, left.span), second)
    case (nil, let rightParts?):
      let first = first ?? .list([])
      return (first, try beside(first, rightParts, right.span))
    case (nil, nil): return (first ?? .list([]), second ?? .list([]))
    }
  }

  private func parts(of expression: Expression, _ scope: Scope) throws -> LiteralParts? {
    guard case .bracket(let elements) = expression.kind else { return nil }
    return try LiteralParts(elements) { try evaluate($0, scope) }
  }

  private func beside(_ other: Traced, _ parts: LiteralParts, _ span: Span) throws -> Traced {
    guard case .list = other else { return try literal(parts, span) }
    switch parts {
    case .values(let values): return .list(values)
    case .brackets(let inner):
      let type = literalType(parts.leaves, false)
      return .list(try inner.map { try assembled($0, type, span) })
    }
  }

  private func literalType(_ leaves: [Traced], _ isWide: Bool) -> ElementType {
    if graph.isExact || isWide { return .f64 }
    return .holding(
      leaves.compactMap {
        if case .node(let node) = $0, node.rank == 0 { node.tensor.item } else { nil }
      })
  }

  private func assembled(
    _ parts: LiteralParts, _ type: ElementType, _ span: Span
  ) throws -> Traced {
    switch parts {
    case .values(let values):
      var nodes: [Node] = []
      for case .node(let node) in values where node.rank == 0 { nodes.append(node) }
      guard !values.isEmpty, nodes.count == values.count else { return .list(values) }
      return .node(try bracket(of: nodes, type, span))
    case .brackets(let inner):
      let made = try inner.map { try assembled($0, type, span) }
      var nodes: [Node] = []
      for case .node(let node) in made where node.rank > 0 { nodes.append(node) }
      guard nodes.count == made.count, nodes.allSatisfy({ $0.shape == nodes[0].shape }) else {
        return .list(made)
      }
      return .node(try bracket(of: nodes, type, span))
    }
  }

  /// The nodes side by side as one tensor.
  func bracket(of nodes: [Node], _ type: ElementType?, _ span: Span) throws -> Node {
    let type = type ?? (graph.isExact ? .f64 : .f32)
    let isRecorded = nodes.contains(where: \.isOnPath)
    return try graph.operate("bracket", nodes, at: span, in: source) { parts in
      if parts.isEmpty { return Variable(try Tensor.zeros([0], type)) }
      guard !isRecorded, parts.allSatisfy({ $0.rank == 0 }) else { return try .stack(parts) }
      let numbers = parts.map { $0.tensor.item ?? .nan }
      return Variable(
        try Tensor(doubles: numbers, Shape(checking: [numbers.count]), elementType: type))
    }
  }
}

extension Expression {
  /// Whether it is written as `[…]`.
  var isBracket: Bool { if case .bracket = kind { true } else { false } }
}
