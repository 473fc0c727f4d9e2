import Tensors

/// A recording that has gone the way of a pattern so far: the pattern, and what differs from it.
struct FollowedRecording {
  /// What an operation is to the pattern.
  enum Step {
    /// The expected one, which waits. What stands for its result.
    case waits(Variable)
    /// The expected one, which is computed at once.
    case runs
    /// Another one.
    case other
  }

  let pattern: RecordingPattern
  /// How many nodes have been recorded.
  private(set) var count = 0
  /// The operands of these that are tensors, in their order.
  private var constants: [Tensor] = []
  /// The operations that were computed at once.
  private var operations: [Int: Operation] = [:]

  init(_ pattern: RecordingPattern) {
    self.pattern = pattern
    constants.reserveCapacity(8)
  }

  /// Takes a watched tensor; false where another is expected.
  mutating func take(_ tensor: Tensor) -> Bool {
    guard count < pattern.nodes.count, pattern.nodes[count].name.isEmpty,
      pattern.nodes[count].shape == tensor.shape,
      pattern.nodes[count].type == tensor.elementType,
      pattern.nodes[count].strides == tensor.ownStrides
    else { return false }
    count += 1
    return true
  }

  /// Takes an operation that waits. One that is computed at once is looked at only: see `finish`.
  mutating func take(_ operation: Operation, _ inputs: [Variable], on tape: Tape) -> Step {
    let nodes = pattern.nodes
    guard count < nodes.count, takes(operation), nodes[count].operands.count == inputs.count else {
      return .other
    }
    // Left over where the last one failed.
    constants.removeLast(constants.count - nodes[count].firstConstant)
    for position in inputs.indices {
      if let live = inputs[position].live, live.tape === tape {
        guard case .node(live.index) = nodes[count].operands[position] else { return .other }
      } else {
        let tensor = inputs[position].tensor
        guard nodes[count].operands[position].matches(tensor) else { return .other }
        constants.append(tensor)
      }
    }
    if nodes[count].operation == nil { return .runs }
    count += 1
    return .waits(nodes[count - 1].placeholder)
  }

  private func takes(_ operation: Operation) -> Bool {
    if pattern.nodes[count].operation === operation { return true }
    guard pattern.nodes[count].name == operation.name else { return false }
    return pattern.nodes[count].operation == nil
      || pattern.nodes[count].primitive == operation.primitive
  }

  /// Takes the operation looked at last, with its result; false where another result is expected.
  mutating func finish(_ operation: Operation, _ output: Tensor) -> Bool {
    guard pattern.nodes[count].shape == output.shape,
      pattern.nodes[count].type == output.elementType
    else { return false }
    operations[count] = operation
    count += 1
    return true
  }

  // MARK: What was recorded

  func operation(at index: Int) -> Operation? {
    pattern.nodes[index].operation ?? operations[index]
  }

  func forEachParent(of index: Int, _ body: (Int) -> Void) {
    for case .node(let parent) in pattern.nodes[index].operands { body(parent) }
  }

  func node(_ index: Int) -> Deferral.Node {
    let known = pattern.nodes[index]
    var next = known.firstConstant
    let operands = known.operands.map { operand -> Deferral.Operand in
      switch operand {
      case .node(let node): return .node(node)
      case .number(let number): return .number(number)
      case .tensor:
        defer { next += 1 }
        return .tensor(constants[next])
      }
    }
    return Deferral.Node(
      operation: operation(at: index), primitive: known.primitive, operands: operands,
      shape: known.shape, elementType: known.type)
  }

  /// An operand that is a tensor.
  func constant(_ index: Int, _ position: Int) -> Tensor? {
    var place = pattern.nodes[index].firstConstant
    for case .tensor in pattern.nodes[index].operands[..<position] { place += 1 }
    return constants.indices.contains(place) ? constants[place] : nil
  }
}
