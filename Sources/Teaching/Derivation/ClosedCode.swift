import Runtime
import Syntax
import Tensors

/// Finds the global variables that hold what a derivation's symbols stand for, so that its result
/// can use the user's own names.
struct GlobalNames {
  let machine: Machine
  let thunk: Thunk
  let target: String

  func assign(to graph: Graph) {
    let globals = machine.globals.userDefined.compactMap { name, value -> (String, Tensor)? in
      guard case .tensor(let box) = value, name != "ans", name != target else { return nil }
      return (name, box.content)
    }
    for node in graph.nodes
    where (!node.isLeaf || node.isCaptured) && node.symbol != nil && node.rank > 0 {
      let alike = globals.filter { $0.1.shape == node.shape }
      let ordered = alike.filter { $0.0 == node.symbol } + alike.filter { $0.0 != node.symbol }
      node.globalName = ordered.first { isEqual($0.1, node.tensor) }?.0
      if let name = node.globalName, node.name == nil, !node.isLeaf { node.symbol = name }
    }
  }

  private func isEqual(_ stored: Tensor, _ computed: Tensor) -> Bool {
    guard let error = try? Derivation.relativeError(stored.cast(to: .f64), computed) else {
      return false
    }
    return error < 1e-6
  }
}

/// Writes a derivation's result as nns code.
struct ClosedCode {
  let machine: Machine
  /// Symbols in an expression that is still worth reading.
  private static let expressionLimit = 1_000

  let graph: Graph
  let thunk: Thunk
  let target: String

  /// Whether variables of a function are among its symbols, which no other code sees.
  var usesLocals: Bool {
    graph.nodes.contains { node in
      guard case .leaf(let text) = node.kind else { return false }
      if node.isCaptured { return node.globalName == nil }
      return thunk.isLocal(String(text.prefix { $0 != "." }))
    }
  }

  /// With global variables only, whatever else it needs written out; nil where that is too long.
  func expression(_ formula: Formula) -> String? {
    var sizes: [Int: Int] = [:]
    for node in graph.nodes {
      let isShort = node.isLeaf || node.globalName != nil
      let inner = node.inputs.reduce(1) { $0 + sizes[$1.identifier, default: 1] }
      sizes[node.identifier] = isShort ? 1 : min(inner, 1 << 20)
    }
    let total = formula.nodes.reduce(0) { $0 + sizes[$1.identifier, default: 1] }
    guard total <= Self.expressionLimit, !needsLayers(formula.nodes) else { return nil }
    return notation { node in
      if let name = node.globalName { return (name, .atom) }
      return nil
    }.text(formula)
  }

  /// With the derivation's symbols.
  func short(_ formula: Formula) -> String { symbolic().text(formula) }

  /// The statements `h = relu(z)` that define what `short` uses and no global variable holds, in
  /// the order of computation.
  func statements(_ formula: Formula) -> [String] {
    let needed = needed(for: formula.nodes)
    return graph.nodes.compactMap { node in
      guard needed.contains(node.identifier), !node.isLeaf, let symbol = node.symbol,
        !isMadeByLayer(node)
      else { return nil }
      return Self.name(symbol) + " = " + symbolic().definition(node).text
    }
  }

  /// What to say of symbols that stand for a layer's output.
  func layerRemarks(_ formula: Formula) -> [String] {
    let needed = needed(for: formula.nodes)
    return graph.nodes.compactMap { node in
      guard needed.contains(node.identifier), node.symbol != nil, isMadeByLayer(node),
        let symbol = node.symbol
      else { return nil }
      return "\(Self.name(symbol)) in the code stands for the layers' "
        + Notation.unicode.definition(node).text
    }
  }

  /// What the nodes are computed from, as far as no global variable holds it.
  private func needed(for nodes: [Node]) -> Set<Int> {
    var needed = Set(nodes.filter { $0.globalName == nil }.map(\.identifier))
    for node in graph.nodes.reversed() where needed.contains(node.identifier) {
      for input in node.inputs where input.globalName == nil { needed.insert(input.identifier) }
    }
    return needed
  }

  /// Whether a node's own definition has a layer in it that nns cannot call by itself.
  private func isMadeByLayer(_ node: Node) -> Bool {
    node.operation == "layer"
      || node.inputs.contains { $0.symbol == nil && !$0.isLeaf && isMadeByLayer($0) }
  }

  /// Whether such a layer is among what the nodes are computed from.
  private func needsLayers(_ nodes: [Node]) -> Bool {
    let needed = needed(for: nodes)
    return graph.nodes.contains { $0.operation == "layer" && needed.contains($0.identifier) }
  }

  private func symbolic() -> Notation {
    notation { node in
      if let name = node.globalName { return (name, .atom) }
      return node.isLeaf ? nil : node.symbol.map { (Self.name($0), .atom) }
    }
  }

  private func notation(_ text: @escaping (Node) -> (text: String, level: Notation.Level)?)
    -> Notation
  {
    Notation(
      style: .nns,
      nodeText: { node in
        if let found = text(node) { return found }
        return nil
      }, sizeText: size)
  }

  /// A symbol as an identifier.
  static func name(_ symbol: String) -> String { symbol.replacing("~", with: "") }

  /// The length of an axis, by a variable that has it.
  private func size(_ dimension: Dimension) -> String {
    guard dimension.name != nil else { return "\(dimension.size)" }
    for node in graph.nodes {
      guard case .leaf(let text) = node.kind, text != target,
        text.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." }),
        let axis = node.axes.firstIndex(where: { $0.isSame(as: dimension) })
      else { continue }
      return "\(text).shape[\(axis)]"
    }
    return "\(dimension.size)"
  }

  /// Evaluates the expression on the machine and compares it with what `grad` gives.
  func error(of expression: String, against gradient: Value) throws -> Double {
    let name = "derived_gradient"
    let previous = machine.globals.isUserDefined(name) ? machine.globals[name] : nil
    defer { machine.globals[name] = previous }
    let source = SourceText("\(name) = \(expression)", name: "derive")
    do {
      try machine.run(try machine.compile(source))
    } catch {
      return .infinity
    }
    guard let value = try machine.globals[name]?.asTensor(),
      let reference = try gradient.asTensor()
    else { return .infinity }
    return try Derivation.relativeError(
      value.cast(to: .f64).asShape(ofEqualCount: reference), reference.cast(to: .f64))
  }
}

extension Tensor {
  /// Itself: shapes must agree, except that a number may have one element.
  func asShape(ofEqualCount other: Tensor) throws -> Tensor {
    count == 1 && other.count == 1 && shape != other.shape
      ? try reshaped(other.shape.dimensions) : self
  }
}
