import Language
import Operations
import Syntax
import Tensors

// Variables: what they are called in formulas, and what they hold.

extension EvaluationRecorder {
  /// Equal for what is one variable.
  func key(_ text: String, _ isLocal: Bool) -> String { (isLocal ? "local " : "") + text }

  /// Whether the variable of the derivation is one of a function around the loss.
  private var isTargetLocal: Bool { place.map { !$0.isGlobal } ?? false }

  /// What a name gave.
  func named(_ name: String, _ part: Part, _ value: Value) throws -> Trace {
    let isOwn = part.observed.owner == .function
    if isOwn || part.observed.owner == .functionAround,
      let found = variable(name, at: part.depth, holding: value)
    {
      return found
    }
    if case .traced = value, let found = try known(value) { return found }
    if part.depth == outermost {
      return try variable(value, name, isLocal: part.observed.owner == .functionAround)
    }
    guard isOwn || part.observed.owner == .functionAround else {
      return try variable(value, name, isLocal: false)
    }
    if let found = try known(value) { return found }
    guard value.isTensorLike, let tensor = try value.asTensor() else { return Trace(value) }
    // A variable that a function took along; the same node each time.
    let bits = tensor.rank == 0 ? "\(tensor.item?.bitPattern ?? 0)" : "\(tensor.identity.hashValue)"
    let node = try graph.leaf(
      name, tensor, sharedAs: "captured \(name) \(bits)", at: span, in: source)
    node.isCaptured = true
    register(node, as: tensor)
    return trace(of: node, as: value)
  }

  /// A variable of the running function or of one around it.
  private func variable(_ name: String, at depth: Int, holding value: Value) -> Trace? {
    for depth in stride(from: depth, through: outermost, by: -1) {
      if let found = scopes[depth]?[name], found.value.isSame(as: value) { return found }
    }
    return nil
  }

  /// A variable's value, or a field's of it.
  ///
  /// - Parameter isLocal: whether the variable belongs to a function around the loss.
  func variable(_ value: Value, _ text: String, isLocal: Bool) throws -> Trace {
    guard value.isTensorLike, let tensor = try value.asTensor() else {
      return Trace(value, text: isLocal && !isTargetLocal ? nil : text)
    }
    let node = try graph.leaf(
      text, tensor, sharedAs: key(text, isLocal), at: span, in: source)
    node.isLocal = isLocal
    register(node, as: tensor)
    return trace(of: node, as: value)
  }

  // MARK: Assignments

  package func didAssign(
    _ value: Value, to name: String, part: (index: Int, count: Int), depth: Int
  ) throws {
    guard followsCalls else { return }
    var trace: Trace?
    if part.count == 1 {
      trace = recent.last
    } else if let items = recent.last?.items, items.count == part.count {
      trace = items[part.index]
    } else if recent.count >= part.count {
      trace = recent[recent.count - part.count + part.index]
    }
    try refusing {
      set(name, try self.trace(of: value, among: trace.map { [$0] } ?? []), depth)
    }
  }

  /// Gives a variable what it holds, and a computed node the name that the code calls it by, where
  /// it has none yet.
  private func set(_ name: String, _ trace: Trace, _ depth: Int) {
    scopes[depth, default: [:]][name] = trace
    if let node = trace.node, !node.isLeaf, node.name == nil { node.name = name }
  }

  /// The variables of a function that begins: its arguments by the names of its parameters.
  func enterScope(_ parameters: [(name: String, value: Value)], _ depth: Int) {
    scopes[depth] = [:]
    let given = stack.last.map { $0.arguments } ?? []
    for (index, parameter) in parameters.enumerated() {
      var candidates = given
      if given.indices.contains(index) { candidates.insert(given[index], at: 0) }
      guard let trace = try? self.trace(of: parameter.value, among: candidates) else { continue }
      set(parameter.name, trace, depth)
    }
  }

  // MARK: Loops

  package func willTakeTurn(
    of loop: ObservedLoop, position: Int, elements: [Value], of sequence: Value?, depth: Int
  ) throws {
    try Interrupt.check()
    guard followsCalls else { return }
    beginTurn(of: loop, isFirst: !loop.names.isEmpty && position == 0, depth: depth)
    guard let last = loop.names.last, let element = elements.last else { return }
    let key = "\(depth) \(ObjectIdentifier(loop))"
    if position == 0 || sequences[key] == nil { sequences[key] = recent.last }
    var walked = sequences[key] ?? Trace(sequence ?? .none)
    if let sequence, !walked.value.isSame(as: sequence) { walked = try trace(of: sequence) }
    try refusing {
      guard elements.count > 1 else {
        scopes[depth, default: [:]][last] = try self.element(position, of: walked, as: element)
        return
      }
      let parts = parts(position, of: walked, count: elements.count)
      for (index, (name, value)) in zip(loop.names, elements).enumerated() {
        scopes[depth, default: [:]][name] = try parts?[index] ?? trace(of: value)
      }
    }
  }

  /// What a loop takes an element apart into: the items of a list, or a record's value, where they
  /// are followed.
  private func parts(_ position: Int, of sequence: Trace, count: Int) -> [Trace]? {
    guard let items = sequence.items, items.indices.contains(position),
      let parts = items[position].items, parts.count == count
    else { return nil }
    return parts
  }

  /// An element that a loop walks over.
  private func element(_ position: Int, of sequence: Trace, as value: Value) throws -> Trace {
    if let items = sequence.items, items.indices.contains(position) { return items[position] }
    guard sequence.value.isTensorLike, value.isTensorLike else { return try trace(of: value) }
    var options = Node.Options()
    options.indices = [.at(position)]
    options.places = ["\(position)"]
    let variable = try variable(of: value)
    let node = try graph.operate(
      "index", [try node(of: sequence)], options, at: span, in: source
    ) { _ in variable }
    register(node)
    if case .tensor(let box) = value { register(node, as: box.content) }
    return Trace(value, node: node)
  }
}

extension EvaluationRecorder.Part {
  /// Whether the called function is an operand, rather than a name.
  var calleeIsOperand: Bool {
    guard case .call(let callee, _) = observed.expression.kind else { return false }
    if case .name = callee.kind { return false }
    return true
  }

  /// Of a call, the operands that are its arguments.
  var arguments: [Trace] { Array(operands.dropFirst(calleeIsOperand ? 1 : 0)) }
}
