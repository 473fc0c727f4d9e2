import ONNX
import Operations
import Tensors

/// Wu and He (2018): the channels (last axis) in groups, each brought to mean 0 and variance 1 over
/// its channels and all places of the example, then γ and β a channel.
package struct GroupNormalization: NormalizationLayer {
  package let groups: Int
  package var parameters: [LayerParameter] = []

  package init(groups: Int) throws(NetworkError) {
    self.groups = groups
    try NetworkError.check([("groups", groups)], of: description)
  }

  package var description: String { "group_norm(\(groups))" }

  package func outputShape(for input: [Int], position: Int) throws(NetworkError) -> [Int] {
    let features = parameters.first?.tensor.count
    guard let last = input.last, last > 0, features ?? last == last, last % groups == 0 else {
      throw .layerInput(
        layer: description, position: position,
        takes: features.map { "\($0) channels" } ?? "channels that \(groups) divides", got: input,
        remedy: "choose a number of groups that divides the channels")
    }
    return input
  }

  package func addNodes(to graph: inout GraphBuilder, _ x: String, input: [Int]) throws -> String {
    guard let gamma = parameters.first, let beta = parameters.last, let channels = input.last
    else { throw NetworkError.unresolved(layer: description, position: 1) }
    func mean(_ value: String) -> String {
      graph.node("ReduceMean", [value], ["axes": .integers([1, 3]), "keepdims": .integer(1)])
    }
    let grouped = graph.reshape(x, [0, -1, groups, channels / groups])
    let deviation = graph.node("Sub", [grouped, mean(grouped)])
    let variance = mean(graph.node("Mul", [deviation, deviation]))
    let spread = graph.node(
      "Sqrt",
      [graph.node("Add", [variance, try graph.constant(Self.epsilon, "epsilon")])])
    let even = graph.node("Div", [deviation, spread])
    let restored = graph.node("Reshape", [even, graph.node("Shape", [x])])
    let scaled = graph.node("Mul", [restored, try graph.constant(gamma.tensor, "gamma")])
    return graph.node("Add", [scaled, try graph.constant(beta.tensor, "beta")])
  }

  package func apply(_ x: Variable, _ pass: LayerPass) throws -> Variable {
    guard let gamma = pass.parameters.first, let beta = pass.parameters.last, x.rank > 1,
      let shape = channelGroups(x.shape.dimensions), shape.channels == gamma.count
    else {
      throw NetworkError.unresolved(layer: description, position: 1)
    }
    let fused = FusedOperation(
      "group_norm", definition: { try Self.defined(shape, $0[0], gamma: $0[1], beta: $0[2]) },
      kernel: {
        let computed = try Tensor.groupsNormalized(
          shape, $0[0], gamma: $0[1], beta: $0[2], epsilon: Self.epsilon)
        return (computed.output, [computed.means, computed.scales])
      },
      back: { inputs, computed, gradient in
        let parts = try Tensor.groupsNormalizedGradient(
          shape, inputs[0], means: computed.kept[0], scales: computed.kept[1], gamma: inputs[1],
          of: gradient)
        return [parts.x, parts.gamma, parts.beta]
      })
    return try fused(x, gamma, beta)
  }

  /// Of a shape with the rows.
  private func channelGroups(_ dimensions: [Int]) -> ChannelGroups? {
    guard let rows = dimensions.first, let channels = dimensions.last, channels > 0,
      channels % groups == 0
    else { return nil }
    return ChannelGroups(
      rows: rows, places: dimensions.dropFirst().dropLast().reduce(1, *), channels: channels,
      groups: groups)
  }

  private static func defined(
    _ shape: ChannelGroups, _ x: Variable, gamma: Variable, beta: Variable
  ) throws -> Variable {
    let grouped = try Variable.reshape(
      x,
      to: Shape(
        checking: [shape.rows, shape.places, shape.groups, shape.channels / shape.groups]))
    let deviation = try grouped - .mean(grouped, axes: [1, 3], keepDimensions: true)
    let variance = try Variable.mean(deviation * deviation, axes: [1, 3], keepDimensions: true)
    let even = try deviation / .sqrt(variance + epsilon)
    return try .reshape(even, to: x.shape) * gamma + beta
  }

  package func addStages(input: [Int], to builder: StageBuilder) throws -> Bool {
    guard let shape = channelGroups([builder.rows] + input) else { return false }
    builder.append(try GroupNormalizationStage(builder, shape))
    return true
  }
}

/// Backward, with x̂ the normalized input: dγ = Σ G⊙x̂, dβ = Σ G, dx = (γ⊙G − mean(γ⊙G) − x̂ ·
/// mean(γ⊙G⊙x̂)) / √(variance + 1e-5), the means those of each group, in place.
final class GroupNormalizationStage: Stage {
  private let parameters: ScaleAndShift
  private let shape: ChannelGroups
  private let statistics: ColumnStatistics
  private let scratch: Floats

  init(_ builder: StageBuilder, _ shape: ChannelGroups) throws(TensorError) {
    self.shape = shape
    parameters = ScaleAndShift(builder)
    let width = shape.places * shape.channels
    statistics = ColumnStatistics(
      means: try builder.buffer(width: shape.channels).pointer,
      scales: try builder.buffer(width: shape.channels).pointer)
    scratch = try builder.buffer(width: shape.scratchWidth).pointer
    super.init(builder, output: try builder.buffer(width: width))
  }

  override var keepsOutput: Bool { false }

  override func forward(_ input: FloatRows, _ step: StepContext) throws -> FloatRows {
    self.input = input
    backend.standardizeGroups(
      shape, of: input.pointer, gamma: parameters.gamma.weights, beta: parameters.beta.weights,
      epsilon: Float(GroupNormalization.epsilon), scratch: scratch, statistics,
      into: output.pointer)
    return output
  }

  override func backward(_ gradient: FloatRows, _ step: StepContext) throws -> FloatRows {
    let sums = backend.standardizeGroupsBack(
      shape, gradient.pointer, of: input.pointer, statistics, gamma: parameters.gamma.weights,
      scratch: scratch)
    parameters.add(gamma: sums.gamma, beta: sums.beta, step.start)
    return gradient
  }

  override func forwardOperands() -> (operation: String, operands: [StageOperand]) {
    parameters.operands(input)
  }
}
