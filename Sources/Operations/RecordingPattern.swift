import Tensors

/// What recordings that one plan computes have in common: everything but the values.
///
/// The next recording at the same place of the code mostly goes the same way. It follows the
/// pattern of the last one then (`FollowedRecording`): an operation that is the expected one is
/// not noted again.
package final class RecordingPattern {
  struct Node {
    /// Nil for a leaf, and for an operation that was computed at once, which may hold tensors.
    let operation: Operation?
    let primitive: Primitive?
    /// The operation's; empty for a leaf.
    let name: String
    let operands: [Operand]
    /// How many operands of the nodes before are tensors.
    let firstConstant: Int
    /// Of the node's shape and element type; its elements mean nothing.
    let placeholder: Variable
    let isKnown: Bool
    /// Of a value that is known.
    let strides: [Int]?

    var shape: Shape { placeholder.shape }
    var type: ElementType { placeholder.elementType }
  }

  enum Operand {
    case node(Int)
    case tensor(Shape, ElementType, strides: [Int]?)
    case number(Double)
  }

  let nodes: [Node]
  let working: ElementType

  /// The pattern of a recording, while none of its nodes is one of a differentiation.
  package init(_ deferral: Deferral) {
    deferral.writeOut()
    working = deferral.working
    var constants = 0
    nodes = deferral.nodes.enumerated().map { index, node in
      defer { constants += node.constants.count }
      return Node(
        operation: node.primitive == nil ? nil : node.operation, primitive: node.primitive,
        name: node.operation?.name ?? "", operands: node.operands.map(Operand.init),
        firstConstant: constants,
        placeholder: Variable(.unfilled(node.shape, node.elementType)),
        isKnown: deferral.values[index] != nil, strides: deferral.values[index]?.ownStrides)
    }
  }

  /// Whether a recording differs from that which the pattern was taken of in values alone.
  package func matches(_ deferral: Deferral) -> Bool {
    guard nodes.count == deferral.count, working == deferral.working else { return false }
    if deferral.hasFollowed(self) { return areKnown(deferral.values) }
    deferral.writeOut()
    for index in nodes.indices {
      let (known, node) = (nodes[index], deferral.nodes[index])
      guard known.type == node.elementType, known.operands.count == node.operands.count,
        known.shape == node.shape, known.primitive == node.primitive,
        known.name == node.operation?.name ?? ""
      else { return false }
      for position in known.operands.indices {
        guard known.operands[position].matches(node.operands[position]) else { return false }
      }
    }
    return areKnown(deferral.values)
  }

  /// Whether the nodes whose values the pattern knows are those that have one, lying as they did.
  private func areKnown(_ values: [Tensor?]) -> Bool {
    for index in nodes.indices {
      guard nodes[index].isKnown == (values[index] != nil) else { return false }
      if nodes[index].isKnown, nodes[index].strides != values[index]?.ownStrides { return false }
    }
    return true
  }
}

extension RecordingPattern.Operand {
  fileprivate init(_ operand: Deferral.Operand) {
    switch operand {
    case .node(let node): self = .node(node)
    case .tensor(let tensor):
      self = .tensor(tensor.shape, tensor.elementType, strides: tensor.ownStrides)
    case .number(let number): self = .number(number)
    }
  }

  func matches(_ tensor: Tensor) -> Bool {
    guard case .tensor(let shape, let type, let strides) = self else { return false }
    return type == tensor.elementType && shape == tensor.shape && strides == tensor.ownStrides
  }

  fileprivate func matches(_ operand: Deferral.Operand) -> Bool {
    switch (self, operand) {
    case (.node(let a), .node(let b)): a == b
    case (_, .tensor(let tensor)): matches(tensor)
    case (.number(let a), .number(let b)): a == b
    default: false
    }
  }
}
