import ONNX
import Operations
import Tensors

/// A block of a transformer, normalization first (Xiong et al., 2020): x + attention(norm x), then
/// x + dense(gelu(dense(norm x))), which is four times as wide inside.
package struct Transformer: CompositeLayer {
  let size: Int
  let heads: Int
  let isCausal: Bool
  let dropout: Double
  /// As of `Attention`.
  let isMasked: Bool
  package var layers: [any Layer]

  package init(
    size: Int, heads: Int, isCausal: Bool = false, dropout: Double = 0,
    isMasked: Bool = false
  ) throws(NetworkError) {
    self.size = size
    self.heads = heads
    self.isCausal = isCausal
    self.dropout = dropout
    self.isMasked = isMasked
    layers = []
    try NetworkError.check([("size", size), ("heads", heads)], of: description)
    let drop: [any Layer] = dropout == 0 ? [] : [try Dropout(dropout)]
    layers = [
      try Residual(
        layers: [
          LayerNormalization(), try Attention(size: size, heads: heads, isCausal: isCausal),
        ] + drop),
      try Residual(
        layers: [
          LayerNormalization(), try Dense(inputs: size, outputs: 4 * size), ActivationLayer(.gelu),
          try Dense(inputs: 4 * size, outputs: size),
        ] + drop),
    ]
  }

  package var description: String {
    "transformer(\(size), \(heads)\(isCausal ? ", causal=true" : "")"
      + (dropout == 0 ? "" : ", dropout=\(NetworkFormat.number(dropout))")
      + (isMasked ? ", mask=true)" : ")")
  }

  package func outputShape(for input: [Int], position: Int) throws(NetworkError) -> [Int] {
    try sequences(input, features: size, position: position)
  }

  package mutating func resolve(
    input: [Int], position: Int, generator: inout RandomGenerator
  ) throws -> [Int] {
    let output = try outputShape(for: input, position: position)
    for index in layers.indices {
      _ = try layers[index].resolve(input: input, position: position, generator: &generator)
    }
    return output
  }

  package mutating func resolveAlone(generator: inout RandomGenerator) throws {
    // No parameter depends on the length.
    _ = try resolve(input: [1, size], position: 1, generator: &generator)
  }

  package func features(after input: Int?) -> Int? { size }
  package var inputFeatures: Int? { size }

  package func apply(_ x: Variable, _ pass: LayerPass) throws -> Variable {
    // Before the normalization, after which a step's features are no longer 0.
    _ = try pass.sequences.realSteps(of: x, looking: isMasked)
    return try layers.apply(x, pass)
  }

  package func addStages(input: [Int], to builder: StageBuilder) throws -> Bool {
    if isMasked { builder.append(try PaddingStage(builder, steps: input[0])) }
    try builder.addInner(layers, input: input)
    return true
  }

  package func addNodes(to graph: inout GraphBuilder, _ x: String, input: [Int]) throws -> String {
    // Before the normalization, after which a step's features are no longer 0.
    if isMasked { _ = try graph.findFilledSteps(of: x) }
    return try layers.addNodes(to: &graph, x, input: input)
  }
}
