import Networks
import Runtime
import Syntax
import Tensors

extension Tracer {
  func evaluate(_ expression: Expression, _ scope: Scope) throws -> Traced {
    guard let observer else { return try value(of: expression, scope) }
    observer.enter(expression, in: source)
    do {
      let result: Traced
      do {
        result = try value(of: expression, scope)
      } catch let error as Unsupported {
        result = try wholeValue(of: expression, scope, otherwise: error)
      }
      observer.leave(expression, with: result)
      return result
    } catch {
      observer.leave(expression, with: nil)
      throw error
    }
  }

  /// What the machine makes of an expression that the tracer cannot look into, for `explain`; only
  /// where it stands among the globals.
  private func wholeValue(
    of expression: Expression, _ scope: Scope, otherwise error: Unsupported
  ) throws -> Traced {
    let machine = graph.machine
    guard target == nil, scope.isOutermost, source === thunk.source else { throw error }
    let name = "explained_part"
    let previous = machine.globals.isUserDefined(name) ? machine.globals[name] : nil
    defer { machine.globals[name] = previous }
    let text = source.text(in: expression.span)
    try machine.run(
      machine.compile(SourceText("\(name) = (\(text)\n)", name: source.name)))
    return try constant(machine.globals[name] ?? .none, text, at: expression.span)
  }

  private func value(of expression: Expression, _ scope: Scope) throws -> Traced {
    let span = expression.span
    switch expression.kind {
    case .none: return .value(.none, "none")
    case .bool(let value): return .value(.bool(value), value ? "true" : "false")
    case .number(let number): return .node(try graph.number(number, at: span, in: source))
    case .string(let text): return .value(.text(text), nil)
    case .name(let name): return try lookUp(name, at: span, scope)
    case .bracket(let elements): return try bracket(elements, span, scope)
    case .list(let elements): return .list(try elements.map { try evaluate($0, scope) })
    case .unary(let operation, let operand): return try unary(operation, operand, span, scope)
    case .binary(let operation, let left, let right, _):
      return try binary(
        operation, try evaluate(left, scope), try evaluate(right, scope), left.span, right.span,
        span)
    case .logical(let operation, let left, let right):
      let first = try truth(try evaluate(left, scope), left.span)
      if first == (operation == .or) { return .value(.bool(first), nil) }
      return .value(.bool(try truth(try evaluate(right, scope), right.span)), nil)
    case .transpose(let operand): return try transpose(evaluate(operand, scope), operand.span)
    case .call(let callee, let arguments): return try call(callee, arguments, span, scope)
    case .index(let base, let places):
      return try index(try evaluate(base, scope), base.span, places, span, scope)
    case .field(let base, let name): return try field(base, name, span, scope)
    case .function(let literal): return .closure(literal, scope, source)
    case .conditional(let condition, let then, let otherwise):
      let isTaken = try truth(try evaluate(condition, scope), condition.span)
      remarks.append(
        "`\(source.text(in: condition.span))` is \(isTaken) at these values: the branch is fixed")
      guard let block = isTaken ? then : otherwise else { return .value(.none, nil) }
      return try self.block(block, scope).value
    case .pipe(let left, let right):
      return try pipe(try evaluate(left, scope), left, right, span, scope)
    case .range(let lower, let upper, let isInclusive, let step):
      return try range(lower, upper, step, isInclusive: isInclusive, span, scope)
    case .gradient: throw unsupported("a gradient inside it", span, hint: "use grad for it")
    case .record, .interpolation: throw unsupported("this value", span)
    }
  }

  private func bracket(_ elements: [Expression], _ span: Span, _ scope: Scope) throws -> Traced {
    let items = try elements.map { try evaluate($0, scope) }
    var nodes: [Node] = []
    for case .node(let node) in items { nodes.append(node) }
    let isTensor =
      !nodes.isEmpty && nodes.count == items.count
      && (nodes.allSatisfy { $0.rank == 0 }
        || elements.allSatisfy { if case .bracket = $0.kind { true } else { false } })
    guard isTensor else { return .list(items) }
    guard nodes.contains(where: \.isOnPath) else {
      let value = try Tensor.stack(nodes.map(\.tensor))
      return .node(
        try graph.leaf(
          source.text(in: span), try value.cast(to: graph.isExact ? .f64 : .f32), at: span,
          in: source))
    }
    var options = Node.Options()
    options.arguments = [("axis", .number(0))]
    return .node(
      try graph.operate("stack", nodes, options, at: span, in: source) { try .stack($0) })
  }

  private func unary(
    _ operation: UnaryOperator, _ operand: Expression, _ span: Span, _ scope: Scope
  ) throws -> Traced {
    let value = try evaluate(operand, scope)
    if operation == .not { return .value(.bool(!(try truth(value, operand.span))), nil) }
    let node = try node(value, operand.span)
    if operation == .plus { return .node(node) }
    if let number = node.number { return .node(try graph.number(-number, at: span, in: source)) }
    return .node(
      try graph.operate("neg", [node], at: span, in: source) { try .negate($0[0]) })
  }

  func binary(
    _ operation: BinaryOperator, _ left: Traced, _ right: Traced, _ leftSpan: Span,
    _ rightSpan: Span, _ span: Span
  ) throws -> Traced {
    if case .value(let a, _) = left, case .value(let b, _) = right,
      operation == .equal || operation == .notEqual
    {
      let areEqual = a.printed == b.printed && a.kindName == b.kindName
      return .value(.bool(areEqual == (operation == .equal)), nil)
    }
    let (a, b) = (try node(left, leftSpan), try node(right, rightSpan))
    let compute: (Variable, Variable) throws -> Variable
    switch operation {
    case .add: compute = Variable.add
    case .subtract: compute = Variable.subtract
    case .multiply: compute = Variable.multiply
    case .divide: compute = Variable.divide
    case .power: compute = Variable.power
    case .matmul: compute = Variable.matmul
    case .remainder: compute = Variable.remainder
    default: return try comparison(operation, a, b, span)
    }
    let node = try graph.operate(operation.rawValue, [a, b], at: span, in: source) {
      try compute($0[0], $0[1])
    }
    // A number made of literals is a literal: 1/2.
    if a.number != nil, b.number != nil, let value = node.tensor.item {
      return .node(try graph.number(value, at: span, in: source))
    }
    return .node(node)
  }

  private func comparison(
    _ operation: BinaryOperator, _ a: Node, _ b: Node, _ span: Span
  ) throws -> Traced {
    let table: [BinaryOperator: BinaryOperation] = [
      .equal: .equal, .notEqual: .notEqual, .less: .less, .lessOrEqual: .lessOrEqual,
      .greater: .greater, .greaterOrEqual: .greaterOrEqual,
    ]
    guard let compared = table[operation] else { throw unsupported("this operator", span) }
    if a.rank == 0, b.rank == 0 {
      let value = try Tensor.apply(compared, a.tensor, b.tensor).item
      return .value(.bool(value == 1), nil)
    }
    let node = try graph.operate(
      operation.rawValue, [a, b], isConstant: true, at: span, in: source
    ) { inputs in
      let mask = try Tensor.apply(compared, inputs[0].tensor, inputs[1].tensor)
      return Variable(try mask.cast(to: self.graph.isExact ? .f64 : .f32))
    }
    return .node(node)
  }

  private func transpose(_ operand: Traced, _ span: Span) throws -> Traced {
    let node = try node(operand, span)
    return .node(
      try graph.operate("transpose", [node], at: span, in: source) {
        try .transpose($0[0])
      })
  }

  private func range(
    _ lower: Expression, _ upper: Expression, _ step: Expression?, isInclusive: Bool,
    _ span: Span, _ scope: Scope
  ) throws -> Traced {
    let first = try plain(try evaluate(lower, scope), lower.span).asNumber()
    let last = try plain(try evaluate(upper, scope), upper.span).asNumber()
    let distance = try step.map { try plain(try evaluate($0, scope), $0.span).asNumber() } ?? 1
    guard let first, let last, let distance, distance != 0 else {
      throw unsupported("this range", span)
    }
    return .value(
      .range(
        Box(NumberRange(lower: first, upper: last, step: distance, isInclusive: isInclusive))),
      nil)
  }

  // MARK: Parts

  private func field(
    _ base: Expression, _ name: Name, _ span: Span, _ scope: Scope
  ) throws -> Traced {
    let whole = try evaluate(base, scope)
    switch whole {
    case .node(let node):
      if name.text == "T" { return try transpose(whole, base.span) }
      if name.text == "shape" { return try lengths(of: node, span) }
      let value = try Value(node.tensor).field(name.text)
      return try constant(value, source.text(in: span), at: span)
    case .value(let value, let text):
      let path = (text ?? source.text(in: base.span)) + "." + name.text
      return try traced(try value.field(name.text), path, at: span)
    case .list, .closure: throw unsupported("this field", span)
    }
  }

  /// The lengths of a tensor's axes, which formulas call by their names.
  func lengths(of node: Node, _ span: Span) throws -> Traced {
    .list(
      try node.axes.map { axis in
        let length = try graph.number(Double(axis.size), at: span, in: source)
        length.dimension = axis
        return .node(length)
      })
  }

  private func index(
    _ base: Traced, _ baseSpan: Span, _ places: [Subscript], _ span: Span, _ scope: Scope
  ) throws -> Traced {
    if case .list(let items) = base, places.count == 1, case .index(let expression) = places[0] {
      let number = try plain(try evaluate(expression, scope), expression.span).asNumber()
      guard let number, let position = Int(exactly: number) else {
        throw unsupported("this index", expression.span)
      }
      let place = position < 0 ? position + items.count : position
      guard items.indices.contains(place) else { throw unsupported("this index", span) }
      return items[place]
    }
    if case .value(.list(let box), _) = base, places.count == 1,
      case .index(let expression) = places[0],
      let number = try plain(try evaluate(expression, scope), expression.span).asNumber(),
      let position = Int(exactly: number)
    {
      let place = position < 0 ? position + box.content.count : position
      guard box.content.indices.contains(place) else { throw unsupported("this index", span) }
      return try constant(box.content[place], source.text(in: span), at: span)
    }
    let node = try node(base, baseSpan)
    var options = Node.Options()
    var texts: [String] = []
    for place in places {
      let (index, text) = try self.place(place, scope)
      options.indices.append(index)
      texts.append(text)
    }
    options.indexText = texts.joined(separator: ", ")
    let indices = options.indices
    return .node(
      try graph.operate("index", [node], options, at: span, in: source) {
        try .subscripted($0[0], indices)
      })
  }

  /// One place between brackets, and how it is written.
  private func place(_ place: Subscript, _ scope: Scope) throws -> (Index, String) {
    switch place {
    case .ellipsis(let span): throw unsupported("this index", span)
    case .slice(let start, let stop, let step, let span):
      func bound(_ expression: Expression?) throws -> Int? {
        guard let expression else { return nil }
        let value = try plain(try evaluate(expression, scope), expression.span)
        guard let number = value.asNumber() else { return nil }
        guard let whole = Int(exactly: number) else { throw unsupported("this slice", span) }
        return whole
      }
      let (first, last, distance) = (try bound(start), try bound(stop), try bound(step))
      var text = (first.map(String.init) ?? "") + ":" + (last.map(String.init) ?? "")
      if let distance { text += ":\(distance)" }
      return (.slice(start: first, stop: last, step: distance ?? 1), text)
    case .index(let expression):
      let value = try evaluate(expression, scope)
      if case .value(.none, _) = value { throw unsupported("this index", expression.span) }
      let plain = try plain(value, expression.span)
      if let number = plain.asNumber(), !plain.isTensor {
        guard let whole = Int(exactly: number) else {
          throw unsupported("this index", expression.span)
        }
        return (.at(whole), "\(whole)")
      }
      guard let tensor = try plain.asTensor() else {
        throw unsupported("this index", expression.span)
      }
      var isMask = tensor.elementType == .bool
      if case .node(let node) = value, let operation = node.operation,
        BinaryOperator(rawValue: operation) != nil
      {
        isMask = true
      }
      return (isMask ? .mask(tensor) : .gather(tensor), expression.description)
    }
  }
}

extension Value {
  /// Whether it is a tensor with axes.
  var isTensor: Bool { if case .tensor = self { true } else { false } }
}
