import Language
import Library
import Networks
import Syntax
import Tensors

/// Finds the global variables that hold what a derivation's symbols stand for, so that its result
/// can use the user's own names.
struct GlobalNames {
  let machine: Machine
  let thunk: Thunk
  let target: String

  func assign(to graph: Graph) throws {
    let globals = machine.globals.userDefined.compactMap { name, value -> (String, Tensor)? in
      guard case .tensor(let box) = value, name != "ans", name != target else { return nil }
      return (name, box.content)
    }
    for node in graph.nodes
    where (!node.isLeaf || node.isCaptured) && node.rank > 0 {
      let alike = globals.filter { $0.1.shape == node.shape }
      // Of the same name; or of another, where values that tell nothing do not make them equal.
      let ordered =
        alike.filter { $0.0 == node.name ?? node.symbol }
        + (node.tensor.isTelling ? alike.filter { $0.0 != node.name ?? node.symbol } : [])
      try Interrupt.check()
      node.globalName = ordered.first { isEqual($0.1, node.tensor) }?.0
    }
  }

  private func isEqual(_ stored: Tensor, _ computed: Tensor) -> Bool {
    guard let error = try? Derivation.relativeError(stored.cast(to: .f64), computed) else {
      return false
    }
    return error < 1e-6
  }
}

/// Writes a derivation's result as nns code, and runs it.
struct ClosedCode {
  let machine: Machine
  /// Symbols in an expression that is still worth reading.
  private static let expressionLimit = 1_000

  let graph: Graph
  let thunk: Thunk
  let place: Place
  var target: String { place.description }

  /// Whether code can be written for a formula and all that it needs.
  func isWritable(_ formula: Formula) -> Bool {
    guard formula.isExpressible else { return false }
    let needed = needed(for: formula.nodes)
    return graph.nodes.allSatisfy { node in
      !needed.contains(node.identifier) || node.globalName != nil
        || node.options.isWritable && !node.options.places.contains { $0 == nil }
          && node.options.arguments.allSatisfy { Notation.code(of: $0.value) != nil }
    }
  }

  /// The values in a formula that no code outside the loss's functions can name.
  func captured(in formula: Formula) -> [Node] {
    let needed = needed(for: formula.nodes)
    return graph.nodes.filter {
      needed.contains($0.identifier) && $0.isCaptured && $0.globalName == nil
    }
  }

  /// What to say of the symbols that stand for such values.
  func captureRemarks(_ formula: Formula) -> [String] {
    captured(in: formula).compactMap { node in
      guard case .leaf(let text) = node.kind, let symbol = node.symbol else { return nil }
      if let origin = node.origin { return "\(Self.name(symbol)) stands for \(origin)" }
      let written = node.source.text(in: node.span)
      let shown = Node.isShort(written) ? written : text
      return "\(Self.name(symbol)) stands for the value of `\(shown)` inside the loss's functions"
    }
  }

  /// The builtins that the code calls and that variables of the user's hide.
  func hidden(_ code: String) -> [String] {
    let lines = code.split(separator: "\n").map(String.init)
    guard let literal = try? literal(Array(lines.dropLast()), lines.last ?? "0") else { return [] }
    return NameCollector(function: literal).free.filter {
      Builtin.named($0) != nil && machine.globals.isUserDefined($0)
        && !graph.holdsVariable($0)
    }.sorted()
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
    return notation { _ in nil }.text(formula)
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
    notation { node in node.isLeaf ? nil : node.symbol.map { (Self.name($0), .atom) } }
  }

  /// What no code can name stands by its symbol; global variables by their names.
  private func notation(_ text: @escaping (Node) -> (text: String, level: Notation.Level)?)
    -> Notation
  {
    Notation(
      style: .nns,
      nodeText: { node in
        if let name = node.globalName { return (name, .atom) }
        if node.isCaptured, let symbol = node.symbol { return (Self.name(symbol), .atom) }
        return text(node)
      }, sizeText: size)
  }

  /// A symbol as an identifier.
  static func name(_ symbol: String) -> String { symbol.replacing("~", with: "") }

  /// The length of an axis, by a variable that has it.
  private func size(_ dimension: Dimension) -> String {
    guard dimension.name != nil else { return "\(dimension.size)" }
    for node in graph.nodes {
      guard case .leaf(let text) = node.kind, text != target, !node.isCaptured, !node.isLiteral,
        text.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." }),
        let axis = node.axes.firstIndex(where: { $0.isSame(as: dimension) })
      else { continue }
      return "\(text).shape[\(axis)]"
    }
    return "\(dimension.size)"
  }

  /// Runs the code as a user would, line by line as it is printed, and compares what it gives with
  /// what `grad` gives: the greatest difference relative to the greatest element.
  func error(
    of statements: [String], _ expression: String, in formula: Formula, against gradient: Value,
    floor: Double
  ) throws -> Double {
    do {
      let literal = try literal(statements, expression)
      let function = try machine.function(
        literal, in: source(statements, expression), variables: variables(formula), isKept: false)
      let value = try withExtendedLifetime(function) {
        try machine.call(.function(function), [])
      }
      guard let tensor = try value.asTensor(), let reference = try gradient.asTensor() else {
        return .infinity
      }
      return try Derivation.relativeError(
        tensor.cast(to: .f64).asShape(ofEqualCount: reference), reference.cast(to: .f64),
        floor: floor)
    } catch {
      try Interrupt.check()
      return .infinity
    }
  }

  private func source(_ statements: [String], _ expression: String) -> SourceText {
    let lines = statements.map { "  \($0)\n" }.joined()
    return SourceText("fn derived() {\n\(lines)  return \(expression)\n}", name: "derive")
  }

  private func literal(_ statements: [String], _ expression: String) throws -> FunctionLiteral {
    let parsed = try Parser.parse(
      source(statements, expression), commands: machine.host.commandSyntax)
    guard parsed.count == 1, case .function(let literal)? = parsed.first?.kind else {
      throw Unsupported("this code", span: Span(0, 0), source: source(statements, expression))
    }
    return FunctionLiteral(
      name: nil, parameters: [], body: literal.body, span: literal.span)
  }

  /// What the code's names stand for that are no global variables.
  private func variables(_ formula: Formula) -> [(name: String, value: Value)] {
    var found = captured(in: formula).compactMap { node in
      node.symbol.map { (name: Self.name($0), value: Value(node.tensor)) }
    }
    var seen: Set<String> = []
    for node in graph.nodes where node.isLocal {
      guard case .leaf(let text) = node.kind else { continue }
      let root = text.placeRoot
      guard seen.insert(root).inserted else { continue }
      let isTarget = root == target.placeRoot && !place.isGlobal
      if let value = isTarget ? place.rootValue : thunk.lookUp(root) {
        found.append((root, value))
      }
    }
    return found
  }
}

extension Graph {
  /// Whether a variable of that name is among the leaves.
  fileprivate func holdsVariable(_ name: String) -> Bool {
    nodes.contains { node in
      guard case .leaf(let text) = node.kind, !node.isCaptured else {
        return node.globalName == name
      }
      return text.placeRoot == name
    }
  }
}

extension Tensor {
  /// Whether two tensors with these values are hardly equal by chance: neither counts nor marks.
  fileprivate var isTelling: Bool {
    guard count > 1, let numbers = try? guardedDoubles() else { return false }
    return numbers.allSatisfy(\.isFinite)
      && numbers.count { $0 != $0.rounded() } * 2 > numbers.count
      && numbers.contains { $0 != numbers[0] }
  }

  /// Itself: shapes must agree, except that a number may have one element.
  func asShape(ofEqualCount other: Tensor) throws -> Tensor {
    count == 1 && other.count == 1 && shape != other.shape
      ? try reshaped(other.shape.dimensions) : self
  }
}
