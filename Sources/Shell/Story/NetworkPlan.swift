import Networks
import Operations
import Tensors

/// The layers of a network without their weights, to be built anew with something changed.
struct NetworkPlan {
  private(set) var layers: [any Layer]

  /// Nil where a layer has weights and cannot be made again from what is known of it here.
  init?(_ network: Network) {
    layers = []
    for layer in network.layers {
      if let dense = layer as? Dense {
        guard let fresh = try? Dense(outputs: dense.outputs, hasBias: dense.hasBias) else {
          return nil
        }
        layers.append(fresh)
      } else if layer is BatchNormalization {
        layers.append(BatchNormalization())
      } else if layer is LayerNormalization {
        layers.append(LayerNormalization())
      } else {
        var fresh = layer
        if layer.groupCount > 0 {
          var generator = RandomGenerator(seed: network.seed)
          guard (try? fresh.reset(generator: &generator)) != nil else { return nil }
        }
        layers.append(fresh)
      }
    }
  }

  /// The network, its weights drawn from a seed; nil where the layers do not fit each other.
  func network(seed: UInt64, for inputs: Tensor) throws -> Network? {
    var generator = RandomGenerator(seed: seed, stream: 1)
    guard var network = try? Network(layers, generator: &generator) else { return nil }
    network.seed = seed
    do {
      try network.resolve(
        input: Array(inputs.shape.dimensions.dropFirst()), generator: &generator)
    } catch is NetworkError {
      return nil
    }
    return network
  }

  private var densePlaces: [Int] { layers.indices.filter { layers[$0] is Dense } }

  /// The units of the hidden layers.
  var hiddenUnits: Int {
    densePlaces.dropLast().reduce(0) { $0 + ((layers[$1] as? Dense)?.outputs ?? 0) }
  }

  /// With twice the units in each hidden layer, at least 16; a network without one gets one.
  func wider() -> NetworkPlan? {
    guard let last = densePlaces.last else { return nil }
    var plan = self
    for place in densePlaces.dropLast() {
      guard let dense = layers[place] as? Dense,
        let wide = try? Dense(outputs: max(16, 2 * dense.outputs), hasBias: dense.hasBias)
      else { return nil }
      plan.layers[place] = wide
    }
    if densePlaces.count == 1 {
      guard let hidden = try? Dense(outputs: 16) else { return nil }
      plan.layers.insert(contentsOf: [hidden, ActivationLayer(.relu)] as [any Layer], at: last)
    }
    return plan
  }

  /// With a rectifier after each dense layer that another follows with nothing that bends between.
  func bent() -> NetworkPlan? {
    var plan = self
    for place in densePlaces.dropLast().reversed() {
      let next = densePlaces.first { $0 > place } ?? layers.count
      let isBent = layers[place + 1..<next].contains {
        !($0 is Dropout || $0 is Flatten || $0 is BatchNormalization || $0 is LayerNormalization)
      }
      if !isBent { plan.layers.insert(ActivationLayer(.relu), at: place + 1) }
    }
    return plan
  }

  /// How many of its hidden activations have two flat ends.
  var flatActivations: Int {
    layers.dropLast().count { ["sigmoid", "tanh"].contains($0.description) }
  }

  /// With rectifiers in the place of activations that have flat ends.
  func rectified() -> NetworkPlan? {
    var plan = self
    for place in layers.indices.dropLast()
    where ["sigmoid", "tanh"].contains(layers[place].description) {
      plan.layers[place] = ActivationLayer(.relu)
    }
    return plan
  }
}
