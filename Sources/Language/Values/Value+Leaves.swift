import Networks
import Operations

/// A value's numbers and tensors, one by one: a record's, a list's, or the parameters of a network.
extension Value {
  /// Whether it holds parameters rather than being one.
  package var isParameterTree: Bool {
    switch self {
    case .record, .network: true
    case .list: holdsTensors
    default: false
    }
  }

  /// What it holds, each with the path that leads there: `m.layers[0].W`, `net.W1`.
  ///
  /// - Parameter name: what the paths begin with.
  package func leaves(named name: String) throws -> [ParameterTree.Leaf] {
    guard case .network(let box) = self else {
      return try ParameterTree(self, named: name).leaves
    }
    return zip(box.content.network.parameterNames, box.content.variables).map {
      ParameterTree.Leaf(path: name + "." + $0, value: Value($1))
    }
  }

  /// The same value with another number or tensor in the place of one of its leaves.
  package func replacingLeaf(_ index: Int, by part: Value) throws -> Value {
    guard case .network(let box) = self else {
      let tree = try ParameterTree(self, named: "")
      var parts = tree.leaves.map(\.value)
      guard parts.indices.contains(index) else { return self }
      parts[index] = part
      return tree.structure.value(of: parts)
    }
    var network = box.content
    var variables = network.variables
    guard variables.indices.contains(index), let variable = try part.asVariable() else {
      return self
    }
    variables[index] = variable
    if variables.allSatisfy(\.isConstant) {
      network.tracedParameters = nil
      try network.network.setParameters(variables.map(\.tensor))
    } else {
      network.tracedParameters = variables
    }
    return .network(Box(network))
  }
}

extension NetworkValue {
  /// The parameters in their order, those that are being differentiated as such.
  fileprivate var variables: [Variable] {
    tracedParameters ?? network.parameters.map { Variable($0.tensor) }
  }
}
