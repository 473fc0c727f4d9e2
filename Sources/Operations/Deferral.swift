import Tensors

/// What a tape keeps whose operations wait: each is a node, and its value is computed when it is
/// asked for.
///
/// Shapes and element types are known at once, so that an operation whose operands do not fit fails
/// where it stands. When the tape is swept, the whole graph is known: a plan can be made of it, or
/// one that was made of an equal graph runs. Operations that are no `Primitive` are computed at
/// once.
///
/// While `isSymbolic`, nothing has a value: pullbacks then add to the graph what differentiates it.
package final class Deferral {
  package enum Operand {
    case node(Int)
    case tensor(Tensor)
    /// A number that a program is written with.
    case number(Double)
  }

  /// An input of a program, before it is known where it stands.
  enum Input {
    case variable(Variable)
    case number(Double)
  }

  /// A watched variable, or one application of an operation.
  package struct Node {
    /// Nil for a leaf, and for a program that a pullback wrote.
    package let operation: Operation?
    /// Nil for a leaf, and where the operation was computed at once.
    package let primitive: Primitive?
    package let operands: [Operand]
    package let shape: Shape
    package let elementType: ElementType

    /// The nodes of the operands; -1 for constants.
    package var parents: [Int] {
      operands.map { if case .node(let parent) = $0 { parent } else { -1 } }
    }

    /// The operands that are tensors.
    var constants: [Tensor] {
      operands.compactMap { if case .tensor(let tensor) = $0 { tensor } else { nil } }
    }
  }

  /// Thrown where a pullback needs values while there are none.
  package struct NeedsValues: Error {}

  /// Beyond so many nodes everything is computed at once: no plan is made of so large a graph.
  package static let limit = 200_000

  /// What was recorded; nothing while a pattern is followed, until `writeOut`.
  package private(set) var nodes: [Node] = []
  /// What is known: of leaves, of what was computed at once, and of what was asked for.
  package private(set) var values: [Tensor?] = []
  /// Whether pullbacks are being added to the graph.
  package private(set) var isSymbolic = false
  /// Whether a value was asked for while there were none.
  package private(set) var wasRead = false

  private var records: [Record] = []
  /// The pattern that was followed so far.
  private var followed: FollowedRecording?
  /// What a value that was asked for failed with; the next operation throws it.
  private var failure: (any Error)?
  // SAFETY: the tape alone refers to what it keeps, and forgets it when it ends.
  private unowned(unsafe) let tape: Tape
  /// The element type of what is not Float64.
  let working = ElementType.working

  /// - Parameter pattern: of the last recording at the same place, which this one may repeat.
  init(_ tape: Tape, following pattern: RecordingPattern?) {
    self.tape = tape
    let count = pattern?.nodes.count ?? 32
    if let pattern, pattern.working == working { followed = FollowedRecording(pattern) }
    if followed == nil { nodes.reserveCapacity(count) }
    values.reserveCapacity(count)
    records.reserveCapacity(count)
  }

  /// How many nodes there are.
  package var count: Int { records.count }

  // MARK: Recording

  /// A watched variable.
  func watch(_ tensor: Tensor) -> Variable {
    if followed?.take(tensor) == true { return add(Variable(tensor), value: tensor) }
    return add(
      Node(
        operation: nil, primitive: nil, operands: [], shape: tensor.shape,
        elementType: tensor.elementType), value: tensor)
  }

  /// One application of an operation.
  func append(_ operation: Operation, _ inputs: [Variable]) throws -> Variable {
    if let failure { throw failure }
    switch followed?.take(operation, inputs, on: tape) {
    case .waits(let placeholder)?: return add(placeholder, value: nil)
    case .runs?:
      let output = try computedNow(operation, inputs)
      if followed?.finish(operation, output) == true {
        return add(Variable(output), value: output)
      }
      return add(operation, inputs, output)
    case .other?, nil: break
    }
    if let primitive = operation.primitive, count < Self.limit,
      let (shape, type) = result(of: operation, primitive, inputs)
    {
      return add(
        Node(
          operation: operation, primitive: primitive, operands: inputs.map(operand), shape: shape,
          elementType: type))
    }
    if isSymbolic { throw NeedsValues() }
    return add(operation, inputs, try computedNow(operation, inputs))
  }

  /// The shape and element type of what an operation gives; nil where the operands do not fit.
  private func result(
    of operation: Operation, _ primitive: Primitive, _ inputs: [Variable]
  ) -> (Shape, ElementType)? {
    guard case .whole = primitive else { return primitive.result(inputs, working: working) }
    // Found out once for each pattern of recordings, by numbers that mean nothing.
    let output = try? operation.forward(inputs.map { .unfilled($0.shape, $0.elementType) })
    return output.map { ($0.shape, $0.elementType) }
  }

  private func computedNow(_ operation: Operation, _ inputs: [Variable]) throws -> Tensor {
    let output = try operation.forward(inputs.map(\.tensor))
    if let failure { throw failure }
    return output
  }

  private func add(_ operation: Operation, _ inputs: [Variable], _ output: Tensor) -> Variable {
    add(
      Node(
        operation: operation, primitive: nil, operands: inputs.map(operand), shape: output.shape,
        elementType: output.elementType), value: output)
  }

  /// A program that a pullback is written with.
  func append(_ program: ElementwiseProgram, _ inputs: [Input]) throws -> Variable {
    let operands = inputs.map { input -> Operand in
      switch input {
      case .variable(let variable): operand(variable)
      case .number(let number): .number(number)
      }
    }
    let variables = inputs.compactMap {
      if case .variable(let variable) = $0 { variable } else { nil }
    }
    let primitive = Primitive.elementwise(program)
    guard let (shape, type) = primitive.result(variables, working: working) else {
      throw NeedsValues()
    }
    return add(
      Node(
        operation: nil, primitive: primitive, operands: operands, shape: shape, elementType: type))
  }

  private func operand(_ variable: Variable) -> Operand {
    if let live = variable.live, live.tape === tape { return .node(live.index) }
    return .tensor(variable.tensor)
  }

  private func add(_ node: Node, value: Tensor? = nil) -> Variable {
    writeOut()
    nodes.append(node)
    return add(Variable(value ?? .unfilled(node.shape, node.elementType)), value: value)
  }

  private func add(_ primal: Variable, value: Tensor?) -> Variable {
    let record = Record(
      tape: tape, index: records.count, primal: primal, isPending: value == nil)
    values.append(value)
    records.append(record)
    return Variable(record)
  }

  /// Notes what has been recorded by following a pattern, and follows it no longer.
  func writeOut() {
    guard let last = followed else { return }
    followed = nil
    nodes = (0..<last.count).map { last.node($0) }
  }

  /// Whether all that was recorded is the whole of a pattern, known values apart.
  func hasFollowed(_ pattern: RecordingPattern) -> Bool {
    followed?.pattern === pattern && count == pattern.nodes.count
  }

  /// The variable that stands at a node.
  package func variable(_ index: Int) -> Variable { Variable(records[index]) }

  /// A node, whether it was noted or is that of a pattern.
  func node(_ index: Int) -> Node { followed?.node(index) ?? nodes[index] }

  /// The operation of a node; nil for a leaf.
  package func operation(at index: Int) -> Operation? {
    if let followed { return followed.operation(at: index) }
    return nodes[index].operation
  }

  /// An operand of a node that is a tensor.
  package func constant(_ index: Int, _ position: Int) -> Tensor? {
    if let followed { return followed.constant(index, position) }
    guard case .tensor(let tensor) = nodes[index].operands[position] else { return nil }
    return tensor
  }

  func forEachParent(of index: Int, _ body: (Int) -> Void) {
    if let followed { return followed.forEachParent(of: index, body) }
    for case .node(let parent) in nodes[index].operands { body(parent) }
  }

  func isLeaf(_ index: Int) -> Bool { operation(at: index) == nil }

  /// A node as an entry of a tape that does not defer. Its operands are variables of this one.
  func entry(_ index: Int) -> Tape.Entry? {
    guard records.indices.contains(index) else { return nil }
    let node = self.node(index)
    let inputs = node.operands.map { operand in
      switch operand {
      case .node(let parent): variable(parent)
      case .tensor(let tensor): Variable(tensor)
      case .number: Variable(.unfilled(.scalar, .f64))
      }
    }
    return Tape.Entry(
      operation: node.operation, inputs: inputs, output: variable(index), parents: node.parents)
  }

  // MARK: Values

  /// The value of a node, computed now with all that it needs; nil where that fails.
  func value(at index: Int) -> Tensor? {
    if isSymbolic {
      wasRead = true
      return nil
    }
    if let value = values[index] { return value }
    do { return try computed(index) } catch {
      if failure == nil { failure = error }
      return nil
    }
  }

  private func computed(_ index: Int) throws -> Tensor {
    var waiting = [index]
    while let next = waiting.last {
      if values[next] != nil {
        waiting.removeLast()
        continue
      }
      let missing = node(next).operands.compactMap { operand -> Int? in
        if case .node(let parent) = operand, values[parent] == nil { parent } else { nil }
      }
      if missing.isEmpty {
        try Interrupt.check()
        values[next] = try compute(node(next))
        waiting.removeLast()
      } else {
        waiting += missing
      }
    }
    guard let value = values[index] else { throw NeedsValues() }
    return value
  }

  private func compute(_ node: Node) throws -> Tensor {
    guard let operation = node.operation else { throw NeedsValues() }
    return try operation.forward(node.operands.map { try value(of: $0) })
  }

  private func value(of operand: Operand) throws -> Tensor {
    switch operand {
    case .node(let index): try computed(index)
    case .tensor(let tensor): tensor
    case .number(let number): try .scalar(number, .f64)
    }
  }

  /// Throws what a value that was asked for failed with.
  package func checkFailure() throws { if let failure { throw failure } }

  /// The entries of a tape that did not defer, up to a result.
  func materialized(through result: Int?) throws -> BlockArray<Tape.Entry> {
    try checkFailure()
    var entries = BlockArray<Tape.Entry>()
    guard let result else { return entries }
    writeOut()
    for index in 0...result {
      let node = nodes[index]
      let saves = node.operation?.saves ?? .both
      let output = try computed(index)
      let inputs = try node.operands.map { Variable(try value(of: $0)) }
      entries.append(
        Tape.Entry(
          operation: node.operation,
          inputs: saves.contains(.inputs) ? inputs : inputs.map(\.shapeOnly),
          output: saves.contains(.output) ? Variable(output) : Variable(output).shapeOnly,
          parents: node.parents))
    }
    return entries
  }

  /// Gives a value to what somebody outside the tape still refers to, and forgets everything.
  func close() {
    if !isSymbolic {
      for index in records.indices {
        if !isKnownUniquelyReferenced(&records[index]), records[index].settled == nil {
          records[index].settled = value(at: index)
        }
      }
    }
    forget()
  }

  /// Tells a variable its value, which a plan has computed.
  package func settle(_ index: Int, _ value: Tensor) { records[index].settled = value }

  private func forget() {
    followed = nil
    nodes = []
    values = []
    records = []
  }
}

// MARK: Differentiating the graph

extension Deferral {
  /// Begins to add nodes that have no values.
  package func beginSymbolic() {
    writeOut()
    isSymbolic = true
  }

  /// Ends that: the nodes from `count` on are dropped.
  package func endSymbolic(keeping count: Int) {
    drop(from: count)
    isSymbolic = false
  }

  /// Drops the nodes from `count` on.
  package func drop(from count: Int) {
    nodes.removeLast(nodes.count - count)
    values.removeLast(values.count - count)
    records.removeLast(records.count - count)
    wasRead = false
  }

  /// A node whose value comes from elsewhere.
  package func leaf(_ shape: Shape, _ elementType: ElementType) -> Variable {
    add(
      Node(operation: nil, primitive: nil, operands: [], shape: shape, elementType: elementType))
  }

  /// Where a variable stands; nil for a constant.
  package func index(of variable: Variable) -> Int? {
    variable.live.flatMap { $0.tape === tape ? $0.index : nil }
  }
}
