import Networks
import Operations
import Tensors

extension Value {
  /// `first |> second` of two functions or networks: a network where one of them is a network or
  /// both are layers, otherwise a function that calls one after the other.
  static func composed(
    _ first: Value, _ second: Value, on machine: any Interpreter
  ) throws -> Value {
    guard second.isComposable else {
      throw RuntimeError.other(
        "|> composes functions and layers, and on its right stands \(second.kindPhrase)",
        hint: "a function with more arguments becomes a layer as (z -> leaky_relu(z, 0.2))")
    }
    if first.isNetwork || second.isNetwork || (first.isLayer && second.isLayer) {
      let (a, b) = (try first.asNetwork(machine), try second.asNetwork(machine))
      return .network(
        Box(
          NetworkValue(
            try machine.random.drawing { try Network.composed(a, b, generator: &$0) })))
    }
    return .function(Function(composing: try interruptibleJoin(first.steps, second.steps)))
  }

  private var isNetwork: Bool { if case .network = self { true } else { false } }

  /// Whether it is a builtin whose bare name stands for a layer.
  private var isLayer: Bool {
    if case .function(let function) = self { function.builtin?.layer != nil } else { false }
  }

  private var steps: [Value] {
    if case .function(let function) = self, case .composed(let steps) = function.origin {
      return steps
    }
    return [self]
  }

  /// The network that this is, or that the functions make which this consists of.
  package func asNetwork(_ machine: any Interpreter) throws -> Network {
    if case .network(let box) = self { return box.content.network }
    let layers = try steps.flatMap { try $0.layers(machine) }
    return try machine.random.drawing { try Network(layers, generator: &$0) }
  }

  private func layers(_ machine: any Interpreter) throws -> [any Layer] {
    switch self {
    case .network(let box): return box.content.network.layers
    case .function(let function):
      if let layer = function.builtin?.layer { return [layer] }
      do {
        return [try FunctionLayer(function, machine)]
      } catch  where isHidingLayer((machine as? Machine)?.vocabulary) {
        throw RuntimeError.other(
          "\(function.name ?? "") is a function of your own here and no layer of a network",
          hint: "clear \(function.name ?? "") brings the layer back, or give your function "
            + "another name")
      }
    default: throw RuntimeError.notCallable(kind: kindName)
    }
  }

  /// Whether this is a person's own function under the name of a layer.
  private func isHidingLayer(_ vocabulary: Vocabulary?) -> Bool {
    guard case .function(let function) = self, function.builtin == nil, let name = function.name,
      let hidden = vocabulary?.builtin(named: name)
    else { return false }
    return hidden.layer != nil || hidden.declaration.group == .layers
  }

  /// What a network gives for rows of examples, recorded where it or they are differentiated.
  ///
  /// - Parameter seed: as in training, dropping what this decides; nil outside training.
  static func output(
    of network: NetworkValue, for input: Value, trainingWithSeed seed: UInt64?
  ) throws -> Value {
    guard let x = try input.asVariable() else {
      throw RuntimeError.argumentKind(
        function: "a network", parameter: "x", expected: "a tensor", got: input.kindPhrase,
        usage: nil)
    }
    if let seed {
      return Value(
        try network.network.forward(
          x, parameters: network.tracedParameters, trainingWithSeed: seed))
    }
    if !x.isConstant || network.tracedParameters != nil {
      return Value(try network.network.forward(x, parameters: network.tracedParameters))
    }
    return Value(try network.network.forward(x.tensor))
  }
}
