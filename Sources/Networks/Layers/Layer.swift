import Operations
import Tensors

/// A trainable tensor of a layer. Its name in a network is `letter` and the layer's number: `W1`.
package struct LayerParameter: Sendable {
  /// `W`, `b`, `gamma` or `beta`.
  package let letter: String
  /// The value.
  package var tensor: Tensor
}

/// One step of a network: what it computes on rows of examples, and how it is trained.
///
/// Each layer's file holds, side by side, its forward pass for inference and differentiation and
/// the planned `Stage` with the backward pass that training uses. Shapes are of one example: the
/// rows of a batch come before them.
package protocol Layer: Sendable {
  /// As the language writes it: `dense(784, 1000)`.
  var description: String { get }
  /// The parameters, in groups that share a number; empty while the input is unknown.
  var parameterGroups: [[LayerParameter]] { get set }
  /// How many groups there are once the input is known.
  var groupCount: Int { get }
  /// Learned without gradients: the running statistics of `batch_norm`.
  var statistics: [Tensor] { get set }
  /// Whether the parameters exist.
  var isResolved: Bool { get }

  /// The shape of one example's output. `position` counts the network's layers from 1, for errors.
  func outputShape(for input: [Int], position: Int) throws(NetworkError) -> [Int]
  /// Fixes the input and draws the parameters, if they do not exist yet.
  ///
  /// - Returns: the shape of one example's output.
  mutating func resolve(
    input: [Int], position: Int, generator: inout RandomGenerator
  ) throws -> [Int]
  /// Draws new parameters of the same shapes; forgets statistics.
  mutating func reset(generator: inout RandomGenerator) throws
  /// The output for rows of examples, with these values for the parameters (all groups in a row).
  /// Inference: dropout passes everything, batch_norm uses its running statistics.
  func apply(_ x: Variable, parameters: ArraySlice<Variable>) throws -> Variable
  /// The widest gradient that an example needs inside the layer.
  func widestGradient(for input: [Int]) -> Int
  /// Whether training must see a batch in one piece.
  var needsWholeBatch: Bool { get }
  /// Draws the parameters if they do not depend on the input's shape.
  mutating func resolveAlone(generator: inout RandomGenerator) throws
  /// Adds the layer's stages to a training plan; none if it passes its rows through unchanged.
  func makeStages(input: [Int], _ builder: StageBuilder) throws
}

extension Layer {
  package var parameterGroups: [[LayerParameter]] {
    get { [] }
    set {}
  }
  package var groupCount: Int { parameterGroups.count }
  package var statistics: [Tensor] {
    get { [] }
    set {}
  }
  package var isResolved: Bool { true }
  package func widestGradient(for input: [Int]) -> Int { input.reduce(1, *) }
  package var needsWholeBatch: Bool { false }
  package mutating func resolveAlone(generator: inout RandomGenerator) throws {}
  package mutating func resolve(
    input: [Int], position: Int, generator: inout RandomGenerator
  ) throws -> [Int] {
    try outputShape(for: input, position: position)
  }
  package mutating func reset(generator: inout RandomGenerator) throws {}

  /// The number of parameters, in groups and then within them.
  var parameterCount: Int { parameterGroups.reduce(0) { $0 + $1.count } }
}

/// How weights are drawn.
package enum Initialization: String, Sendable, CaseIterable {
  /// Zero-mean normal of variance 2/(in + out) (Glorot and Bengio, 2010).
  case xavier
  /// Zero-mean normal of variance 2/in (He et al., 2015), for rectifiers.
  case he
  /// All zero.
  case zeros

  /// Weights of `shape` for a layer with that many inputs and outputs of each unit.
  package func draw(
    _ shape: Shape, inputs: Int, outputs: Int, generator: inout RandomGenerator
  ) throws -> Tensor {
    let variance: Double
    switch self {
    case .xavier: variance = 2 / Double(max(1, inputs + outputs))
    case .he: variance = 2 / Double(max(1, inputs))
    case .zeros: return try Tensor.zeros(shape)
    }
    let normal = try generator.normal(shape)
    return try Tensor.apply(.multiply, normal, .scalar(variance.squareRoot()))
  }
}
