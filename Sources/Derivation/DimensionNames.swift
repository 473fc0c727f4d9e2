/// Names axes by their roles.
package struct DimensionNames {
  private(set) var legend: [(name: String, size: Int, meaning: String)] = []
  private var taken: Set<String> = []
  /// What variables are called: an axis of that name would be taken for one.
  private var used: Set<String> = []

  /// - Parameter graph: the axes of its nodes get their names; those of its variables are taken.
  package init(_ graph: Graph, root: Node) {
    for node in graph.nodes {
      if let name = node.name { used.insert(name) }
      if case .leaf(let text) = node.kind { used.insert(text) }
    }
    let all = graph.nodes.filter { $0.operation == "@" && $0.inputs[0].rank == 2 }
    let products = all.filter { $0.inputs[1].rank == 2 }
    let losses = graph.nodes.filter { ["cross_entropy", "averageCE"].contains($0.operation ?? "") }
    let outputs = graph.nodes.filter {
      $0.rank == 2 && $0.operation == "softmax" && $0.softmaxAxis == 1
    }
    for node in losses.flatMap(\.inputs) where node.rank == 2 { nameClasses(node) }
    // The data: what the first product multiplies.
    for product in all where !product.inputs[0].isOnPath && product.axes[0].size > 1 {
      name(product.axes[0], "N", "rows")
      if !product.inputs[0].isActivation { name(product.inputs[0].axes[1], "F", "features") }
    }
    // Of weights between rows the columns are no classes.
    for node in outputs where !node.axes[0].isSame(as: node.axes[1]) { nameClasses(node) }
    let last = products.last
    if let last, outputs.isEmpty, losses.isEmpty, taken.contains("N"), last.axes[1].name == nil,
      last.axes[1].size > 1
    {
      name(last.axes[1], "K", "outputs")
    }
    if taken.contains("N") { nameHidden(products) }
    nameRest(graph)
    let order = Array("NnFDHMKC")
    legend = legend.enumerated().sorted { left, right in
      func rank(_ name: String) -> Int { name.first.flatMap { order.firstIndex(of: $0) } ?? 9 }
      return (rank(left.element.name), left.offset) < (rank(right.element.name), right.offset)
    }.map(\.element)
  }

  /// The rows and the columns of probabilities.
  private mutating func nameClasses(_ node: Node) {
    name(node.axes[1], "K", "classes")
    name(node.axes[0], "N", "rows")
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
    let other = ["N": "n", "F": "D", "K": "C", "H": "M"]
    let shown = used.contains(name) ? other[name] ?? name : name
    guard !used.contains(shown) else { return }
    dimension.name = shown
    legend.append((shown, dimension.size, meaning))
  }
}
