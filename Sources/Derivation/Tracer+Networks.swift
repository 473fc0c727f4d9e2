import Language
import Networks
import Operations
import Syntax
import Tensors

extension Tracer {
  /// A network's layers one after the other, its parameters by their names.
  ///
  /// - Parameter name: code that gives the network; nil where none does.
  func unroll(
    _ value: NetworkValue, named name: String?, _ input: Node, at span: Span
  ) throws -> Node {
    let network = value.network
    // What is shown is what the machine computes, be it in fewer steps.
    let whole =
      isDeriving
      ? nil : try graph.machine.call(.network(Box(value)), [Value(input.tensor)]).asTensor()
    var parameters = network.parameters[...]
    var x = input
    for (position, layer) in network.layers.enumerated() {
      let count = layer.parameterGroups.reduce(0) { $0 + $1.count }
      let own = try parameters.prefix(count).map { parameter -> Node in
        guard let name else { return try leaf(parameter.tensor, nil, at: span) }
        let path = "\(name).\(parameter.name)"
        return try node(
          try traced(
            .tensor(Box(parameter.tensor)), path,
            isLocal: thunk.isLocal(String(name.prefix { $0 != "." })), at: span), span)
      }
      parameters = parameters.dropFirst(count)
      let isLast = position == network.layers.count - 1
      x = try output(of: layer, x, own, isLast ? whole : nil, at: span)
    }
    return x
  }

  /// - Parameter known: the layer's output, where it has been computed.
  private func output(
    of layer: any Layer, _ x: Node, _ own: [Node], _ known: Tensor?, at span: Span
  ) throws -> Node {
    func operate(
      _ name: String, _ inputs: [Node], _ options: Node.Options = .init(),
      _ compute: ([Variable]) throws -> Variable
    ) throws -> Node {
      try graph.operate(name, inputs, options, at: span, in: source) {
        try known.map { Variable($0) } ?? compute($0)
      }
    }
    switch layer {
    case is Dense where own.count == 2:
      let product = try graph.operate("@", [x, own[0]], at: span, in: source) {
        try .matmul($0[0], $0[1])
      }
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
