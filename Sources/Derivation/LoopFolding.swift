import Tensors

/// The turns of long loops that a derivation leaves out, as they are like those that it shows: the
/// first two and the last. They are derived and checked like all others.
struct LoopFolding {
  /// Turns at the beginning that are shown.
  private static let shownTurns = 2
  /// A loop of fewer turns is shown as a whole.
  private static let leastTurns = 7

  /// How many turns each loop has that is folded.
  private let counts: [Int: Int]

  /// - Throws: `Unsupported` where a loop of many turns has such as are not alike.
  init(_ graph: Graph) throws {
    var turns: [Int: [Int: [String]]] = [:]
    for node in graph.nodes where !node.isLeaf {
      guard let turn = node.turn, let name = node.operation else { continue }
      turns[turn.loop, default: [:]][turn.number, default: []].append("\(name) \(node.shape)")
    }
    var counts: [Int: Int] = [:]
    for (loop, turns) in turns {
      let count = turns.keys.max() ?? 0
      guard count >= Self.leastTurns else { continue }
      // The first turn may begin with what the others find done.
      if (3..<count).allSatisfy({ turns[$0] == turns[2] }) { counts[loop] = count }
    }
    self.counts = counts
    let shown = graph.nodes.filter { node in
      guard let turn = node.turn else { return true }
      return counts[turn.loop] == nil || Self.isShownAlways(turn)
    }
    guard shown.count <= Graph.sizeLimit || counts.count == turns.count else {
      let loop = shown.last { $0.turn != nil && !$0.isLeaf } ?? graph.nodes[0]
      throw Unsupported(
        "a long loop whose turns are not alike", span: loop.span, source: loop.source,
        hint: "derive one turn of it, or use grad")
    }
  }

  /// Whether a turn is shown however long the loop is.
  static func isShownAlways(_ turn: Node.Turn?) -> Bool {
    turn.map { $0.number <= shownTurns } ?? true
  }

  /// Whether anything is left out.
  var isFolding: Bool { !counts.isEmpty }

  /// Whether what a node stands for is left out.
  func hides(_ node: Node) -> Bool {
    guard let turn = node.turn, let count = counts[turn.loop] else { return false }
    return turn.number > Self.shownTurns && turn.number < count
  }

  /// What to say where turns are left out.
  func text(of node: Node) -> String {
    guard let turn = node.turn, let count = counts[turn.loop] else { return "" }
    return "⋮  likewise in turns \(Self.shownTurns + 1) to \(count - 1) of \(count)"
  }
}
