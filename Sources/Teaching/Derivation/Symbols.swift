import Runtime
import Tensors

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
  private var taken: Set<String>

  init(graph: Graph, root: Node) {
    self.graph = graph
    self.root = root
    taken = ["L"]
    for node in graph.nodes {
      if case .leaf(let text) = node.kind { taken.insert(text) }
      if let name = node.name { taken.insert(name) }
    }
  }

  mutating func assign() {
    if !root.isLeaf { root.symbol = "L" }
    let named = stops()
    var counts: [String: Int] = [:]
    let letters = graph.nodes.map { node -> String? in
      guard node !== root, !node.isLeaf, named.contains(node.identifier) else { return nil }
      if let name = node.name {
        node.symbol = name
        return nil
      }
      let letter = letter(for: node)
      counts[letter, default: 0] += 1
      return letter
    }
    var used: [String: Int] = [:]
    for (node, letter) in zip(graph.nodes, letters) {
      guard let letter else { continue }
      if counts[letter] == 1, !taken.contains(letter) {
        node.symbol = letter
      } else {
        used[letter, default: 0] += 1
        node.symbol = "\(letter)~\(used[letter] ?? 1)"
      }
    }
  }

  /// The nodes that get a symbol.
  private func stops() -> Set<Int> {
    var stops: Set<Int> = []
    var rules: [Int: Int] = [:]
    var feeds: [Int: [Node]] = [:]
    for node in graph.nodes {
      for input in node.inputs { feeds[input.identifier, default: []].append(node) }
    }
    let needed = ancestors()
    for node in graph.nodes.reversed() where needed.contains(node.identifier) && !node.isLeaf {
      let users = feeds[node.identifier, default: []].filter { needed.contains($0.identifier) }
      if !node.isOnPath {
        let isLayer =
          node.operation == "layer"
          || (node.operation == "reshape" && node.inputs[0].operation == "layer")
        if node.name != nil || node.isActivation || isLayer { stops.insert(node.identifier) }
        continue
      }
      let behind =
        users.map { user in
          (stops.contains(user.identifier) || user === root
            ? 0 : rules[user.identifier, default: 0])
            + (Self.isPassing(user) ? 0 : 1)
        }.max() ?? 0
      let isSquared = users.contains { $0.operation == "^" && $0.inputs[0] === node }
      let isStop =
        node.name != nil || node.isActivation || node.operation == "layer" || isSquared
        || users.contains { $0.isActivation || $0.operation == "layer" }
        || users.filter(\.isOnPath).count > 1 || behind > Self.rulesPerLine
      if isStop { stops.insert(node.identifier) }
      rules[node.identifier] = behind
    }
    return stops
  }

  /// What the root is computed from.
  private func ancestors() -> Set<Int> {
    var found: Set<Int> = [root.identifier]
    for node in graph.nodes.reversed() where found.contains(node.identifier) {
      for input in node.inputs { found.insert(input.identifier) }
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
    case "relu", "sigmoid", "tanh", "gelu", "softplus", "layer", "reshape": return "h"
    case "exp": return "e"
    default: break
    }
    if node.consumers.contains(where: { $0.operation == "softmax" }) { return "o" }
    if node.consumers.contains(where: \.isActivation) { return "z" }
    if node.consumers.contains(where: { $0.operation == "^" }) { return "r" }
    return "t"
  }
}

/// Names axes by their roles.
struct DimensionNames {
  private(set) var legend: [(name: String, size: Int, meaning: String)] = []
  private var taken: Set<String> = []

  /// - Parameter graph: the axes of its nodes get their names.
  init(_ graph: Graph, root: Node) {
    let all = graph.nodes.filter { $0.operation == "@" && $0.inputs[0].rank == 2 }
    let products = all.filter { $0.inputs[1].rank == 2 }
    let outputs = graph.nodes.filter {
      $0.rank == 2 && ["softmax", "cross_entropy", "averageCE"].contains($0.operation ?? "")
    }
    for node in outputs
      + graph.nodes.filter({ ["cross_entropy", "averageCE"].contains($0.operation ?? "") }).flatMap(
        \.inputs)
    where node.rank == 2 {
      name(node.axes[1], "K", "classes")
      name(node.axes[0], "N", "rows")
    }
    // The data: what the first product multiplies.
    for product in all where !product.inputs[0].isOnPath && product.axes[0].size > 1 {
      name(product.axes[0], "N", "rows")
      if !product.inputs[0].isActivation { name(product.inputs[0].axes[1], "F", "features") }
    }
    let last = products.last
    if let last, outputs.isEmpty, taken.contains("N"), last.axes[1].name == nil,
      last.axes[1].size > 1
    {
      name(last.axes[1], "K", "outputs")
    }
    if taken.contains("N") { nameHidden(products) }
    nameRest(graph)
    let order = Array("NFHK")
    legend = legend.enumerated().sorted { left, right in
      func rank(_ name: String) -> Int { name.first.flatMap { order.firstIndex(of: $0) } ?? 9 }
      return (rank(left.element.name), left.offset) < (rank(right.element.name), right.offset)
    }.map(\.element)
  }

  private mutating func nameHidden(_ products: [Node]) {
    var hidden: [Dimension] = []
    for product in products {
      for dimension in [product.inputs[0].axes[1], product.axes[1]]
      where dimension.name == nil && dimension.size > 1
        && !hidden.contains(where: { $0.isSame(as: dimension) })
      {
        hidden.append(dimension)
      }
    }
    let digits: [Character] = ["₀", "₁", "₂", "₃", "₄", "₅", "₆", "₇", "₈", "₉"]
    for (index, dimension) in hidden.enumerated() {
      let mark = hidden.count == 1 ? "" : index < 9 ? String(digits[index + 1]) : "\(index + 1)"
      name(dimension, "H" + mark, "hidden units")
    }
  }

  /// The rows of data that meets no product of matrices.
  private mutating func nameRest(_ graph: Graph) {
    guard !taken.contains("N") else { return }
    let data = graph.nodes.first {
      $0.isLeaf && $0.rank == 2 && !$0.isOnPath && $0.axes[0].size > 1
    }
    if let data { name(data.axes[0], "N", "rows") }
  }

  private mutating func name(_ dimension: Dimension, _ name: String, _ meaning: String) {
    guard dimension.size > 1, dimension.name == nil, taken.insert(name).inserted else { return }
    dimension.name = name
    legend.append((name, dimension.size, meaning))
  }
}
