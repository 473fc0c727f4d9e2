import Operations
import Tensors

/// A layer that is made of layers, whose parameters are theirs in a row.
package protocol CompositeLayer: Layer {
  /// The layers inside, in the order of their parameters.
  var layers: [any Layer] { get set }
}

extension CompositeLayer {
  package var parameterGroups: [[LayerParameter]] {
    get { layers.flatMap(\.parameterGroups) }
    set { layers.distribute(newValue, to: \.parameterGroups) }
  }
  package var groupCount: Int { layers.reduce(0) { $0 + $1.groupCount } }
  package var isResolved: Bool { layers.allSatisfy(\.isResolved) }

  package var statistics: [Tensor] {
    get { layers.flatMap(\.statistics) }
    set { layers.distribute(newValue, to: \.statistics) }
  }

  package var givenParameters: [Tensor] {
    get { layers.flatMap(\.givenParameters) }
    set { layers.distribute(newValue, to: \.givenParameters) }
  }

  package mutating func takeAsGiven() {
    for index in layers.indices { layers[index].takeAsGiven() }
  }

  package mutating func resolveAlone(generator: inout RandomGenerator) throws {
    for index in layers.indices { try layers[index].resolveAlone(generator: &generator) }
  }

  package mutating func reset(generator: inout RandomGenerator) throws {
    for index in layers.indices { try layers[index].reset(generator: &generator) }
  }

  package var needsWholeBatch: Bool { layers.contains { $0.needsWholeBatch } }
  package var mixesRows: Bool { layers.contains { $0.mixesRows } }
  package func keepsRowsApart(_ input: [Int]) -> Bool {
    layers.withInputs(input).allSatisfy { $0.layer.keepsRowsApart($0.input) }
  }
  package func needsWholeBatch(for input: [Int]) -> Bool {
    layers.withInputs(input).contains { $0.layer.needsWholeBatch(for: $0.input) }
  }
  package var differsInTraining: Bool { layers.contains { $0.differsInTraining } }
  package var joinsSums: Bool { layers.allSatisfy { !$0.needsWholeBatch || $0.joinsSums } }

  package func widestInside(for input: [Int]) -> Int {
    var (shape, widest) = (input, 1)
    for layer in layers {
      widest = max(widest, layer.widestInside(for: shape), shape.reduce(1, *))
      shape = (try? layer.outputShape(for: shape, position: 0)) ?? shape
    }
    return widest
  }
}

extension [any Layer] {
  /// Each layer with the shape of an example that it gets, where the first one's is known.
  func withInputs(_ input: [Int]) -> [(layer: any Layer, input: [Int])] {
    var shape = input
    return map { layer in
      defer { shape = (try? layer.outputShape(for: shape, position: 0)) ?? shape }
      return (layer, shape)
    }
  }

  /// Gives each layer as many of the parts as it has of them, in a row.
  mutating func distribute<Part>(
    _ parts: [Part], to list: WritableKeyPath<any Layer, [Part]>
  ) {
    var remaining = parts[...]
    for index in indices {
      let count = self[index][keyPath: list].count
      self[index][keyPath: list] = [Part](remaining.prefix(count))
      remaining = remaining.dropFirst(count)
    }
  }
}
