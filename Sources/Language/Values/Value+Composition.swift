import Networks
import Operations
import Tensors

extension Value {
  /// `first |> second` of two functions or networks: a network where both are layers or networks,
  /// otherwise a function that calls one after the other.
  ///
  /// - Parameter vocabulary: the builtins, of which a function of a person's own may hide one.
  package static func composed(
    _ first: Value, _ second: Value, random: RandomState, _ vocabulary: Vocabulary
  ) throws -> Value {
    if let a = try first.asNetwork(random), let b = try second.asNetwork(random) {
      return .network(
        Box(NetworkValue(try Network.composed(a, b, generator: &random.generator))))
    }
    for (layer, other) in [(first, second), (second, first)] {
      if case .network = layer, let name = other.hiddenLayer(vocabulary) {
        throw RuntimeError.other(
          "\(name) is a function of your own here and no layer of a network",
          hint: "clear \(name) brings the layer back, or give your function another name")
      }
    }
    guard second.isComposable else { throw RuntimeError.notCallable(kind: second.kindName) }
    return .function(Function(composing: try interruptibleJoin(first.steps, second.steps)))
  }

  /// The name of the layer that this function of a person's own hides.
  private func hiddenLayer(_ vocabulary: Vocabulary) -> String? {
    guard case .function(let function) = self, function.builtin == nil, let name = function.name,
      let hidden = vocabulary.builtin(named: name),
      hidden.layer != nil || hidden.declaration.group == .layers
    else { return nil }
    return name
  }

  private var steps: [Value] {
    if case .function(let function) = self, case .composed(let steps) = function.origin {
      return steps
    }
    return [self]
  }

  /// The network that this is, or the layer that a builtin's bare name stands for.
  func asNetwork(_ random: RandomState) throws -> Network? {
    switch self {
    case .network(let box): return box.content.network
    case .function(let function):
      guard let layer = function.builtin?.layer else { return nil }
      return try Network([layer], generator: &random.generator)
    default: return nil
    }
  }

  /// What a network gives for rows of examples, recorded where it or they are differentiated.
  static func output(of network: NetworkValue, for input: Value) throws -> Value {
    if input.isTraced, let x = try input.asVariable() {
      return Value(try network.network.forward(x, parameters: network.tracedParameters))
    }
    guard let x = try input.asTensor() else {
      throw RuntimeError.argumentKind(
        function: "a network", parameter: "x", expected: "a tensor", got: input.kindPhrase,
        usage: nil)
    }
    if let parameters = network.tracedParameters {
      return Value(try network.network.forward(Variable(x), parameters: parameters))
    }
    return Value(try network.network.forward(x))
  }
}
