import ONNX
import Tensors

extension Network {
  /// A model in ONNX's form as layers in a row.
  ///
  /// Throws `notALayer` naming the first operator that no layer of nnsh computes.
  ///
  /// - Parameter function: the layer of a builtin's name, of a formula or of a call of `layer`.
  /// - Returns: the network, and whether the model takes the features (of images, the channels) on
  ///   the axis after the rows, where the network takes them on the last.
  package static func reading(
    _ model: ONNXModel, function: @escaping (_ code: String) throws -> any Layer
  ) throws -> (network: Network, featuresMoved: Bool) {
    var reader = try ChainReader(model, function: function)
    try reader.read(to: model.graph.outputs.first?.name ?? "")
    guard reader.pendingImage == nil else {
      throw NetworkError.notALayer(
        operation: "Flatten", name: model.graph.name,
        reason: "its numbers come in another order than nnsh's, and no dense layer follows")
    }
    if reader.layers.isEmpty { throw NetworkError.empty }
    switch reader.arrangement {
    case .own: break
    case .featuresSecond, .stepsFirst:
      if !reader.takesFeaturesSecond {
        throw NetworkError.notALayer(
          operation: "the output", name: model.graph.outputs.first?.name ?? "",
          reason: "its features are not on the last axis")
      }
    }
    var generator = RandomGenerator(seed: 0)
    var network = try Network(reader.layers, generator: &generator)
    if reader.isExact, let input = reader.exampleInput { try network.resolve(input: input) }
    return (network, reader.takesFeaturesSecond)
  }
}

extension ChainReader {
  /// The shape of one example that the layers take, where the model tells it.
  fileprivate var exampleInput: [Int]? {
    guard let input = graph.inputs.first(where: { constants[$0.name] == nil }),
      let dimensions = input.dimensions
    else { return nil }
    let sizes = dimensions.dropFirst().compactMap { dimension -> Int? in
      if case .fixed(let length) = dimension { length } else { nil }
    }
    guard sizes.count == dimensions.count - 1, sizes.count > 0 else { return nil }
    return takesFeaturesSecond ? Array(sizes.dropFirst()) + [sizes[0]] : sizes
  }
}
