import Language
import Library
import Operations
import Syntax
import Tensors

extension Tracer {
  /// Parameters of builtins that are operands rather than settings.
  private static let settings: Set<String> = [
    "axis", "keepdims", "ddof", "shape", "axes", "repeats", "min", "max", "decimals",
  ]

  /// A builtin's call: its operands become inputs, the rest its options, and the builtin itself
  /// computes the value.
  func invoke(_ builtin: Builtin, _ given: [Given], _ span: Span) throws -> Traced {
    let name = builtin.declaration.name
    guard isDeriving else { return try shown(builtin, given, span) }
    if ["print", "assert"].contains(name) { return .value(.none, nil) }
    if name == "compute", let result = try compute(given, span) { return result }
    if name == "matmul" || name == "dot", given.count == 2 {
      return try binary(
        .matmul, given[0].value, given[1].value, given[0].span, given[1].span, span)
    }
    if name == "gradCE", let pair = try operands(builtin, given) {
      return try binary(
        .subtract, .node(pair[1]), .node(pair[0]), given[0].span, given[0].span, span)
    }
    if name == "concat" || name == "stack" { return try joined(builtin, given, span) }
    let order = builtin.declaration.parameters.map(\.name)
    let bound = bind(builtin, given).sorted {
      (order.firstIndex(of: $0.0) ?? 0) < (order.firstIndex(of: $1.0) ?? 0)
    }
    var inputs: [Node] = []
    var options = Node.Options()
    let operands = Set(builtin.declaration.parameters.filter { $0.kind == .tensor }.map(\.name))
    for (parameter, argument) in bound {
      if operands.contains(parameter) {
        inputs.append(try node(argument.value, argument.span))
      } else if !Self.settings.contains(parameter), case .node(let node) = argument.value {
        inputs.append(node)
      } else if argument.value.isFunction {
        throw unsupported("\(name) with a function", span)
      } else {
        guard !isOnPath(argument.value) else { throw unsupported("\(name) of this", span) }
        options.arguments.append((parameter, try plain(argument.value, argument.span)))
      }
    }
    guard inputs.contains(where: \.isOnPath) else {
      return try constantCall(builtin, given, inputs, options, span)
    }
    switch builtin.differentiation {
    case .constant, .stepwise: return try constantCall(builtin, given, inputs, options, span)
    case .refused(let reason): throw RuntimeError.notDifferentiable(name, reason: reason)
    case .differentiable: break
    }
    let node = try graph.operate(name, inputs, options, at: span, in: source) { variables in
      try self.result(builtin, given, inputs, variables, span)
    }
    return .node(try recognized(node, at: span))
  }

  /// Calls the builtin with the operands' variables in place of the nodes.
  private func result(
    _ builtin: Builtin, _ given: [Given], _ inputs: [Node], _ variables: [Variable],
    _ span: Span
  ) throws -> Variable {
    var values: [Value] = []
    for argument in given {
      if case .node(let node) = argument.value,
        let index = inputs.firstIndex(where: { $0 === node })
      {
        values.append(.init(recorded: variables[index]))
      } else {
        values.append(try plain(argument.value, argument.span))
      }
    }
    let value: Value
    switch builtin.declaration.name {
    // The sweep must pass through the prediction, which the fused losses step over.
    case "cross_entropy", "averageCE":
      guard variables.count == 2, variables[0].shape == variables[1].shape else { fallthrough }
      let rows =
        variables[0].rank < 2
        ? 1
        : variables[0].count
          / max(1, variables[0].shape.dimensions.last ?? 1)
      let divisor = builtin.declaration.name == "averageCE" ? variables[0].count : rows
      let total = try Variable.sum(.multiply(variables[0], .log(variables[1])))
      return try .divide(total, Variable(-Double(divisor)))
    default:
      value = try builtin.invoke(
        values, names: given.map(\.name), interpreter: graph.machine)
    }
    switch value {
    case .traced(let box): return box.content
    default:
      guard let tensor = try value.asTensor() else { throw unsupported("this result", span) }
      return Variable(tensor)
    }
  }

  /// A call of a derivation that no derivative passes through.
  private func constantCall(
    _ builtin: Builtin, _ given: [Given], _ inputs: [Node], _ options: Node.Options, _ span: Span
  ) throws -> Traced {
    let name = builtin.declaration.name
    // Operations that are shown as such keep their operands.
    if DerivationRule.table[name] != nil, !inputs.isEmpty, inputs.allSatisfy({ !$0.isOnPath }) {
      return .node(
        try graph.operate(name, inputs, options, at: span, in: source) { variables in
          try self.result(builtin, given, inputs, variables, span)
        })
    }
    if let lengths = try lengths(name, inputs, span) { return lengths }
    let value = try withoutRandomness(span) { try machineResult(builtin, given) }
    switch value {
    case .number, .tensor:
      return .node(
        try graph.operate(name, inputs, options, isConstant: true, at: span, in: source) { _ in
          let tensor = try value.asTensor() ?? Tensor.scalar(0, .f64)
          return Variable(tensor.elementType == .f32 ? try tensor.cast(to: .f64) : tensor)
        })
    default: return try traced(constant: value, at: span)
    }
  }

  /// `shape(x)` and `len(x)`: the lengths of axes, which formulas call by their names.
  private func lengths(_ name: String, _ inputs: [Node], _ span: Span) throws -> Traced? {
    guard inputs.count == 1 else { return nil }
    if name == "shape" { return try lengths(of: inputs[0], span) }
    guard name == "len", let first = inputs[0].axes.first else { return nil }
    let length = try graph.number(Double(first.size), at: span, in: source)
    length.dimension = first
    return .node(length)
  }

  /// What the builtin itself gives.
  private func machineResult(_ builtin: Builtin, _ given: [Given]) throws -> Value {
    try builtin.invoke(
      try given.map { try plain($0.value, $0.span) }, names: given.argumentNames,
      interpreter: graph.machine)
  }

  /// A call that `explain` shows: what the builtin gives, with its operands and settings.
  private func shown(_ builtin: Builtin, _ given: [Given], _ span: Span) throws -> Traced {
    let name = builtin.declaration.name
    let value = try machineResult(builtin, given)
    var inputs: [Traced] = []
    var options = Node.Options()
    let operands = Set(
      builtin.declaration.parameters.filter { $0.kind == .tensor }.map(\.name))
    for (parameter, argument) in bind(builtin, given) {
      if case .node = argument.value, operands.contains(parameter) {
        inputs.append(argument.value)
      } else if !argument.value.isFunction {
        options.arguments.append((parameter, try plain(argument.value, argument.span)))
      }
    }
    if inputs.count == 3, name == "compute", case .node(let x) = inputs[0],
      case .node(let weights) = inputs[1]
    {
      let product = try graph.operate("@", [x, weights], at: span, in: source) {
        try .matmul($0[0], $0[1])
      }
      return try computed(value, "+", [.node(product), inputs[2]], at: span)
    }
    let operation = ["matmul", "dot"].contains(name) ? "@" : name
    if inputs.isEmpty { return try traced(constant: value, at: span) }
    return try computed(value, operation, inputs, options, at: span)
  }

  // MARK: Arguments

  /// What was given for each parameter, in the order given; all that a variadic one takes.
  private func bind(_ builtin: Builtin, _ given: [Given]) -> [(String, Given)] {
    let parameters = builtin.declaration.parameters
    var position = 0
    return given.map { argument in
      if let name = argument.name { return (name, argument) }
      guard parameters.indices.contains(position) else { return ("", argument) }
      let parameter = parameters[position]
      if !parameter.isVariadic { position += 1 }
      return (parameter.name, argument)
    }
  }

  /// The operands of a builtin of two, in the order of its parameters.
  private func operands(_ builtin: Builtin, _ given: [Given]) throws -> [Node]? {
    let names = builtin.declaration.parameters.map(\.name)
    let bound = bind(builtin, given)
    let nodes = try names.compactMap { name in
      try bound.first { $0.0 == name }.map { try node($0.1.value, $0.1.span) }
    }
    return nodes.count == names.count ? nodes : nil
  }

  /// `compute(x, W, b)` is x W + b.
  private func compute(_ given: [Given], _ span: Span) throws -> Traced? {
    guard let builtin = Builtin.named("compute"), let parts = try operands(builtin, given),
      parts.count == 3
    else { return nil }
    let product = try graph.operate("@", [parts[0], parts[1]], at: span, in: source) {
      try .matmul($0[0], $0[1])
    }
    return .node(
      try graph.operate("+", [product, parts[2]], at: span, in: source) {
        try .add($0[0], $0[1])
      })
  }

  /// `concat([a, b], axis=…)` and `stack`.
  private func joined(_ builtin: Builtin, _ given: [Given], _ span: Span) throws -> Traced {
    let name = builtin.declaration.name
    let bound = bind(builtin, given)
    guard let parts = bound.first(where: { $0.0 == "parts" })?.1,
      case .list(let items) = parts.value, items.allSatisfy(\.isNumeric), !items.isEmpty
    else { throw unsupported("\(name) of this", span) }
    let nodes = try items.map { try node($0, parts.span) }
    var axis = 0
    if let given = bound.first(where: { $0.0 == "axis" })?.1 {
      guard let number = try plain(given.value, given.span).asNumber(),
        let whole = Int(exactly: number)
      else { throw unsupported("\(name) along this axis", span) }
      axis = whole
    }
    let shape = nodes.first?.shape ?? .scalar
    let isStack = name == "stack"
    let rank = shape.rank + (isStack ? 1 : 0)
    guard (-rank..<rank).contains(axis) else {
      throw TensorError.axisOutOfRange(axis: axis, rank: rank)
    }
    if axis < 0 { axis += rank }
    var options = Node.Options()
    options.arguments = [("axis", .number(Double(axis)))]
    return .node(
      try graph.operate(name, nodes, options, at: span, in: source) {
        try name == "concat" ? .concatenate($0, axis: axis) : .stack($0, axis: axis)
      })
  }
}

extension [Tracer.Given] {
  /// The names by which arguments are given; none at all where no argument is.
  var argumentNames: [String?] { contains { $0.name != nil } ? map(\.name) : [] }
}

extension Traced {
  /// Whether it is called rather than computed with.
  var isFunction: Bool {
    switch self {
    case .closure, .value(.function, _): true
    default: false
    }
  }
}

extension Value {
  /// An operand for a builtin: traced where a tape watches it.
  init(recorded variable: Variable) {
    self = variable.isConstant ? Value(variable.tensor) : .traced(Box(variable))
  }
}
