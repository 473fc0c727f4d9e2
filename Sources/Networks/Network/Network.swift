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
  /// What it was last trained to make small; nil before any training. `test` measures by it.
  package var loss: Loss?
  /// Decides the orders and the dropout of trainings that give no seed of their own, and the weights
  /// of layers that the first data completes. Copies have the same, so that copies trained alike
  /// end alike, whatever was drawn in between.
  package var seed: UInt64 = 0
  /// The shape of the examples that it was last made ready for; nil before any.
  package private(set) var seenInput: [Int]?
  /// What the classes were called in the data that it was last trained on; empty where they had no
  /// names.
  package var names: [String] = []
  /// The training that has not come to its end, if there is one: `train NET` goes on with it.
  package var unfinished: UnfinishedTraining?
  /// What its last training noted of itself; nil before any, and after it was read from a file.
  package internal(set) var diary: TrainingDiary?
  /// Where it has been; nil before any training, and after it was read from a file.
  package var past: Past?

  /// A network of these layers; parameters are drawn wherever the inputs are known.
  package init(_ layers: [any Layer], generator: inout RandomGenerator) throws {
    self.layers = layers
    try resolveKnown(from: 0, shape: nil, generator: &generator)
    takeSeed(generator)
  }

  private init(
    _ first: Network, then second: Network, generator: inout RandomGenerator
  ) throws {
    layers = first.layers
    layers += second.layers
    seenInput = first.seenInput
    if first.isComplete, let shape = first.completeOutput {
      isComplete = true
      try resolveKnown(from: first.layers.count, shape: shape, generator: &generator)
    } else {
      try resolveKnown(from: 0, shape: nil, generator: &generator)
    }
    takeSeed(generator)
  }

  /// The layers at some positions, counted from 0, with their parameters, as a network of its own
  /// that has not been trained.
  package func part(_ positions: [Int]) -> Network {
    var part = self
    part.layers = positions.map { layers[$0] }
    part.history = History()
    part.optimizerState = OptimizerState()
    part.loss = nil
    part.unfinished = nil
    part.past = nil
    part.diary = nil
    part.isComplete = false
    part.completeOutput = nil
    part.seenInput = nil
    return part
  }

  /// The number that the generator would give next, which stays to be given.
  private mutating func takeSeed(_ generator: RandomGenerator) {
    var copy = generator
    seed = copy.next()
  }

  /// `first` and then `second`: what `|>` means for layers and networks.
  package static func composed(
    _ first: Network, _ second: Network, generator: inout RandomGenerator
  ) throws -> Network {
    // `n = n |> n` without an end: each layer is copied several times on the way.
    try MemoryGuard.check(
      elements: Double(first.layers.count) + Double(second.layers.count), bytesEach: 256)
    return try Network(first, then: second, generator: &generator)
  }

  /// As the language writes it: `dense(784, 1000) |> relu |> dense(1000, 10) |> softmax`.
  package var description: String { layers.map(\.description).joined(separator: " |> ") }

  /// Whether every layer is known to have its parameters and to fit the one before, so that
  /// composing looks only at what is added.
  private var isComplete = false
  /// The shape of one example's output, where `isComplete`.
  private var completeOutput: [Int]?

  /// Whether every layer has its parameters.
  package var isResolved: Bool { layers.allSatisfy(\.isResolved) }

  /// Fixes the input of every layer for examples of this shape, drawing what is missing. Throws,
  /// changing nothing, when a layer does not fit.
  package mutating func resolve(input: [Int], generator: inout RandomGenerator) throws {
    var shape = input
    var resolved = layers
    for index in resolved.indices {
      shape = try resolved[index].resolve(
        input: shape, position: index + 1, generator: &generator)
    }
    layers = resolved
    seenInput = input
  }

  /// The same, drawing what is missing from the network's own seed.
  package mutating func resolve(input: [Int]) throws {
    var generator = RandomGenerator(seed: seed, stream: Self.weightStream)
    try resolve(input: input, generator: &generator)
  }

  /// Which of the seed's streams weights are drawn from; the epochs' orders take those from 0 up.
  private static let weightStream = UInt64.max

  /// Resolves from the first layer that knows its inputs onwards, among those from `first` on.
  ///
  /// - Parameter shape: what comes into layer `first`, where that is known.
  private mutating func resolveKnown(
    from first: Int, shape: [Int]?, generator: inout RandomGenerator
  ) throws {
    var shape = shape
    // A dense layer takes rows of its width, or anything else with such a last axis.
    var isAssumed = true
    // The length of the last axis, where the others are not known.
    var features: Int?
    // Whether a layer before has left open whether rows or sequences come.
    var isOpen = false
    for index in first..<layers.count {
      if index & 0xFFF == 0 { try Interrupt.check() }
      if shape == nil, features == nil {
        shape = layers[index].knownInput
        isAssumed = true
        if index == 0 { isComplete = shape != nil }
      }
      guard let input = shape else {
        isOpen = true
        features = try resolveAlone(index, features: features, generator: &generator)
        continue
      }
      if isAssumed, input.count == 1,
        takesSequences(layers[index], of: input, isOpen: isOpen, index + 1)
      {
        // What dense layers before it take are sequences, whose length only the data tells.
        try layers[index].resolveAlone(generator: &generator)
        (shape, isAssumed) = (nil, false)
        features = layers[index].features(after: input.last)
        isComplete = false
        continue
      }
      let output = try layers[index].resolve(
        input: input, position: index + 1, generator: &generator)
      let needsLength = isAssumed && mixesSteps(layers[index], of: input, output, index + 1)
      if needsLength {
        (isAssumed, isComplete) = (false, false)
        features = layers[index].features(after: input.last)
      }
      shape = needsLength ? nil : output
    }
    completeOutput = isComplete ? shape : nil
  }

  /// Resolves a layer of whose input at most the length of the last axis is known; returns that of
  /// its output.
  private mutating func resolveAlone(
    _ index: Int, features: Int?, generator: inout RandomGenerator
  ) throws -> Int? {
    try layers[index].resolveAlone(generator: &generator)
    if let features {
      // What it takes is known to be the last axis of something with more.
      if layers[index].knownInput != nil {
        _ = try layers[index].resolve(
          input: [features], position: index + 1, generator: &generator)
      }
      try layers[index].resolve(features: features, generator: &generator)
    }
    return layers[index].features(after: features)
  }

  /// Whether a layer gives something else of sequences of such rows than of each row: what comes
  /// after it then depends on their length, as after `flatten`.
  private func mixesSteps(
    _ layer: any Layer, of row: [Int], _ output: [Int], _ position: Int
  ) -> Bool {
    guard row.count == 1, let steps = try? layer.outputShape(for: [2] + row, position: position)
    else { return false }
    return steps != [2] + output
  }

  /// Whether a layer that takes no rows of these features takes, or may take, sequences of them.
  ///
  /// - Parameter isOpen: whether it is open what comes, rows or sequences: a function of one's own,
  ///   which may want a certain length, then gets the benefit of the doubt until data comes.
  private func takesSequences(
    _ layer: any Layer, of row: [Int], isOpen: Bool, _ position: Int
  ) -> Bool {
    var lengths = [1]
    do {
      _ = try layer.outputShape(for: row, position: position)
      return false
    } catch NetworkError.layerFails {
      if isOpen { return true }
      lengths += [2, 4, 8]
    } catch {}
    return lengths.contains {
      (try? layer.outputShape(for: [$0] + row, position: position)) != nil
    }
  }

  /// What a reset brings back instead of drawing it: parameters as a person gave them, of all
  /// layers in a row.
  package var givenParameters: [Tensor] {
    get { layers.flatMap(\.givenParameters) }
    set { layers.distribute(newValue, to: \.givenParameters) }
  }

  /// Counts the parameters at hand as given, where no code makes the first ones again.
  package mutating func takeAsGiven() {
    for index in layers.indices { layers[index].takeAsGiven() }
  }

  /// New weights, of the same shapes, and a new seed; forgets the history, the loss, the
  /// optimizer's state and any unfinished training.
  package mutating func reset(generator: inout RandomGenerator) throws {
    for index in layers.indices { try layers[index].reset(generator: &generator) }
    history = History()
    optimizerState = OptimizerState()
    unfinished = nil
    past = nil
    loss = nil
    takeSeed(generator)
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

  /// The shape of one example's input, if a layer fixes it (only layers that keep the shape may
  /// come before that one).
  package var inputShape: [Int]? {
    for layer in layers {
      if let known = layer.knownInput { return known }
      if layer.arrangement != .any { return nil }
    }
    return nil
  }

  /// Whether the first layer that cares how an example's numbers are arranged takes images.
  package var takesImages: Bool {
    layers.first { $0.arrangement != .any }?.arrangement == .image
  }

  /// What the outputs are probabilities of, where they are: the last layer's function.
  package var endsInProbabilities: Tensor.Origin.Function? { layers.last?.probabilities }
}
