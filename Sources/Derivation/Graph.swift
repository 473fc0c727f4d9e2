import Language
import Operations
import Syntax
import Tensors

/// The intermediates of one loss, in the order in which they were computed, all in Float64 and on
/// one tape, so that autodiff's derivative is known for each.
package final class Graph {
  /// Intermediates beyond this make no derivation that anyone would read.
  static let sizeLimit = 600
  /// The same with all turns of loops, of which few are shown.
  static let loopSizeLimit = 20_000

  let tape = Tape(keepingAll: true)
  let machine: Machine
  /// Whether tensors are taken in Float64; as they are where nothing is differentiated.
  let isExact: Bool
  package private(set) var nodes: [Node] = []
  /// What all operations cost, those that were not kept too.
  package private(set) var cost = Cost()
  /// The turn that is under way.
  var turn: Node.Turn?
  /// The intermediates beside those of a loop's later turns.
  private var plainCount = 0
  private var leaves: [String: Node] = [:]
  private var computed: [String: Node] = [:]

  init(machine: Machine, isExact: Bool = true) {
    self.machine = machine
    self.isExact = isExact
  }

  deinit {
    // Operands and their users refer to each other.
    for node in nodes { node.consumers = [] }
  }

  // MARK: Leaves

  /// A literal.
  func number(_ value: Double, at span: Span, in source: SourceText) throws -> Node {
    add(
      Node(
        .number(value), identifier: nodes.count, variable: try Variable(value), axes: [],
        isOnPath: false, span: span, source: source))
  }

  /// A tensor or number that is taken as it stands.
  ///
  /// - Parameter key: equal for what is one variable, and so one node throughout.
  func leaf(
    _ text: String, _ tensor: Tensor, isTarget: Bool = false, sharedAs key: String? = nil,
    at span: Span, in source: SourceText
  ) throws -> Node {
    if let key, let known = leaves[key], known.shape == tensor.shape { return known }
    let value = isExact && tensor.elementType == .f32 ? try tensor.cast(to: .f64) : tensor
    let variable = isTarget ? tape.watch(value) : Variable(value)
    let node = add(
      Node(
        .leaf(text), identifier: nodes.count, variable: variable,
        axes: tensor.shape.dimensions.map { Dimension($0) }, isOnPath: isTarget, span: span,
        source: source))
    node.symbol = text
    if let key { leaves[key] = node }
    return node
  }

  /// Of an evaluation that is only shown, what lies beyond the limit is not kept.
  private func add(_ node: Node) -> Node {
    if isExact || nodes.count < Self.sizeLimit { nodes.append(node) }
    node.turn = turn
    if LoopFolding.isShownAlways(turn) { plainCount += 1 }
    return node
  }

  // MARK: Operations

  /// Computes an operation of these operands and notes it.
  ///
  /// - Parameter isConstant: whether no derivative passes through it, as through a comparison.
  func operate(
    _ name: String, _ inputs: [Node], _ options: Node.Options = Node.Options(),
    isConstant: Bool = false, at span: Span, in source: SourceText,
    _ compute: ([Variable]) throws -> Variable
  ) throws -> Node {
    if isExact, plainCount >= Self.sizeLimit || nodes.count >= Self.loopSizeLimit {
      let limit = plainCount >= Self.sizeLimit ? Self.sizeLimit : Self.loopSizeLimit
      throw Unsupported(
        "a loss of more than \(limit) steps", span: span, source: source,
        hint: "derive a part of it, or use grad")
    }
    let key = isExact ? Self.key(name, inputs, options) : nil
    if let key, let known = computed[key] { return known }
    let variable = try compute(inputs.map(\.variable))
    let isOnPath = !isConstant && inputs.contains(where: \.isOnPath)
    let node = add(
      Node(
        .operation(name), identifier: nodes.count,
        inputs: isExact || nodes.count < Self.sizeLimit ? inputs : [], options: options,
        variable: isOnPath ? variable : variable.detached,
        axes: Self.axes(name, inputs, options, variable.shape), isOnPath: isOnPath, span: span,
        source: source))
    cost = cost + Cost(name, inputs, node)
    if isOnPath {
      for input in inputs where input.isOnPath { input.consumers.append(node) }
    }
    if let key { computed[key] = node }
    return node
  }

  /// Equal for operations that give the same: what is computed twice is one intermediate.
  private static func key(_ name: String, _ inputs: [Node], _ options: Node.Options) -> String? {
    guard options.layer == nil, options.indices.isEmpty, !inputs.isEmpty,
      !["stack", "bracket"].contains(name)
    else { return nil }
    let operands = inputs.map { node in
      node.number.map { node.dimension == nil ? "#\($0)" : "\(node.identifier)" }
        ?? "\(node.identifier)"
    }
    var arguments: [String] = []
    for (name, value) in options.arguments {
      guard let text = Notation.code(of: value) else { return nil }
      arguments.append("\(name)=\(text)")
    }
    return ([name] + operands + arguments).joined(separator: " ")
  }

  /// The axes of a result, those that it shares with its operands made one.
  private static func axes(
    _ name: String, _ inputs: [Node], _ options: Node.Options, _ shape: Shape
  ) -> [Dimension] {
    let fresh = shape.dimensions.map { Dimension($0) }
    guard let first = inputs.first?.axes else { return fresh }
    let rule = OperationKind.named(name)?.axes ?? (options.layer == nil ? .operands : .leading)
    let candidate: [Dimension] =
      switch rule {
      case .operands: inputs.dropFirst().reduce(first) { .unified($0, $1.axes) }
      case .product: productAxes(inputs)
      case .outerProduct: inputs.flatMap(\.axes)
      case .transposition: transposed(first, options)
      case .reduction: reduced(inputs[0], options)
      case .leading:
        // Leading axes that keep their length are the same rows.
        zip(first, fresh).map { $0.size == $1.size ? $0 : $1 } + fresh.dropFirst(first.count)
      case .fresh: fresh
      }
    return candidate.sizes == shape.dimensions ? candidate : fresh
  }

  private static func productAxes(_ inputs: [Node]) -> [Dimension] {
    guard inputs.count == 2 else { return [] }
    let (left, right) = (inputs[0].axes, inputs[1].axes)
    guard let inner = left.last, !right.isEmpty else { return [] }
    inner.unify(right[right.count - Swift.min(2, right.count)])
    return left.dropLast() + (right.count >= 2 ? [right[right.count - 1]] : [])
  }

  private static func transposed(_ axes: [Dimension], _ options: Node.Options) -> [Dimension] {
    guard let order = options.integers("axes") else { return axes.reversed() }
    return order.compactMap { axis in
      let place = axis < 0 ? axis + axes.count : axis
      return axes.indices.contains(place) ? axes[place] : nil
    }
  }

  private static func reduced(_ input: Node, _ options: Node.Options) -> [Dimension] {
    let gone = (try? input.shape.normalized(axes: options.integers("axis"))) ?? []
    return input.axes.enumerated().compactMap { axis, dimension in
      if !gone.contains(axis) { return dimension }
      return options.keepsDimensions ? Dimension(1) : nil
    }
  }
}

/// What the derivation does not treat, and where it stands.
package struct Unsupported: Error {
  let construct: String
  let span: Span
  let source: SourceText
  let hint: String?

  init(_ construct: String, span: Span, source: SourceText, hint: String? = nil) {
    self.construct = construct
    self.span = span
    self.source = source
    self.hint = hint
  }

  /// The same as an error of the shell.
  package func error(of command: String) -> RuntimeError {
    let position = source.position(of: span.start)
    let written = source.text(in: span)
    let line = written.prefix { $0 != "\n" }.prefix(60)
    let quoted = line.isEmpty ? "" : ": `\(line)\(line.count < written.count ? " …" : "")`"
    return .other(
      "\(command) does not treat \(construct)\(quoted) "
        + "(\(source.name):\(position.line):\(position.column))",
      hint: hint)
  }
}
