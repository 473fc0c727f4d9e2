import Tensors

/// Layers in a row, with their parameters and all that training leaves behind.
///
/// A value: a copy shares memory until one of the two changes, and never sees the other's changes.
/// Layers whose input is unknown (`dense(10)`) take it from the layer before, or from the first
/// data; their parameters are drawn then.
package struct Network: Sendable {
  /// The layers, in the order that data passes them.
  package internal(set) var layers: [any Layer]
  /// What each epoch of training measured.
  package var history = History()
  /// What the optimizer remembers between steps: one buffer list a parameter, in order.
  package var optimizerState = OptimizerState()
  /// The training that was interrupted, if one was: `train NET` goes on with it.
  package var unfinished: UnfinishedTraining?

  /// A network of these layers; parameters are drawn wherever the inputs are known.
  package init(_ layers: [any Layer], generator: inout RandomGenerator) throws {
    self.layers = layers
    try resolveKnown(generator: &generator)
  }

  /// `first` and then `second`: what `|>` means for layers and networks.
  package static func composed(
    _ first: Network, _ second: Network, generator: inout RandomGenerator
  ) throws -> Network {
    // `n = n |> n` without an end: each layer is copied several times on the way.
    try MemoryGuard.check(
      elements: Double(first.layers.count) + Double(second.layers.count), bytesEach: 256)
    return try Network(first.layers + second.layers, generator: &generator)
  }

  /// As the language writes it: `dense(784, 1000) |> relu |> dense(1000, 10) |> softmax`.
  package var description: String { layers.map(\.description).joined(separator: " |> ") }

  /// Whether every layer has its parameters.
  package var isResolved: Bool { layers.allSatisfy(\.isResolved) }

  /// Fixes the input of every layer for examples of this shape, drawing what is missing. Throws,
  /// changing nothing, when a layer does not fit.
  package mutating func resolve(input: [Int], generator: inout RandomGenerator) throws {
    var shape = input
    var resolved = layers
    for index in resolved.indices {
      try resolved[index].resolve(input: shape, position: index + 1, generator: &generator)
      shape = try resolved[index].outputShape(for: shape, position: index + 1)
    }
    layers = resolved
  }

  /// Resolves from the first layer that knows its inputs onwards.
  private mutating func resolveKnown(generator: inout RandomGenerator) throws {
    var shape: [Int]?
    for index in layers.indices {
      if index & 0xFFF == 0 { try Interrupt.check() }
      if shape == nil { shape = layers[index].knownInput }
      guard let input = shape else {
        try layers[index].resolveAlone(generator: &generator)
        continue
      }
      try layers[index].resolve(input: input, position: index + 1, generator: &generator)
      shape = try layers[index].outputShape(for: input, position: index + 1)
    }
  }

  /// New weights, of the same shapes; forgets the history, the optimizer's state and any
  /// unfinished training.
  package mutating func reset(generator: inout RandomGenerator) throws {
    for index in layers.indices { try layers[index].reset(generator: &generator) }
    history = History()
    optimizerState = OptimizerState()
    unfinished = nil
  }

  /// The shape of one example's output for examples of shape `input`.
  package func outputShape(for input: [Int]) throws(NetworkError) -> [Int] {
    if layers.isEmpty { throw .empty }
    var shape = input
    for (index, layer) in layers.enumerated() {
      shape = try layer.outputShape(for: shape, position: index + 1)
    }
    return shape
  }

  /// The shape of one example's input, where the first layer with an opinion fixes it.
  package var inputShape: [Int]? {
    for layer in layers {
      if let known = layer.knownInput { return known }
      if !(layer is ActivationLayer || layer is Dropout) { return nil }
    }
    return nil
  }
}

extension Layer {
  /// The shape of one example that this layer takes, where it takes only one.
  var knownInput: [Int]? {
    if let residual = self as? Residual { return residual.layers.first?.knownInput }
    guard let dense = self as? Dense, let inputs = dense.inputs else { return nil }
    return [inputs]
  }
}
