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
    set {
      var remaining = newValue[...]
      for index in layers.indices {
        let count = layers[index].parameterGroups.count
        layers[index].parameterGroups = Array(remaining.prefix(count))
        remaining = remaining.dropFirst(count)
      }
    }
  }
  package var groupCount: Int { layers.reduce(0) { $0 + $1.groupCount } }
  package var isResolved: Bool { layers.allSatisfy(\.isResolved) }

  package var statistics: [Tensor] {
    get { layers.flatMap(\.statistics) }
    set {
      var remaining = newValue[...]
      for index in layers.indices {
        let count = layers[index].statistics.count
        layers[index].statistics = Array(remaining.prefix(count))
        remaining = remaining.dropFirst(count)
      }
    }
  }

  package mutating func resolveAlone(generator: inout RandomGenerator) throws {
    for index in layers.indices { try layers[index].resolveAlone(generator: &generator) }
  }

  package mutating func reset(generator: inout RandomGenerator) throws {
    for index in layers.indices { try layers[index].reset(generator: &generator) }
  }

  package var needsWholeBatch: Bool { layers.contains { $0.needsWholeBatch } }
  package var mixesRows: Bool { layers.contains { $0.mixesRows } }
  package var differsInTraining: Bool { layers.contains { $0.differsInTraining } }
}
