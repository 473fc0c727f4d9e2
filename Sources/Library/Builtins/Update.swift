import Language
import Networks
import Operations
import Tensors

extension Builtin {
  static let update = Builtin(
    Declaration(
      "update", group: .optimizers, "parameters after one step of an optimizer",
      details: """
        Gives the optimizer, which remembers what its next step needs, and the parameters: \
        opt, m = update(opt, m, g). The gradient has the parameters' structure, as grad L wrt m \
        gives it; a network takes a record by the names of its parameters. A schedule counts the \
        updates, from 0.
        """,
      parameters: [
        Parameter("opt", .optimizer, "an optimizer, as adam(1e-3)"),
        Parameter("m", .any, "a record, tensor, number or network"),
        Parameter("g", .any, "its gradient"),
      ],
      result: "a list of the optimizer and the parameters",
      examples: [
        .init(
          """
          m = {W: [1, 2], b: 3}
          opt, m = update(sgd(0.5), m, {W: [1, 1], b: 2})
          m
          """, "{W: [0.5, 1.5], b: 2}")
      ],
      seeAlso: ["sgd", "adam", "cosine"]),
    differentiation: .refused("an update is no part of a loss")
  ) { arguments, _ in
    guard case .optimizer(let box) = arguments[0] else {
      throw arguments.mismatch(0, expected: "an optimizer")
    }
    var optimizer = box.content
    let parameters = try UpdatedParameters(arguments[1])
    let gradients = try parameters.gradients(arguments[2])
    var tensors = parameters.tensors
    let rate = try optimizer.rate.rate(
      epoch: optimizer.state.rule == optimizer.name ? optimizer.state.steps : 0)
    try optimizer.update(&tensors, by: gradients, rate: rate)
    return .items([.optimizer(Box(optimizer)), try parameters.value(of: tensors)])
  }
}

/// The parameters that an optimizer updates, with what puts them together again.
private struct UpdatedParameters {
  private let network: NetworkValue?
  private let tree: ParameterTree
  let tensors: [Tensor]

  init(_ value: Value) throws {
    if case .network(let box) = value {
      network = box.content
      tree = try ParameterTree(value.field("parameters"), named: "m")
    } else {
      network = nil
      tree = try ParameterTree(value, named: "m")
    }
    tensors = try tree.leaves.compactMap { try $0.value.asTensor() }
  }

  /// The gradients in the order of the parameters.
  ///
  /// - Throws: where structures or shapes differ, naming the first place.
  func gradients(_ value: Value) throws -> [Tensor] {
    let given = try ParameterTree(value, named: "g")
    var byPath: [String: Value] = [:]
    for leaf in given.leaves { byPath[String(leaf.path.dropFirst())] = leaf.value }
    let wanted = tree.leaves.map { String($0.path.dropFirst()) }
    if let stranger = given.leaves.first(where: { !wanted.contains(String($0.path.dropFirst())) }) {
      throw RuntimeError.other(
        "the gradient has \(stranger.path), and the parameters have no such part", hint: nil)
    }
    return try zip(zip(tree.leaves, wanted), tensors).map { place, tensor in
      guard let gradient = try byPath[place.1]?.asTensor() else {
        throw RuntimeError.other(
          "the gradient has nothing for \(place.0.path)",
          hint: "it must have the structure of the parameters, as grad L wrt m gives it")
      }
      guard gradient.shape == tensor.shape else {
        throw RuntimeError.other(
          "the gradient of \(place.0.path) is \(gradient.shape), and \(place.0.path) is "
            + "\(tensor.shape)", hint: nil)
      }
      return gradient
    }
  }

  func value(of tensors: [Tensor]) throws -> Value {
    guard var network else { return tree.value(of: tensors.map { Value($0) }) }
    try network.network.setParameters(tensors)
    return .network(Box(network))
  }
}
