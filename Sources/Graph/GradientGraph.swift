import Operations
import Tensors

/// A loss and its gradients as one graph: the nodes that a tape recorded, and after them those that
/// differentiate them.
struct GradientGraph {
  /// Where the value of a leaf comes from.
  enum Leaf {
    /// An operand of a recorded node that is no node itself.
    case constant(node: Int, position: Int)
    /// The derivative of something further on with respect to the result.
    case seed
    /// The same whenever the plan runs: it follows from shapes alone.
    case fixed(Tensor)
    /// What an unplanned pullback passes to one of its operands.
    case part(of: Int, position: Int)
  }

  /// A recorded operation whose pullback must see values: it runs as without a plan.
  struct UnplannedPullback {
    let node: Int
    /// The nodes of its operands, its output and its cotangent.
    let operands: [Int]
    let cotangent: Int
    let isNeeded: [Bool]
  }

  fileprivate(set) var nodes: [Deferral.Node]
  /// How many of the nodes were recorded; the others are the differentiation.
  let recordedCount: Int
  /// Which of the recorded nodes have values before the plan runs.
  let isKnown: [Bool]
  fileprivate(set) var leaves: [Int: Leaf]
  fileprivate(set) var unplanned: [UnplannedPullback]
  let loss: Int
  /// For each watched variable the node that is its gradient; nil where that is 0.
  fileprivate(set) var gradients: [Int?]

  /// Differentiates what a tape has recorded, by the pullbacks of its operations.
  ///
  /// - Parameter isSeeded: whether the result's own cotangent is given when the plan runs; otherwise
  ///   it is 1.
  init(_ deferral: Deferral, loss: Int, watched: [Int], isSeeded: Bool) throws {
    var differentiation = Differentiation(deferral, isSeeded: isSeeded)
    let recordedCount = deferral.nodes.count
    isKnown = deferral.values.map { $0 != nil }
    deferral.beginSymbolic()
    defer { deferral.endSymbolic(keeping: recordedCount) }
    let cotangents = try differentiation.sweep(from: loss)
    gradients = watched.map { index in
      index < cotangents.count ? cotangents[index].flatMap { deferral.index(of: $0) } : nil
    }
    nodes = deferral.nodes
    self.recordedCount = recordedCount
    self.loss = loss
    leaves = differentiation.leaves
    unplanned = differentiation.unplanned
  }
}

/// A sweep backwards over a graph whose values are not known.
private struct Differentiation {
  let deferral: Deferral
  var leaves: [Int: GradientGraph.Leaf] = [:]
  var unplanned: [GradientGraph.UnplannedPullback] = []
  /// Constant operands that a pullback has asked for, by node and position.
  private var constants: [[Int]: Variable] = [:]

  private let isSeeded: Bool

  init(_ deferral: Deferral, isSeeded: Bool) {
    self.deferral = deferral
    self.isSeeded = isSeeded
  }

  /// The cotangents of the recorded nodes, in the order of additions in which a tape's sweep finds
  /// them.
  mutating func sweep(from loss: Int) throws -> [Variable?] {
    let result = deferral.nodes[loss]
    var cotangents = [Variable?](repeating: nil, count: loss + 1)
    if isSeeded {
      let seed = deferral.leaf(result.shape, result.elementType.arithmetic)
      note(seed, .seed)
      cotangents[loss] = seed
    } else {
      let one = try Tensor.scalar(1, result.elementType.arithmetic)
      cotangents[loss] = try fixed(one.broadcast(to: result.shape))
    }
    for index in stride(from: loss, through: 0, by: -1) {
      guard var cotangent = cotangents[index] else { continue }
      let node = deferral.nodes[index]
      if cotangent.elementType != node.elementType {
        cotangent = try .cast(cotangent, to: node.elementType)
        cotangents[index] = cotangent
      }
      guard let operation = node.operation else { continue }
      try Interrupt.check()
      let parents = node.parents
      let parts = try parts(of: operation, index, cotangent, isNeeded: parents.map { $0 >= 0 })
      for (parent, part) in zip(parents, parts) {
        guard parent >= 0, let part else { continue }
        let own = try deferral.index(of: part) == nil ? fixed(part.tensor) : part
        cotangents[parent] = try cotangents[parent].map { try .add($0, own) } ?? own
      }
    }
    return cotangents
  }

  private mutating func parts(
    of operation: Operation, _ index: Int, _ cotangent: Variable, isNeeded: [Bool]
  ) throws -> [Variable?] {
    let operands = deferral.nodes[index].operands.enumerated().map { position, operand in
      if case .node(let parent) = operand { return deferral.variable(parent) }
      return constant(index, position, operand)
    }
    let count = deferral.nodes.count
    do {
      let parts = try operation.backward(
        operands, output: deferral.variable(index), cotangent: cotangent, isNeeded: isNeeded)
      if !deferral.wasRead { return parts }
    } catch is Deferral.NeedsValues {}
    deferral.drop(from: count)
    return try unplannedParts(index, operands, cotangent, isNeeded)
  }

  private mutating func unplannedParts(
    _ index: Int, _ operands: [Variable], _ cotangent: Variable, _ isNeeded: [Bool]
  ) throws -> [Variable?] {
    // In which type it would give a part, and so how sums of parts round, is not known.
    for (operand, isNeeded) in zip(operands, isNeeded)
    where isNeeded && operand.elementType != cotangent.elementType {
      throw PlanError.types
    }
    unplanned.append(
      GradientGraph.UnplannedPullback(
        node: index, operands: operands.compactMap { deferral.index(of: $0) },
        cotangent: deferral.index(of: cotangent) ?? 0, isNeeded: isNeeded))
    return operands.enumerated().map { position, operand in
      guard isNeeded[position] else { return nil }
      let leaf = deferral.leaf(operand.shape, operand.elementType.arithmetic)
      note(leaf, .part(of: unplanned.count - 1, position: position))
      return leaf
    }
  }

  private mutating func constant(
    _ node: Int, _ position: Int, _ operand: Deferral.Operand
  ) -> Variable {
    if let known = constants[[node, position]] { return known }
    guard case .tensor(let tensor) = operand else { return deferral.variable(node) }
    let leaf = deferral.leaf(tensor.shape, tensor.elementType)
    note(leaf, .constant(node: node, position: position))
    constants[[node, position]] = leaf
    return leaf
  }

  private mutating func fixed(_ tensor: Tensor) throws -> Variable {
    let leaf = deferral.leaf(tensor.shape, tensor.elementType)
    note(leaf, .fixed(tensor))
    return leaf
  }

  private mutating func note(_ variable: Variable, _ leaf: GradientGraph.Leaf) {
    if let index = deferral.index(of: variable) { leaves[index] = leaf }
  }
}
