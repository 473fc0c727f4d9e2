import Language
import Networks
import Operations
import Syntax
import Tensors

extension EvaluationRecorder {
  /// A network's layers one after the other, its parameters by their names.
  package func output(of network: Box<NetworkValue>, for input: Value) throws -> Value? {
    guard followsCalls, !isUnrolling, network.content.network.isResolved else { return nil }
    isUnrolling = true
    defer { isUnrolling = false }
    return try refusing {
      let arguments = stack.last?.operands ?? []
      let input = try trace(of: input, among: arguments)
      guard let x = try? node(of: input) else { return nil }
      // What is shown is what the machine computes, be it in fewer steps.
      let whole = isDeriving ? nil : try graph.machine.call(.network(network), [input.value])
      let output = try unroll(network.content, named: text(of: network), x, as: whole?.asTensor())
      let trace = trace(of: output, as: whole ?? Value(output.variable))
      replaceLatest(trace)
      return trace.value
    }
  }

  /// Code that gives the network that is called; nil where none does.
  private func text(of network: Box<NetworkValue>) -> String? {
    guard let part = stack.last else { return nil }
    let called: Expression
    switch part.observed.expression.kind {
    case .call(let callee, _): called = callee
    case .pipe(_, let function): called = function
    default: return nil
    }
    guard case .name(let name) = called.kind else {
      return part.operands.first { $0.value.isSame(as: .network(network)) }?.text
    }
    for depth in stride(from: part.depth, through: outermost, by: -1) {
      guard let trace = scopes[depth]?[name] else { continue }
      return trace.value.isSame(as: .network(network)) ? trace.text : nil
    }
    guard let value = thunk.lookUp(name), value.isSame(as: .network(network)) else {
      return nil
    }
    return name
  }

  /// - Parameter known: the output, where it has been computed.
  private func unroll(
    _ value: NetworkValue, named name: String?, _ input: Node, as known: Tensor?
  ) throws -> Node {
    let network = value.network
    var position = 0
    var x = input
    for (index, layer) in network.layers.enumerated() {
      let count = layer.parameterGroups.reduce(0) { $0 + $1.count }
      let own = try (position..<position + count).map { try parameter($0, of: value, name) }
      position += count
      let isLast = index == network.layers.count - 1
      x = try output(of: layer, x, own, isLast ? known : nil)
    }
    return x
  }

  private func parameter(_ index: Int, of value: NetworkValue, _ name: String?) throws -> Node {
    if let traced = value.tracedParameters, traced.indices.contains(index),
      let known = try known(Value(traced[index]))?.node
    {
      return known
    }
    let parameter = value.network.parameters[index]
    guard let name else { return try leaf(parameter.tensor, nil) }
    let isLocal = thunk.isLocal(name.placeRoot)
    return try node(
      of: variable(Value(parameter.tensor), "\(name).\(parameter.name)", isLocal: isLocal))
  }

  /// A layer by the operations that its `apply` consists of; as a whole where one of them has no
  /// formula, as of a convolution.
  ///
  /// - Parameter known: the layer's output, where it has been computed.
  private func output(
    of layer: any Layer, _ x: Node, _ own: [Node], _ known: Tensor?
  ) throws -> Node {
    let steps = try steps(of: layer, [x] + own)
    guard steps.allSatisfy({ Self.name(of: $0) != nil }) else {
      var options = Node.Options()
      options.layer = layer
      return try operate("layer", [x] + own, options) {
        try known.map { Variable($0) } ?? layer.apply($0[0], parameters: $0.dropFirst())
      }
    }
    var nodes = [x] + own
    for (index, step) in steps.enumerated() {
      let inputs = try zip(step.parents, step.inputs).map { parent, tensor in
        parent >= 0 ? nodes[parent] : try constant(tensor, of: layer)
      }
      var options = Node.Options()
      if step.name == "reshape" {
        options.arguments = step.output.shape.dimensions.map { ("shape", .number(Double($0))) }
      }
      let isLast = index == steps.count - 1
      nodes.append(
        try operate(Self.name(of: step) ?? step.name, inputs, options) {
          try (isLast ? known : nil).map { Variable($0) } ?? step.applied(to: $0)
        })
    }
    return steps.isEmpty ? x : nodes[nodes.count - 1]
  }

  /// What a layer's `apply` records of these inputs, which come first and are left out.
  private func steps(of layer: any Layer, _ inputs: [Node]) throws -> [Recording.Step] {
    let tape = Tape(keepingAll: true)
    let watched = inputs.map { tape.watch($0.tensor) }
    let output = try layer.apply(watched[0], parameters: watched.dropFirst())
    guard let last = tape.position(of: output), last >= inputs.count else { return [] }
    return (inputs.count...last).compactMap { tape.step(at: $0)?.step }
  }

  private func operate(
    _ name: String, _ inputs: [Node], _ options: Node.Options,
    _ compute: ([Variable]) throws -> Variable
  ) throws -> Node {
    let node = try graph.operate(name, inputs, options, at: span, in: source, compute)
    register(node)
    return node
  }

  /// A number in a layer, or what it learned without gradients.
  private func constant(_ tensor: Tensor, of layer: any Layer) throws -> Node {
    if tensor.rank == 0, let number = tensor.item {
      return try graph.number(number, at: span, in: source)
    }
    let statistics = [("mu", "running mean"), ("v", "running variance")]
    let found = zip(layer.statistics, statistics).first { $0.0.identity == tensor.identity }?.1
    let node = try graph.leaf(found?.0 ?? "c", tensor, at: span, in: source)
    node.isCaptured = true
    node.origin = "\(found.map { "the " + $0.1 } ?? "a constant") of \(layer.description)"
    return node
  }
}
