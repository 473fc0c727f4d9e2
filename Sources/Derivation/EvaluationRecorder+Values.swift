import Language
import Operations
import Syntax
import Tensors

// What is known of a value.

extension EvaluationRecorder {
  /// The value as one of those seen before; nil where it is none of them.
  func known(_ value: Value) throws -> Trace? {
    switch value {
    case .traced(let box):
      guard let position = graph.tape.position(of: box.content) else { return nil }
      return Trace(value, node: try node(at: position))
    case .tensor(let box):
      return nodesByIdentity[box.content.identity].map { Trace(value, node: $0.node) }
    default: return nil
    }
  }

  /// The value among some, or known from before, or by itself.
  func trace(of value: Value, among candidates: [Trace] = []) throws -> Trace {
    if let found = candidates.first(where: { $0.value.isSame(as: value) }) { return found }
    for case let items? in candidates.map(\.items) {
      if let found = items.first(where: { $0.value.isSame(as: value) }) { return found }
    }
    if let found = try known(value) { return found }
    if case .number(let number) = value {
      return Trace(value, node: try graph.number(number, at: span, in: source))
    }
    return Trace(value)
  }

  /// The elements of a list; nil of anything else.
  func elements(of trace: Trace) throws -> [Trace]? {
    guard case .list(let box) = trace.value else { return nil }
    if let items = trace.items, items.count == box.content.count { return items }
    return try box.content.map { try self.trace(of: $0) }
  }

  /// The intermediate that a value is.
  ///
  /// - Parameter result: what was computed from it, where the machine made a tensor of a list.
  func node(of trace: Trace, for result: Value? = nil) throws -> Node {
    if let node = trace.node { return node }
    if let node = try known(trace.value)?.node { return node }
    if let elements = try elements(of: trace) {
      return try bracket(of: elements.map { try node(of: $0) }, nil, for: result)
    }
    if case .function = trace.value { throw unsupported("a function here") }
    guard let tensor = try trace.value.asTensor() else {
      throw unsupported("\(trace.value.kindPhrase) here")
    }
    return try leaf(tensor, trace.text)
  }

  /// A value that is taken as it stands.
  ///
  /// - Parameter text: code that gives it wherever it is read; nil where none does, as names in it
  ///   would be those of a function.
  func leaf(_ tensor: Tensor, _ text: String?) throws -> Node {
    let node: Node
    if let text, Node.isShort(text) {
      node = try graph.leaf(text, tensor, at: span, in: source)
    } else if tensor.rank == 0, let number = tensor.item {
      return try graph.number(number, at: span, in: source)
    } else {
      node = try graph.leaf(
        Node.identifier(in: source.text(in: span)), tensor, at: span, in: source)
      node.isCaptured = true
    }
    register(node, as: tensor)
    register(node)
    return node
  }

  /// A node as the value that the machine gave, or, where derivatives are followed, in Float64.
  func trace(of node: Node, as value: Value) -> Trace {
    register(node)
    switch value {
    case .number where !node.isOnPath: return Trace(value, node: node)
    case _ where !isDeriving: return Trace(value, node: node)
    default: return Trace(Value(node.variable), node: node)
    }
  }

  /// The variable that a value is: on the tape where that records it, otherwise in Float64 where
  /// derivatives are followed.
  func variable(of value: Value) throws -> Variable {
    if case .traced(let box) = value { return box.content }
    guard let tensor = try value.asTensor() else {
      throw unsupported("\(value.kindPhrase) here")
    }
    return Variable(
      graph.isExact && tensor.elementType == .f32 ? try tensor.cast(to: .f64) : tensor)
  }

  /// What an operation gave from operands that no derivative passes through.
  func computed(
    _ value: Value, _ name: String, _ operands: [Trace], _ options: Node.Options = .init()
  ) throws -> Trace {
    guard value.isTensorLike else { return Trace(value) }
    let inputs = try operands.compactMap { try $0.node ?? known($0.value)?.node ?? unnamed($0) }
    let variable = try variable(of: value)
    guard inputs.count == operands.count else {
      return try known(value) ?? trace(of: leaf(variable.tensor, nil), as: value)
    }
    let node = try graph.operate(name, inputs, options, isConstant: true, at: span, in: source) {
      _ in variable
    }
    return trace(of: node, as: value)
  }

  /// Where only values are shown, a tensor that nothing observed gave, as a part of a record that
  /// was written to: what is computed from it has its cost all the same.
  private func unnamed(_ trace: Trace) throws -> Node? {
    guard !isDeriving, case .tensor(let box) = trace.value else { return nil }
    return try leaf(box.content, nil)
  }

  // MARK: What only the tape knows

  /// The intermediate at a place of the tape; where no expression gave it, by what was recorded.
  func node(at position: Int) throws -> Node {
    if let known = nodesByPosition[position] { return known }
    guard let (step, result) = graph.tape.step(at: position), let name = Self.name(of: step)
    else { throw unsupported("this") }
    var inputs: [Node] = []
    for (parent, tensor) in zip(step.parents, step.inputs) {
      let known = parent >= 0 ? try node(at: parent) : nodesByIdentity[tensor.identity]?.node
      inputs.append(try known ?? leaf(tensor, nil))
    }
    var options = Node.Options()
    options.indices = step.indices
    options.places = [Notation.code(of: step.indices)]
    if name == "reshape" {
      options.arguments = step.output.shape.dimensions.map { ("shape", .number(Double($0))) }
    }
    if name == "stack" { options.arguments = [("axis", .number(0))] }
    if name == "assign",
      DerivationRule.placed(
        at: step.indices, in: inputs[0], "", options.indexText) == nil
    {
      options.isWritable = false
    }
    let node = try graph.operate(name, inputs, options, at: span, in: source) { _ in result }
    nodesByPosition[position] = node
    return node
  }

  /// Recorded operations that the machine applies by itself, as it walks over a tensor or writes
  /// to a part, and what they are called here.
  private static let symbols = [
    "index": "index", "assign": "assign", "stack": "stack", "add": "+", "subtract": "-",
    "multiply": "*", "divide": "/", "power": "^", "matmul": "@", "negate": "neg",
  ]

  /// Operations without settings, or whose settings the shape of the result tells.
  private static let plainNames = Set(
    UnaryOperation.allCases.map(\.name) + BinaryOperation.allCases.map(\.name)
      + ["softmax", "reshape"])

  /// What an operation is called here; nil where the recording does not tell enough of it.
  static func name(of step: Recording.Step) -> String? {
    if let symbol = symbols[step.name] { return symbol }
    return plainNames.contains(step.name) ? step.name : nil
  }

  /// The variable of a list of nodes that the machine made a tensor of, to compute a result.
  func stacked(_ nodes: [Node], for result: Value?) throws -> Variable? {
    guard case .traced(let box)? = result,
      let position = graph.tape.position(of: box.content),
      let (step, _) = graph.tape.step(at: position)
    else { return nil }
    let wanted = nodes.map { graph.tape.position(of: $0.variable) ?? -1 }
    for parent in [position] + step.parents where parent >= 0 {
      guard let (inner, variable) = graph.tape.step(at: parent), inner.name == "stack",
        inner.parents == wanted
      else { continue }
      return variable
    }
    return nil
  }
}

extension Node {
  /// Whether an expression's text may stand in a formula as it is.
  static func isShort(_ text: String) -> Bool { text.utf8.count <= 32 && !text.contains("\n") }

  /// A name made of the letters of an expression: what stands for a value that no name gives.
  static func identifier(in text: String) -> String {
    let letters = text.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
    guard let first = letters.first, first.isLetter, letters.count <= 12 else { return "c" }
    return String(letters)
  }
}
