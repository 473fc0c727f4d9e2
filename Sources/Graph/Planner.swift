import Operations
import Tensors

/// Makes the steps of a plan from a graph: elementwise neighbours as one pass, views without copies,
/// what nobody needs left out.
struct Planner {
  let graph: GradientGraph
  /// The recording that the graph came from, of which constants' layouts are taken.
  let deferral: Deferral

  /// A piece of memory.
  enum Piece {
    /// The value of a recorded node that is known before.
    case known(node: Int)
    case constant(node: Int, position: Int)
    case fixed(Tensor)
    case seed(ElementType)
    /// So many bytes of the arena, or a result.
    case filled(bytes: Int, result: Int?)
    /// What an unplanned operation gives.
    case produced
  }

  private(set) var pieces: [Piece] = []
  private(set) var steps: [any PlanStep] = []
  /// Where each result lies; nil where it is 0.
  private(set) var results: [Layout?] = []
  private(set) var sums = 1
  /// How many of the steps are enough for the loss.
  private(set) var lossSteps = 0

  private var uses: [Int]
  private var consumer: [Int]
  private var isNeeded: [Bool]
  private var layouts: [Layout?]
  private var drafts: [ElementwiseDraft?]
  private var constants: [ElementwiseDraft.Source: Layout] = [:]
  private var hasRun: [Bool]

  init(_ graph: GradientGraph, _ deferral: Deferral) throws {
    self.graph = graph
    self.deferral = deferral
    let count = graph.nodes.count
    uses = [Int](repeating: 0, count: count)
    consumer = [Int](repeating: -1, count: count)
    isNeeded = [Bool](repeating: false, count: count)
    layouts = [Layout?](repeating: nil, count: count)
    drafts = [ElementwiseDraft?](repeating: nil, count: count)
    hasRun = [Bool](repeating: false, count: graph.unplanned.count)
    findUses()
    for index in 0..<graph.recordedCount where isNeeded[index] { try plan(index) }
    results.append(try result(graph.loss))
    lossSteps = steps.count
    for index in graph.recordedCount..<count where isNeeded[index] { try plan(index) }
    for node in graph.gradients { results.append(try node.map { try result($0) }) }
  }

  // MARK: What is needed, by whom

  private mutating func findUses() {
    for case let node? in [graph.loss] + graph.gradients { use(node, by: -1) }
    for index in graph.nodes.indices.reversed() where isNeeded[index] {
      if isLeaf(index) {
        if case .part(let unplanned, _)? = graph.leaves[index] { use(unplanned, partOf: index) }
        continue
      }
      for case .node(let operand) in graph.nodes[index].operands { use(operand, by: index) }
    }
  }

  private mutating func use(_ unplanned: Int, partOf index: Int) {
    let pullback = graph.unplanned[unplanned]
    for node in pullback.operands + [pullback.node, pullback.cotangent] { use(node, by: index) }
  }

  private mutating func use(_ node: Int, by user: Int) {
    isNeeded[node] = true
    uses[node] += 1
    consumer[node] = user
  }

  private func isKnown(_ index: Int) -> Bool {
    index < graph.recordedCount && graph.isKnown[index]
  }

  private func isLeaf(_ index: Int) -> Bool {
    isKnown(index) || graph.nodes[index].primitive == nil
  }

  private static let copy = ElementwiseProgram([.load(0)])

  // MARK: Nodes

  private mutating func plan(_ index: Int) throws {
    if isKnown(index), let value = deferral.values[index] {
      layouts[index] = Layout(base: add(.known(node: index)), value)
      return
    }
    if let leaf = graph.leaves[index] { return try plan(leaf, index) }
    let node = graph.nodes[index]
    switch node.primitive {
    case .elementwise(let program): try planElementwise(program, index)
    case .transpose(let axes):
      layouts[index] = try operand(index, 0).transposed(axes)
    case .broadcast(let shape):
      layouts[index] = try operand(index, 0).broadcast(to: shape)
    case .reshape(let shape):
      layouts[index] = try operand(index, 0).reshaped(shape)
    case .product: try planProduct(index)
    case .reduce(let reduction, let axes, _): try planReduction(reduction, axes, index)
    case .softmax(let logarithm): try planSoftmax(logarithm, index)
    case .cast(let type) where type != .bool: try planElementwise(Self.copy, index)
    case .part(let indices):
      layouts[index] = try operand(index, 0).part(indices)
    case .cast, .whole, nil: break
    }
    if layouts[index] == nil, drafts[index] == nil { try planOperation(index) }
  }

  private mutating func plan(_ leaf: GradientGraph.Leaf, _ index: Int) throws {
    switch leaf {
    case .constant(let node, let position):
      layouts[index] = try layout(of: .constant(node: node, position: position))
    case .fixed(let tensor): layouts[index] = Layout(base: add(.fixed(tensor)), tensor)
    case .seed:
      let node = graph.nodes[index]
      layouts[index] = Layout(
        base: add(.seed(node.elementType)), node.shape, node.elementType)
    case .part(let unplanned, _):
      if !hasRun[unplanned] { try planPullback(unplanned) }
    }
  }

  /// An elementwise operation waits where the only one that reads it can take it in.
  ///
  /// A conversion is the operand itself in a program of the other type.
  private mutating func planElementwise(_ program: ElementwiseProgram, _ index: Int) throws {
    let node = graph.nodes[index]
    let sources = node.operands.enumerated().map { position, operand in
      source(index, position, operand)
    }
    var inlined: [Int: ElementwiseDraft] = [:]
    for (position, source) in sources.enumerated() {
      if case .node(let operand) = source, let draft = drafts[operand] { inlined[position] = draft }
    }
    let name = node.operation?.name ?? "derivative"
    var draft = ElementwiseDraft(program, named: name, sources, inlining: inlined)
    if draft == nil {
      for case .node(let operand) in sources { try settle(operand) }
      draft = ElementwiseDraft(program, named: name, sources, inlining: [:])
    }
    guard let draft else { throw PlanError.shape }
    drafts[index] = draft
    if !waits(index) { try settle(index) }
  }

  private func waits(_ index: Int) -> Bool {
    let user = consumer[index]
    guard uses[index] == 1, user >= 0, !isLeaf(user) else { return false }
    switch graph.nodes[user].primitive {
    case .elementwise, .cast(.f32), .cast(.f64): break
    default: return false
    }
    return graph.nodes[user].shape == graph.nodes[index].shape
      && graph.nodes[user].elementType == graph.nodes[index].elementType
  }

  /// Makes a pass of a draft that nothing takes in.
  private mutating func settle(_ index: Int) throws {
    guard let draft = drafts[index] else { return }
    drafts[index] = nil
    let places = try draft.sources.map { source -> ElementwiseDraft.Place in
      if case .number(let number) = source { return .number(number) }
      return .layout(try layout(of: source).broadcast(to: graph.nodes[index].shape))
    }
    let result = fill(index)
    steps.append(ElementwiseStep(draft, operands: places, into: result))
  }

  private mutating func planProduct(_ index: Int) throws {
    let node = graph.nodes[index]
    var left = try operand(index, 0)
    var right = try operand(index, 1)
    guard left.shape.rank <= 2, right.shape.rank <= 2, left.type == node.elementType,
      right.type == node.elementType
    else { return }
    if left.shape.rank == 1 { left.insertAxis(at: 0) }
    if right.shape.rank == 1 { right.insertAxis(at: 1) }
    let terms = left.shape.dimensions[1]
    guard
      let product = try FixedProduct(
        m: left.shape.dimensions[0], n: right.shape.dimensions[1], k: terms, left: left.strides,
        right: right.strides, node.elementType)
    else { return }
    let result = fill(index)
    steps.append(ProductStep(product, left, right, into: result, terms: terms))
  }

  private mutating func planReduction(
    _ reduction: Reduction, _ axes: [Int]?, _ index: Int
  ) throws {
    let operand = try operand(index, 0)
    let axes = try operand.shape.normalized(axes: axes)
    let dimensions = operand.shape.dimensions
    var extents = (outer: operand.shape.count, length: 1, inner: 1)
    if let first = axes.first, let last = axes.last {
      guard last - first == axes.count - 1 else { return }
      extents = (
        dimensions[..<first].reduce(1, *), dimensions[first...last].reduce(1, *),
        dimensions[(last + 1)...].reduce(1, *)
      )
    }
    guard operand.isContiguous, operand.type != .bool else { return }
    let result = fill(index)
    sums = Swift.max(sums, result.shape.count)
    steps.append(ReductionStep(reduction, operand, extents, into: result))
  }

  private mutating func planSoftmax(_ isLogarithm: Bool, _ index: Int) throws {
    let operand = try operand(index, 0)
    guard operand.isContiguous, operand.type == graph.nodes[index].elementType else { return }
    let result = fill(index)
    steps.append(SoftmaxStep(logarithm: isLogarithm, operand, into: result))
  }

  /// What has no step of its own runs as without a plan.
  private mutating func planOperation(_ index: Int) throws {
    let node = graph.nodes[index]
    guard let operation = node.operation else { throw PlanError.shape }
    let operands = try node.operands.indices.map { try operand(index, $0) }
    let layout = Layout(base: add(.produced), node.shape, node.elementType)
    steps.append(OperationStep(operation, operands, base: layout.base, node))
    layouts[index] = layout
  }

  private mutating func planPullback(_ unplanned: Int) throws {
    hasRun[unplanned] = true
    let pullback = graph.unplanned[unplanned]
    let operands = try pullback.operands.map { try layout(of: .node($0)) }
    var bases = [Int?](repeating: nil, count: operands.count)
    for (index, leaf) in graph.leaves where isNeeded[index] {
      guard case .part(unplanned, let position) = leaf else { continue }
      let layout = Layout(
        base: add(.produced), graph.nodes[index].shape, graph.nodes[index].elementType)
      bases[position] = layout.base
      layouts[index] = layout
    }
    steps.append(
      PullbackStep(
        node: pullback.node, graph.nodes[pullback.node].operation?.name ?? "",
        operands: operands, output: try layout(of: .node(pullback.node)),
        cotangent: try layout(of: .node(pullback.cotangent)), isNeeded: pullback.isNeeded,
        bases: bases))
  }

  // MARK: Memory

  private mutating func add(_ piece: Piece) -> Int {
    pieces.append(piece)
    return pieces.count - 1
  }

  /// A place of its own for the value of a node.
  private mutating func fill(_ index: Int) -> Layout {
    let node = graph.nodes[index]
    let bytes = node.shape.count * node.elementType.size
    let layout = Layout(
      base: add(.filled(bytes: bytes, result: nil)), node.shape, node.elementType)
    layouts[index] = layout
    return layout
  }

  private func source(
    _ index: Int, _ position: Int, _ operand: Deferral.Operand
  ) -> ElementwiseDraft.Source {
    switch operand {
    case .node(let node): .node(node)
    case .number(let number): .number(number)
    case .tensor:
      index < graph.recordedCount
        ? .constant(node: index, position: position) : .fixed(node: index, position: position)
    }
  }

  private mutating func operand(_ index: Int, _ position: Int) throws -> Layout {
    try layout(of: source(index, position, graph.nodes[index].operands[position]))
  }

  private mutating func layout(of source: ElementwiseDraft.Source) throws -> Layout {
    switch source {
    case .node(let node):
      try settle(node)
      guard let layout = layouts[node] else { throw PlanError.noMemory }
      return layout
    case .number(let number):
      let tensor = try Tensor.scalar(number, .f64)
      return Layout(base: add(.fixed(tensor)), tensor)
    case .constant(let node, let position), .fixed(let node, let position):
      if let known = constants[source] { return known }
      guard case .tensor(let tensor) = graph.nodes[node].operands[position] else {
        throw PlanError.noMemory
      }
      let isConstant = node < graph.recordedCount
      let piece: Piece =
        isConstant ? .constant(node: node, position: position) : .fixed(tensor)
      let layout = Layout(base: add(piece), tensor)
      constants[source] = layout
      return layout
    }
  }

  /// A result in memory of its own, which the caller is given.
  private mutating func result(_ node: Int) throws -> Layout {
    let layout = try layout(of: .node(node))
    if layout.isWhole, case .filled(let bytes, nil) = pieces[layout.base],
      bytes == layout.shape.count * layout.type.size
    {
      pieces[layout.base] = .filled(bytes: bytes, result: results.count)
      return layout
    }
    let bytes = layout.shape.count * layout.type.size
    let copy = Layout(
      base: add(.filled(bytes: bytes, result: results.count)), layout.shape, layout.type)
    guard
      let draft = ElementwiseDraft(
        Self.copy, named: "copy", [.node(node)], inlining: [:])
    else { throw PlanError.shape }
    steps.append(ElementwiseStep(draft, operands: [.layout(layout)], into: copy))
    return copy
  }
}

extension Layout {
  /// As a matrix, of a vector.
  fileprivate mutating func insertAxis(at axis: Int) {
    var dimensions = shape.dimensions
    dimensions.insert(1, at: axis)
    strides.insert(axis == 0 ? strides[0] * shape.dimensions[0] : 1, at: axis)
    if let matrix = try? Shape(checking: dimensions) { shape = matrix }
  }
}
