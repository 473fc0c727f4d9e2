import Language
import Operations
import Tensors

// Calls of builtins: operands become inputs, the rest options.

extension EvaluationRecorder {
  /// What a builtin was given.
  struct Given {
    let values: [Value]
    private let names: [String?]

    init(_ values: [Value], names: [String?]) {
      self.values = values
      self.names = names
    }

    /// The parameter of each argument, in the order given; all that a variadic one takes.
    func parameters(of builtin: Builtin) -> [String] {
      let parameters = builtin.declaration.parameters
      var position = 0
      return values.indices.map { index in
        if names.indices.contains(index), let name = names[index] { return name }
        guard parameters.indices.contains(position) else { return "" }
        let parameter = parameters[position]
        if !parameter.isVariadic { position += 1 }
        return parameter.name
      }
    }
  }

  /// An argument and the parameter that it is for.
  private typealias Bound = (parameter: String, trace: Trace)

  /// Parameters of builtins that are settings rather than operands, whatever their kind.
  private static let settings: Set<String> = [
    "ddof", "repeats", "min", "max", "decimals", "width", "q",
  ]

  private static func isSetting(_ parameter: Parameter, of name: String) -> Bool {
    switch parameter.kind {
    case .number where name == "pad": true
    case .axes, .shape, .integer, .bool, .string, .choice: true
    default: settings.contains(parameter.name)
    }
  }

  /// Settings that make another function of a builtin, whose rule is that of its default.
  private static let untreatedSettings: [String: Set<String>] = [
    "diag": ["k"], "norm": ["ord"], "cross_entropy": ["smooth", "weights"],
    "averageCE": ["smooth", "weights"], "bce": ["smooth", "weights"],
  ]

  /// Whether a setting is given as what it is without being given.
  private func isDefault(_ bound: Bound, of name: String) -> Bool {
    switch (name, bound.parameter, bound.trace.value) {
    case ("softmax", "axis", .number(-1)), ("log_softmax", "axis", .number(-1)): true
    case ("norm", "ord", .none): true
    default: false
    }
  }

  /// What a builtin gave.
  func result(of builtin: Builtin, _ given: Given, _ value: Value) throws -> Trace {
    let name = builtin.declaration.name
    guard isDeriving else { return try shown(builtin, bind(builtin, given), value) }
    try refuseRandomness(name)
    let bound = try bind(builtin, given).filter { !isDefault($0, of: name) }
    if let settings = Self.untreatedSettings[name],
      let setting = bound.first(where: { settings.contains($0.parameter) })?.parameter
    {
      throw unsupported("\(name) with \(setting)")
    }
    switch name {
    case "print", "assert": return Trace(value)
    case "compute": if let trace = try compute(builtin, bound) { return trace }
    case "matmul", "dot", "max", "min":
      if let trace = try product(name, bound, value) { return trace }
    case "gradCE":
      if let pair = ordered(bound, builtin) {
        return try binary(.subtract, pair[1], pair[0], value)
      }
    case "bce" where bound.count == 2:
      let nodes = try ["target", "prediction"].compactMap { name in
        try bound.first { $0.parameter == name }.map { try node(of: $0.trace, for: value) }
      }
      if nodes.count == 2 {
        return trace(of: try binaryCrossEntropy(nodes[0], nodes[1]), as: value)
      }
    case "concat", "stack": return try joined(name, bound, value)
    default: break
    }
    if bound.contains(where: { $0.trace.value.isFunction }) || !value.isTensorLike {
      return try trace(of: value)
    }
    return try operation(of: builtin, bound, value)
  }

  /// What an operation gave that takes values and settings.
  private func operation(of builtin: Builtin, _ bound: [Bound], _ value: Value) throws -> Trace {
    let name = builtin.declaration.name
    let (inputs, options) = try operands(of: builtin, bound, value)
    // A value that comes out as it went in is the same intermediate.
    if value.isOnTape, let same = inputs.first(where: { Value($0.variable).isSame(as: value) }) {
      return Trace(value, node: same)
    }
    let isCut =
      switch builtin.differentiation {
      case .constant, .stepwise: true
      case .differentiable, .refused: false
      }
    guard inputs.contains(where: \.isOnPath), !isCut else {
      // What the tape records all the same, the arguments being no tensors, it knows best.
      return value.isOnTape && !isCut
        ? try trace(of: value) : try constant(name, inputs, options, value)
    }
    if let setting = bound.first(where: { $0.trace.value.isOnTape && !inputs.holds($0.trace) }) {
      throw unsupported("\(name) whose \(setting.parameter) depends on \(target ?? "it")")
    }
    if name == "log_softmax", let logits = inputs.first {
      return trace(of: try logSoftmax(logits, options), as: value)
    }
    if let plain = try plainCrossEntropy(name, inputs, options) {
      return trace(of: plain, as: value)
    }
    return try operate(name, inputs, options, value)
  }

  /// A product of two by its operator; of two numbers also the larger and the smaller.
  private func product(_ name: String, _ bound: [Bound], _ value: Value) throws -> Trace? {
    guard bound.count == 2 else { return nil }
    let (left, right) = (bound[0].trace, bound[1].trace)
    let areNumbers = [left, right].map { (try? node(of: $0, for: value))?.rank == 0 }
    switch name {
    case "matmul": return try binary(.matmul, left, right, value)
    case "dot":
      return try binary(areNumbers.contains(true) ? .multiply : .matmul, left, right, value)
    default:
      guard areNumbers == [true, true] else { return nil }
      return try operate(
        name == "max" ? "maximum" : "minimum", [node(of: left), node(of: right)], .init(), value)
    }
  }

  private func bind(_ builtin: Builtin, _ given: Given) throws -> [Bound] {
    let part = stack.last
    let candidates = (part?.arguments ?? []) + (part?.latest.map { [$0] } ?? [])
    return try zip(given.parameters(of: builtin), given.values).enumerated().map {
      index, argument in
      let first = candidates.indices.contains(index) ? [candidates[index]] : []
      return (argument.0, try trace(of: argument.1, among: first + candidates))
    }
  }

  /// The arguments of a builtin of which each is given, in the order of its parameters.
  private func ordered(_ bound: [Bound], _ builtin: Builtin) -> [Trace]? {
    let parameters = builtin.declaration.parameters
    let traces = parameters.compactMap { parameter in
      bound.first { $0.parameter == parameter.name }?.trace
    }
    return traces.count == parameters.count ? traces : nil
  }

  /// The operands as intermediates, and the settings, both in the order of the parameters.
  private func operands(
    of builtin: Builtin, _ bound: [Bound], _ value: Value
  ) throws -> (inputs: [Node], options: Node.Options) {
    let (name, parameters) = (builtin.declaration.name, builtin.declaration.parameters)
    let order = parameters.map(\.name)
    let settings = Set(parameters.filter { Self.isSetting($0, of: name) }.map(\.name))
    let tensors = Set(parameters.filter { $0.kind == .tensor }.map(\.name)).subtracting(settings)
    var inputs: [Node] = []
    var options = Node.Options()
    let sorted = bound.enumerated().sorted {
      (order.firstIndex(of: $0.element.parameter) ?? 0, $0.offset)
        < (order.firstIndex(of: $1.element.parameter) ?? 0, $1.offset)
    }
    for (parameter, trace) in sorted.map(\.element) {
      if tensors.contains(parameter) {
        inputs.append(try node(of: trace, for: value))
      } else if !settings.contains(parameter), let node = trace.node {
        inputs.append(node)
      } else {
        options.arguments.append((parameter, try trace.value.detached()))
      }
    }
    return (inputs, options)
  }

  /// A call that no derivative passes through.
  private func constant(
    _ name: String, _ inputs: [Node], _ options: Node.Options, _ value: Value
  ) throws -> Trace {
    if name == "shape", let first = inputs.first {
      return Trace(value, items: try lengths(of: first))
    }
    if name == "len", let first = inputs.first, let length = try lengths(of: first).first {
      return Trace(value, node: length.node)
    }
    guard value.isTensorLike else { return try trace(of: value) }
    let variable = try variable(of: value).detached
    let node = try graph.operate(name, inputs, options, isConstant: true, at: span, in: source) {
      _ in variable
    }
    return trace(of: node, as: Value(variable.tensor))
  }

  /// A derivation needs the same values again.
  private func refuseRandomness(_ name: String) throws {
    let random = graph.machine.random
    guard random.generator != generator else { return }
    random.generator = generator
    throw unsupported("new random numbers", hint: "draw them before: r = \(name)(…)")
  }

  // MARK: Builtins that are shown as what they stand for

  /// A call that `explain` shows: what the builtin gave, with its operands and settings.
  private func shown(_ builtin: Builtin, _ bound: [Bound], _ value: Value) throws -> Trace {
    let name = builtin.declaration.name
    let tensors = Set(
      builtin.declaration.parameters.filter { $0.kind == .tensor }.map(\.name))
    var inputs: [Trace] = []
    var options = Node.Options()
    for (parameter, trace) in bound {
      if trace.node != nil, tensors.contains(parameter) {
        inputs.append(trace)
      } else if !trace.value.isFunction {
        options.arguments.append((parameter, trace.value))
      }
    }
    if inputs.count == 3, name == "compute", let x = inputs[0].node, let weights = inputs[1].node {
      let product = try graph.operate("@", [x, weights], at: span, in: source) {
        try .matmul($0[0], $0[1])
      }
      return try computed(value, "+", [Trace(.none, node: product), inputs[2]])
    }
    if inputs.isEmpty { return try trace(of: value) }
    return try computed(value, Self.shownName(name, inputs), inputs, options)
  }

  /// A product of two is shown as one, by its operator; a truth value is no operand of it.
  private static func shownName(_ name: String, _ inputs: [Trace]) -> String {
    guard ["matmul", "dot"].contains(name), inputs.count == 2 else { return name }
    return inputs.contains { $0.node?.rank == 0 } ? "*" : "@"
  }

  /// `compute(x, W, b)` is x W + b.
  private func compute(_ builtin: Builtin, _ bound: [Bound]) throws -> Trace? {
    guard let parts = try ordered(bound, builtin)?.map({ try node(of: $0) }), parts.count == 3
    else {
      return nil
    }
    let product = try graph.operate("@", [parts[0], parts[1]], at: span, in: source) {
      try .matmul($0[0], $0[1])
    }
    let sum = try graph.operate("+", [product, parts[2]], at: span, in: source) {
      try .add($0[0], $0[1])
    }
    register(product)
    return trace(of: sum, as: Value(sum.variable))
  }

  /// `concat([a, b], axis=…)` and `stack`.
  private func joined(_ name: String, _ bound: [Bound], _ value: Value) throws -> Trace {
    guard let parts = bound.first(where: { $0.parameter == "parts" })?.trace,
      let items = try elements(of: parts), value.isTensorLike
    else { return try trace(of: value) }
    let nodes = try items.map { try node(of: $0) }
    let axis = bound.first { $0.parameter == "axis" }?.trace.value.asNumber() ?? 0
    let rank = (nodes.first?.rank ?? 0) + (name == "stack" ? 1 : 0)
    var options = Node.Options()
    options.arguments = [("axis", .number(axis < 0 ? axis + Double(rank) : axis))]
    return try operate(name, nodes, options, value)
  }

  /// The cross-entropy of what it is called with. The builtin computes it from the logits where it
  /// can, and the derivative with respect to the probabilities would not be on the tape.
  private func plainCrossEntropy(
    _ name: String, _ inputs: [Node], _ options: Node.Options
  ) throws -> Node? {
    guard name == "cross_entropy" || name == "averageCE", inputs.count == 2,
      inputs[0].shape == inputs[1].shape
    else { return nil }
    let count = inputs[0].shape.count
    let columns = inputs[0].rank < 2 ? count : inputs[0].shape.dimensions.last ?? 1
    let divisor = name == "averageCE" ? count : count / max(1, columns)
    return try graph.operate(name, inputs, options, at: span, in: source) {
      try .divide(.sum(.multiply($0[0], .log($0[1]))), Variable(-Double(divisor)))
    }
  }
}

extension [Node] {
  /// Whether what is known of a value is one of these.
  fileprivate func holds(_ trace: Trace) -> Bool {
    contains { $0 === trace.node || Value($0.variable).isSame(as: trace.value) }
  }
}

extension Value {
  /// The value watched by no tape.
  fileprivate func detached() throws -> Value {
    if case .traced(let box) = self { return Value(box.content.tensor) }
    return self
  }
}
