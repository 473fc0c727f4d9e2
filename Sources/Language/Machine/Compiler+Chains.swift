import Syntax
import Tensors

/// Elementwise expressions of two operations or more run as one pass where they can.
extension Compiler {
  private static let leafLimit = 8

  /// A chain while it is built: the tree for the plain instructions, with the leaves' operands.
  private struct Draft {
    indirect enum Node {
      case leaf(Operand, Expression)
      case negate(Node, Expression)
      case call(Operand, ElementwiseOperation, [Node], Expression)
      case binary(BinaryOperator, Node, Node, Expression)

      var expression: Expression {
        switch self {
        case .leaf(_, let expression), .negate(_, let expression),
          .call(_, _, _, let expression), .binary(_, _, _, let expression):
          expression
        }
      }
    }

    var leaves: [Operand] = []
    var builtins: [(slot: Operand, name: String)] = []
  }

  /// Compiles an expression as a chain with its plain instructions after; false, having done
  /// nothing, where it is not one. A sigmoid, or 1 minus it, ends no chain, as what comes of it
  /// remembers what it was computed from, for a loss that may follow.
  func compileChain(_ expression: Expression, into target: Operand) throws(Diagnostic) -> Bool {
    var (operations, leaves) = (0, 0)
    guard !remembers(expression), measureRoot(expression, &operations, &leaves), operations >= 2,
      leaves > 0,
      !expression.mayAssign, builder.tables.chains.count < Int(UInt16.max) - 1
    else { return false }
    let mark = builder.nextTemporary
    defer { builder.release(to: mark) }
    var draft = Draft()
    let tree = try build(expression, &draft, isRoot: true)
    let variables = draft.leaves.filter { $0.base != .constant }
    guard let first = variables.first else {
      try emitPlain(tree, into: target)
      return true
    }
    let chain = ElementwiseChain(
      root: Self.node(tree, draft.leaves), target: target, leaves: draft.leaves,
      builtins: draft.builtins)
    let index = builder.tables.chains.adding(chain)
    let position = builder.position
    // The first two are looked at before anything else: mostly both are numbers.
    builder.emit(
      Instruction(
        .fused, flags: variables.count > 2 ? 1 : 0, extra: index, a: first.bits,
        b: (variables.count > 1 ? variables[1] : first).bits), at: expression.span)
    try emitPlain(tree, into: target)
    builder.land(position)
    return true
  }

  private func isSigmoid(_ expression: Expression) -> Bool {
    guard case .call(let function, let arguments) = expression.kind,
      case .unary(.sigmoid)? = chainedBuiltin(function, arguments, isRoot: true)?.operation
    else { return false }
    return true
  }

  private func remembers(_ expression: Expression) -> Bool {
    isSigmoid(expression) || subtractedFromOne(expression).map(isSigmoid) == true
  }

  /// The same, where a variable may hold what a sigmoid gave.
  private func mayRemember(_ expression: Expression) -> Bool {
    guard let subtracted = subtractedFromOne(expression) else { return isSigmoid(expression) }
    if case .binary = subtracted.kind { return false }
    return true
  }

  private func subtractedFromOne(_ expression: Expression) -> Expression? {
    guard case .binary(.subtract, let one, let subtracted, _) = expression.kind,
      case .number(1) = one.kind
    else { return nil }
    return subtracted
  }

  /// Counts operations and leaves that are no constants; false where there are too many leaves.
  private func measureRoot(
    _ expression: Expression, _ operations: inout Int, _ leaves: inout Int
  ) -> Bool {
    var constants = 0
    return measure(expression, isRoot: true, &operations, &leaves, &constants)
  }

  private func measure(
    _ expression: Expression, isRoot: Bool = false, _ operations: inout Int, _ leaves: inout Int,
    _ constants: inout Int
  ) -> Bool {
    guard leaves + constants <= Self.leafLimit else { return false }
    switch expression.kind {
    case .number: constants += 1
    case .binary(let operation, let left, let right, _) where operation.isChainable:
      operations += 1
      // The right side first: long sums lean to the left.
      return measure(right, &operations, &leaves, &constants)
        && measure(left, &operations, &leaves, &constants)
    case .unary(.negate, let inner) where expression.isCompound:
      operations += 1
      return measure(inner, &operations, &leaves, &constants)
    case .call(let function, let arguments):
      if chainedBuiltin(function, arguments, isRoot: isRoot) != nil {
        operations += 1
        return arguments.allSatisfy { measure($0.value, &operations, &leaves, &constants) }
      }
      leaves += 1
    case .string, .none, .bool, .bracket, .list, .record, .range, .function, .interpolation:
      return false
    default: leaves += 1
    }
    return leaves + constants <= Self.leafLimit
  }

  /// The elementwise operation that a call is. One that gives truth values stands only at the root,
  /// for arithmetic with these has a type of its own; a logarithm looks at what a sigmoid was given.
  private func chainedBuiltin(
    _ function: Expression, _ arguments: [Argument], isRoot: Bool
  ) -> (name: String, operation: ElementwiseOperation)? {
    guard case .name(let name) = function.kind,
      let builtin = globals.vocabulary.builtin(named: name),
      let operation = builtin.elementwise, arguments.count == operation.operandCount,
      arguments.allSatisfy({ $0.name == nil }), isRoot || !operation.isLogical,
      !(operation == .unary(.log) && mayRemember(arguments[0].value))
    else { return nil }
    switch resolve(name) {
    case .global, .fixed: return (builtin.declaration.name, operation)
    default: return nil
    }
  }

  private func build(
    _ expression: Expression, _ draft: inout Draft, isRoot: Bool = false
  ) throws(Diagnostic) -> Draft.Node {
    switch expression.kind {
    case .binary(let operation, let left, let right, _) where operation.isChainable:
      let first = try build(left, &draft)
      return .binary(operation, first, try build(right, &draft), expression)
    case .unary(.negate, let inner) where expression.isCompound:
      return .negate(try build(inner, &draft), expression)
    case .call(let function, let arguments):
      if let (name, operation) = chainedBuiltin(function, arguments, isRoot: isRoot) {
        let callee = try operand(function)
        draft.builtins.append((callee, name))
        var operands: [Draft.Node] = []
        for argument in arguments { operands.append(try build(argument.value, &draft)) }
        return .call(callee, operation, operands, expression)
      }
    default: break
    }
    let leaf = try operand(expression)
    if !draft.leaves.contains(leaf) { draft.leaves.append(leaf) }
    return .leaf(leaf, expression)
  }

  private static func node(_ tree: Draft.Node, _ leaves: [Operand]) -> ElementwiseChain.Node {
    switch tree {
    case .leaf(let operand, _): .leaf(leaves.firstIndex(of: operand) ?? 0)
    case .negate(let inner, _): .negate(node(inner, leaves))
    case .call(_, let operation, let operands, _):
      .call(operation, operands.map { node($0, leaves) })
    case .binary(let operation, let left, let right, _):
      .binary(operation, node(left, leaves), node(right, leaves))
    }
  }

  // MARK: The plain instructions

  private func emitPlain(_ node: Draft.Node, into target: Operand) throws(Diagnostic) {
    let mark = builder.nextTemporary
    defer { builder.release(to: mark) }
    let span = node.expression.span
    switch node {
    case .leaf(let operand, _): move(operand, into: target, span)
    case .negate(let inner, _):
      let value = try plainOperand(inner)
      builder.emit(
        Instruction(.negate, a: target.bits, b: value.bits),
        at: Site(span, [inner.expression.span]))
    case .call(let callee, _, let operands, _):
      let arguments = operands.map { _ in builder.temporary() }
      for (operand, argument) in zip(operands, arguments) {
        try emitPlain(operand, into: argument)
      }
      builder.emit(
        Instruction(
          .call, extra: operands.count, a: target.bits, b: callee.bits,
          c: arguments[0].bits),
        at: Site(span, [span] + operands.map(\.expression.span)))
    case .binary(let operation, let left, let right, _):
      let first = try plainOperand(left)
      let second = try plainOperand(right)
      builder.emit(
        Instruction(Opcode(operation), a: target.bits, b: first.bits, c: second.bits),
        at: Site(span, [left.expression.span, right.expression.span]))
    }
  }

  private func plainOperand(_ node: Draft.Node) throws(Diagnostic) -> Operand {
    if case .leaf(let operand, _) = node { return operand }
    let register = builder.temporary()
    try emitPlain(node, into: register)
    return register
  }
}

extension BinaryOperator {
  /// Whether it may stand in a chain.
  var isChainable: Bool {
    switch self {
    case .add, .subtract, .multiply, .divide, .power, .remainder: true
    default: false
    }
  }
}
