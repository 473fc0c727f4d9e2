import Language
import Networks
import Operations
import Syntax
import Tensors

extension EvaluationRecorder {
  /// A network's layers one after the other, its parameters by their names.
  package func output(of network: Box<NetworkValue>, for input: Value) throws -> Value? {
    guard followsCalls, !isUnrolling else { return nil }
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
    let isLocal = thunk.isLocal(String(name.prefix { $0 != "." }))
    return try node(
      of: variable(Value(parameter.tensor), "\(name).\(parameter.name)", isLocal: isLocal))
  }

  /// - Parameter known: the layer's output, where it has been computed.
  private func output(
    of layer: any Layer, _ x: Node, _ own: [Node], _ known: Tensor?
  ) throws -> Node {
    func operate(
      _ name: String, _ inputs: [Node], _ options: Node.Options = .init(),
      _ compute: ([Variable]) throws -> Variable
    ) throws -> Node {
      let node = try graph.operate(name, inputs, options, at: span, in: source) {
        try known.map { Variable($0) } ?? compute($0)
      }
      register(node)
      return node
    }
    switch layer {
    case is Dense where own.count == 2:
      let product = try graph.operate("@", [x, own[0]], at: span, in: source) {
        try .matmul($0[0], $0[1])
      }
      register(product)
      return try operate("+", [product, own[1]]) { try .add($0[0], $0[1]) }
    case let activation as ActivationLayer:
      return try operate(activation.kind.name, [x]) {
        try activation.apply($0[0], parameters: [])
      }
    case is Softmax: return try operate("softmax", [x]) { try .softmax($0[0]) }
    case is Dropout: return x
    case is Flatten where x.rank >= 2:
      let rows = x.shape.dimensions[0]
      let sizes = [rows, x.shape.count / max(1, rows)]
      var options = Node.Options()
      options.arguments = sizes.map { ("shape", .number(Double($0))) }
      return try operate("reshape", [x], options) {
        try .reshape($0[0], to: Shape(checking: sizes))
      }
    default:
      var options = Node.Options()
      options.layer = layer
      return try operate("layer", [x] + own, options) {
        try layer.apply($0[0], parameters: $0.dropFirst())
      }
    }
  }
}
