import Networks
import Operations
import Tensors

/// One `wrt` of a gradient: where it lies, what is there, and in what form the gradient is given.
struct GradientTarget {
  let place: Place
  /// The numbers and tensors that the place's value holds.
  let points: [Variable]
  private let form: Form

  private enum Form {
    case network(NetworkValue)
    /// A number, a tensor, or a record or list of these.
    case tree(ParameterTree.Structure)
  }

  init(_ place: Place) throws {
    self.place = place
    let value = try place.read()
    switch value {
    case .network(let box):
      form = .network(box.content)
      points =
        box.content.tracedParameters ?? box.content.network.parameters.map { Variable($0.tensor) }
    case .number, .tensor, .traced, .record, .list:
      let tree: ParameterTree
      do { tree = try ParameterTree(value, named: place.description) } catch {
        throw PlaceFailure(error: error, span: place.span)
      }
      form = .tree(tree.structure)
      points = try tree.leaves.map { leaf in
        if case .number(let number) = leaf.value { return try Variable(number) }
        return try leaf.value.asVariable() ?? Variable(.nan)
      }
    default:
      throw place.failure(of: value)
    }
  }

  func write(_ variables: ArraySlice<Variable>) throws {
    switch form {
    case .network(var network):
      // One that lacks parameters stays traced, so that its call says which.
      if variables.allSatisfy(\.isConstant), network.tracedParameters == nil,
        network.network.isResolved
      {
        try network.network.setParameters(variables.map(\.tensor))
      } else {
        network.tracedParameters = Array(variables)
      }
      try place.write(.network(Box(network)))
    case .tree(let structure):
      try place.write(structure.value(of: variables.map { Value($0) }))
    }
  }

  func value(from gradients: ArraySlice<Variable>) -> Value {
    switch form {
    case .network(let network):
      .fields(Array(zip(network.network.parameterNames, gradients.map { Value($0) })))
    case .tree(let structure): structure.value(of: gradients.map { Value($0) })
    }
  }
}
