import ONNX
import Operations
import Tensors

/// A trainable tensor of a layer. Its name in a network is `letter` and the layer's number: `W1`.
package struct LayerParameter: Sendable {
  /// `W`, `b`, `gamma`, or what the field of a person's own record is called.
  package let letter: String
  /// The value.
  package var tensor: Tensor

  package init(letter: String, tensor: Tensor) {
    self.letter = letter
    self.tensor = tensor
  }
}

/// One step of a network: a rule for shapes, parameters, and `apply`, what it computes on rows of
/// examples. Calling, differentiating and training a network all follow from these.
///
/// Shapes are of one example: the rows of a batch come before them. The rest of what networks ask
/// of a layer has answers that fit most layers.
package protocol Layer: Sendable {
  /// As the language writes it, with all that makes the layer but its numbers:
  /// `dense(784, 1000)`.
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
  /// Draws the parameters if they do not depend on the input's shape.
  mutating func resolveAlone(generator: inout RandomGenerator) throws
  /// What `reset` brings back instead of drawing it: parameters as a person gave them. Empty where
  /// there are none.
  var givenParameters: [Tensor] { get set }
  /// Counts the parameters at hand as given, where no code makes the first ones again.
  mutating func takeAsGiven()
  /// Draws new parameters of the same shapes; forgets statistics.
  mutating func reset(generator: inout RandomGenerator) throws
  /// The output for rows of examples, with the pass's values for the parameters. Outside training
  /// dropout passes everything and batch_norm uses its running statistics.
  func apply(_ x: Variable, _ pass: LayerPass) throws -> Variable
  /// Adds the nodes that compute the same in ONNX's form, outside training.
  ///
  /// - Parameters:
  ///   - x: the value for rows of examples.
  ///   - input: the shape of one example.
  /// - Returns: the output's name.
  /// - Throws: `NetworkError.notInONNX` where the layer has no such form.
  func addNodes(to graph: inout GraphBuilder, _ x: String, input: [Int]) throws -> String

  /// The shape of one example that it takes, where it takes only one.
  var knownInput: [Int]? { get }
  /// How long the last axis of its input must be, where it takes one length only.
  var inputFeatures: Int? { get }
  /// How long the last axis of its output is, whatever the other axes are; nil where they decide it.
  ///
  /// - Parameter input: the length of the input's last axis, where that is known.
  func features(after input: Int?) -> Int?
  /// Draws the parameters where the length of the input's last axis is all that they depend on.
  mutating func resolve(features: Int, generator: inout RandomGenerator) throws
  /// What it asks of the arrangement of an example's numbers.
  var arrangement: InputArrangement { get }
  /// The function that makes probabilities of its input, where it is one.
  var probabilities: Tensor.Origin.Function? { get }
  /// Whether training must see a batch in one piece.
  var needsWholeBatch: Bool { get }
  /// Whether an example's output may depend on the other rows outside training, too.
  var mixesRows: Bool { get }
  /// Whether a layer that may mix rows was seen to compute each from that row alone, of examples of
  /// this shape.
  func keepsRowsApart(_ input: [Int]) -> Bool
  /// The same as `needsWholeBatch`, for examples of this shape.
  func needsWholeBatch(for input: [Int]) -> Bool
  /// Whether it computes something else in training than outside it.
  var differsInTraining: Bool { get }
  /// Code that makes the layer again but for its numbers, as files keep it. Throws where there is
  /// none.
  func source() throws(NetworkError) -> String

  // What a layer may add to be faster.

  /// Whether it is max(x, 0), which other layers compute together with their own output.
  var isRectifier: Bool { get }
  /// The output for plain rows, with a rectifier after it where `rectified`, in one kernel; nil
  /// where there is none.
  func fused(_ x: Tensor, rectified: Bool) throws -> Tensor?
  /// Where and by which operation an output that is not finite was born inside the layer; nil where
  /// the layer does not know.
  func birthOfNotFinite(_ x: Variable, _ pass: LayerPass) -> String?
  /// Adds stages with a backward pass written by hand to a training plan.
  ///
  /// - Returns: whether it did; where not, the plan records `apply`.
  func addStages(input: [Int], to builder: StageBuilder) throws -> Bool
  /// Whether those stages can take a batch in blocks all the same where the layer needs the whole of
  /// it, by joining sums over its rows (`WholeBatchStage`).
  var joinsSums: Bool { get }
  /// How many numbers an example needs for a value inside those stages.
  func widestInside(for input: [Int]) -> Int
}

/// What a layer asks of the arrangement of an example's numbers.
package enum InputArrangement: Sendable {
  /// Nothing: it leaves the shape as it is.
  case any
  /// Height × width × channels.
  case image
  /// It has rules of its own.
  case own
}

extension Layer {
  /// An example's shape where it is a sequence of so many features, time×features; throws what is
  /// wrong with it otherwise.
  func sequences(
    _ input: [Int], features: Int, position: Int
  ) throws(NetworkError) -> [Int] {
    guard input.count == 2, input[1] == features, input[0] > 0 else {
      throw .layerInput(
        layer: description, position: position, takes: "sequences time×\(features)", got: input,
        remedy: input.contains(0)
          ? "a sequence has at least one step" : "the first argument is the number of features")
    }
    return input
  }

  package var parameterGroups: [[LayerParameter]] {
    get { [] }
    set {}
  }
  package var groupCount: Int { parameterGroups.count }
  package var statistics: [Tensor] {
    get { [] }
    set {}
  }
  package var givenParameters: [Tensor] {
    get { [] }
    set {}
  }
  package mutating func takeAsGiven() {}
  package var isResolved: Bool { true }
  package mutating func resolveAlone(generator: inout RandomGenerator) throws {}
  package mutating func resolve(
    input: [Int], position: Int, generator: inout RandomGenerator
  ) throws -> [Int] {
    try outputShape(for: input, position: position)
  }
  package mutating func reset(generator: inout RandomGenerator) throws {}

  package var knownInput: [Int]? { nil }
  package var inputFeatures: Int? { knownInput?.last }
  package func features(after input: Int?) -> Int? { arrangement == .any ? input : nil }
  package mutating func resolve(features: Int, generator: inout RandomGenerator) throws {}
  package func birthOfNotFinite(_ x: Variable, _ pass: LayerPass) -> String? { nil }
  package var arrangement: InputArrangement { .own }
  package var probabilities: Tensor.Origin.Function? { nil }
  package var needsWholeBatch: Bool { mixesRows }
  package var mixesRows: Bool { false }
  package func keepsRowsApart(_ input: [Int]) -> Bool { !mixesRows }
  package func needsWholeBatch(for input: [Int]) -> Bool { needsWholeBatch }
  package var differsInTraining: Bool { false }
  package func source() throws(NetworkError) -> String { description }

  package var isRectifier: Bool { false }
  package func fused(_ x: Tensor, rectified: Bool) throws -> Tensor? { nil }
  package func addStages(input: [Int], to builder: StageBuilder) throws -> Bool { false }
  package var joinsSums: Bool { false }
  package func widestInside(for input: [Int]) -> Int { 0 }

  /// The number of parameters, in groups and then within them.
  package var parameterCount: Int { parameterGroups.reduce(0) { $0 + $1.count } }

  /// The output outside training, with these values for the parameters (all groups in a row).
  package func apply(_ x: Variable, parameters: ArraySlice<Variable>) throws -> Variable {
    try apply(x, LayerPass(parameters: parameters))
  }
}

extension [any Layer] {
  /// The nodes of one layer after the other; see `Layer.addNodes`.
  func addNodes(to graph: inout GraphBuilder, _ x: String, input: [Int]) throws -> String {
    var (value, shape) = (x, input)
    for layer in self {
      value = try layer.addNodes(to: &graph, value, input: shape)
      shape = try layer.outputShape(for: shape, position: 1)
    }
    return value
  }

  /// Code that makes the layers again but for their numbers.
  package func source() throws(NetworkError) -> String {
    var parts: [String] = []
    for layer in self { parts.append(try layer.source()) }
    return parts.joined(separator: " |> ")
  }

  /// One layer after the other, each with its part of the pass's parameters.
  func apply(_ x: Variable, _ pass: LayerPass) throws -> Variable {
    var remaining = pass.parameters
    var value = x
    for layer in self {
      value = try layer.apply(value, pass.with(remaining.prefix(layer.parameterCount)))
      remaining = remaining.dropFirst(layer.parameterCount)
    }
    return value
  }
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
