import Language
import Library
import Tensors

/// The names that a derivation has given so far: no two may look alike, neither on the terminal nor
/// in LaTeX nor in code, and code may not hide a function that it calls.
package struct SymbolNames {
  private var taken: Set<String> = []
  /// The number after the last that was given to a name.
  private var next: [String: Int] = [:]

  /// Takes a name; false where something else is written so already.
  mutating func claim(_ symbol: String) -> Bool {
    let code = ClosedCode.name(symbol)
    let isHiding = Builtin.named(code) != nil
    let forms = ["u" + SymbolText.unicode(symbol), "l" + SymbolText.latex(symbol), "c" + code]
    guard !isHiding, forms.allSatisfy({ !taken.contains($0) }) else { return false }
    taken.formUnion(forms)
    return true
  }

  /// The name, or that name with the first free number.
  mutating func claim(anyOf symbol: String) -> String {
    if claim(symbol) { return symbol }
    return claim(numbered: symbol, from: 2)
  }

  /// The name with the first free number.
  mutating func claim(numbered symbol: String, from first: Int = 1) -> String {
    var number = max(first, next[symbol] ?? first)
    while !claim("\(symbol)~\(number)") { number += 1 }
    next[symbol] = number + 1
    return "\(symbol)~\(number)"
  }

  /// Takes the name of a variable, whatever else is called so; the way it is written then, which
  /// differs where it would look like another.
  mutating func claim(variable text: String) -> String {
    if claim(text) { return text }
    taken.insert("c" + text)
    let verbatim = SymbolText.verbatim(text)
    taken.formUnion(["u" + SymbolText.unicode(verbatim), "l" + SymbolText.latex(verbatim)])
    return verbatim
  }
}

/// Chooses which intermediates of a graph a derivation calls by a name, and the names.
///
/// The user's own names come first. Of the others, what a unit squashes (z, o), what it gives (h,
/// p), what is used in two places and what lies behind several rules get a letter; the rest is
/// written out where it is used.
struct Symbols {
  /// Rules that share a line at most.
  private static let rulesPerLine = 3

  let graph: Graph
  let root: Node
  private(set) var names = SymbolNames()

  init(graph: Graph, root: Node) {
    self.graph = graph
    self.root = root
  }

  /// - Parameter isGlobal: whether the user has a global variable of a name.
  mutating func assign(isGlobal: (String) -> Bool) {
    let needed = ancestors()
    nameLeaves(needed, isGlobal)
    var globalSymbols: [String: String] = [:]
    for node in graph.nodes {
      guard let name = node.globalName, !node.isLeaf, globalSymbols[name] == nil else { continue }
      globalSymbols[name] = names.claim(variable: name)
    }
    if !root.isLeaf { root.symbol = ["L", "J", "Loss"].first { names.claim($0) } ?? "L~0" }
    let named = stops(needed)
    var counts: [String: Int] = [:]
    let letters = graph.nodes.map { node -> String? in
      guard node !== root, !node.isLeaf, named.contains(node.identifier) else { return nil }
      if let name = node.globalName {
        node.symbol = globalSymbols[name]
        return nil
      }
      if let name = node.name {
        node.symbol = names.claim(anyOf: name)
        return nil
      }
      let letter = letter(for: node)
      counts[letter, default: 0] += 1
      return letter
    }
    for (node, letter) in zip(graph.nodes, letters) {
      guard let letter else { continue }
      if counts[letter] == 1 {
        node.symbol = names.claim(anyOf: letter)
      } else {
        node.symbol = names.claim(numbered: letter)
      }
    }
  }

  /// Variables keep their names; values that no code outside names get one that is free.
  private mutating func nameLeaves(_ needed: Set<Int>, _ isGlobal: (String) -> Bool) {
    let leaves = graph.nodes.filter { $0.isLeaf && $0.number == nil }
    var roots: Set<String> = []
    for node in leaves where !node.isCaptured && !node.isLiteral {
      guard case .leaf(let text) = node.kind else { continue }
      let root = text.placeRoot
      if root != text, roots.insert(root).inserted { _ = names.claim(root) }
      node.symbol = names.claim(variable: text)
    }
    for node in leaves where node.isCaptured && needed.contains(node.identifier) {
      guard case .leaf(let text) = node.kind else { continue }
      if let name = node.globalName {
        node.symbol = names.claim(variable: name)
        continue
      }
      var name = node.isLiteral ? "c" : text
      if isGlobal(name) { name += "~2" }
      var number = 2
      while !names.claim(name) || isGlobal(ClosedCode.name(name)) {
        number += 1
        name = "\(text)~\(number)"
      }
      node.symbol = name
    }
  }

  /// The nodes that get a symbol, at which a line of the derivation may stop.
  private func stops(_ needed: Set<Int>) -> Set<Int> {
    var stops: Set<Int> = []
    // How many rules lie between a node and the next stop above it.
    var rules: [Int: Int] = [:]
    let users = users(of: needed)
    for node in graph.nodes.reversed() where needed.contains(node.identifier) && !node.isLeaf {
      guard node.isOnPath else {
        if node.name != nil || node.isActivation || Self.isLayer(node) {
          stops.insert(node.identifier)
        }
        continue
      }
      let users = users[node.identifier, default: []]
      let after = users.map { user in
        let isStop = stops.contains(user.identifier) || user === root
        return (isStop ? 0 : rules[user.identifier, default: 0]) + (Self.isPassing(user) ? 0 : 1)
      }.max()
      rules[node.identifier] = after ?? 0
      if isStop(node, users, rulesAfter: after ?? 0) { stops.insert(node.identifier) }
    }
    return stops
  }

  /// The nodes that are computed from each one, of those that are needed.
  private func users(of needed: Set<Int>) -> [Int: [Node]] {
    var users: [Int: [Node]] = [:]
    for node in graph.nodes where needed.contains(node.identifier) {
      for input in node.inputs { users[input.identifier, default: []].append(node) }
    }
    return users
  }

  /// Whether a node on the path to the variable gets a symbol: it has a name, is something that
  /// people name, is used in several places, or the line would become too long.
  private func isStop(_ node: Node, _ users: [Node], rulesAfter: Int) -> Bool {
    let isSquared = users.contains { $0.operation == "^" && $0.inputs[0] === node }
    return node.name != nil || node.isActivation || node.operation == "layer" || isSquared
      || users.contains { $0.isActivation || $0.operation == "layer" }
      || users.filter(\.isOnPath).count > 1 || rulesAfter > Self.rulesPerLine
  }

  private static func isLayer(_ node: Node) -> Bool {
    node.operation == "layer"
      || (node.operation == "reshape" && node.inputs[0].operation == "layer")
  }

  /// What the root is computed from.
  private func ancestors() -> Set<Int> {
    var found: Set<Int> = [root.identifier]
    for node in graph.nodes.reversed() where found.contains(node.identifier) {
      for input in node.inputs { found.insert(input.identifier) }
      if let companion = node.options.companion { found.insert(companion.identifier) }
    }
    return found
  }

  private static func isPassing(_ node: Node) -> Bool {
    guard let name = node.operation else { return true }
    if name == "*" { return node.inputs.contains { !$0.isOnPath } }
    return DerivationRule.table[name]?.isPassing ?? false
  }

  private func letter(for node: Node) -> String {
    switch node.operation {
    case "softmax": return "p"
    case "layer", "reshape": return "h"
    case "exp": return "e"
    default: if node.isActivation { return "h" }
    }
    if node.consumers.contains(where: { $0.operation == "softmax" }) { return "o" }
    if node.consumers.contains(where: \.isActivation) { return "z" }
    if node.consumers.contains(where: { $0.operation == "^" }) { return "r" }
    return "t"
  }
}
