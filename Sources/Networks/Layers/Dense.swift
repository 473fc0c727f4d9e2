import CKernels
import Operations
import Tensors

/// x·W + b: every output is a weighted sum of every input.
package struct Dense: Layer {
  /// The number of inputs, once known.
  package private(set) var inputs: Int?
  /// The number of outputs.
  package let outputs: Int
  /// How the weights are drawn; biases start at 0.
  package let initialization: Initialization
  private var parameters: [LayerParameter] = []

  /// A layer whose inputs are as yet unknown where `inputs` is nil.
  package init(inputs: Int? = nil, outputs: Int, initialization: Initialization = .xavier)
    throws(NetworkError)
  {
    self.inputs = inputs
    self.outputs = outputs
    self.initialization = initialization
    guard outputs > 0, inputs ?? 1 > 0 else {
      throw .invalidLayer(
        layer: description, reason: "the numbers of inputs and outputs must be at least 1")
    }
  }

  package var description: String {
    inputs.map { "dense(\($0), \(outputs))" } ?? "dense(\(outputs))"
  }

  package var parameterGroups: [[LayerParameter]] {
    get { parameters.isEmpty ? [] : [parameters] }
    set { parameters = newValue.first ?? [] }
  }

  package var groupCount: Int { 1 }

  package var isResolved: Bool { !parameters.isEmpty }

  package func outputShape(for input: [Int], position: Int) throws(NetworkError) -> [Int] {
    guard input.count == 1, inputs ?? input[0] == input[0], input[0] > 0 else {
      throw .layerInput(
        layer: description, position: position,
        takes: inputs.map { "rows of \($0)" } ?? "rows of numbers", got: input,
        remedy: input.count > 1
          ? "put flatten before it" : "the layer before it, or the data, decides its inputs")
    }
    return [outputs]
  }

  package mutating func resolve(
    input: [Int], position: Int, generator: inout RandomGenerator
  ) throws -> [Int] {
    let output = try outputShape(for: input, position: position)
    guard !isResolved else { return output }
    inputs = input[0]
    try reset(generator: &generator)
    return output
  }

  package mutating func reset(generator: inout RandomGenerator) throws {
    guard let inputs else { return }
    let weights = try initialization.draw(
      Shape(checking: [inputs, outputs]), inputs: inputs, outputs: outputs, generator: &generator)
    parameters = [
      LayerParameter(letter: "W", tensor: weights),
      LayerParameter(letter: "b", tensor: try Tensor.zeros(Shape(checking: [outputs]))),
    ]
  }

  package func apply(_ x: Variable, parameters: ArraySlice<Variable>) throws -> Variable {
    guard let weights = parameters.first, let bias = parameters.last, parameters.count == 2 else {
      throw NetworkError.unresolved(layer: description, position: 1)
    }
    return try .add(.matmul(x, weights), bias)
  }

  /// The same with the bias, and a rectifier that follows, fused into the product.
  func fused(_ x: Tensor, relu: Bool) throws -> Tensor {
    guard parameters.count == 2 else {
      throw NetworkError.unresolved(layer: description, position: 1)
    }
    return try Tensor.matmul(
      x, parameters[0].tensor, bias: parameters[1].tensor, activation: relu ? .relu : .none)
  }
}

extension Dense {
  package func makeStages(input: [Int], _ builder: StageBuilder) throws {
    builder.append(
      try DenseStage(
        builder, inputs: input[0], outputs: outputs,
        needsInputGradient: builder.needsInputGradient))
    builder.needsInputGradient = true
  }
}

/// y = x·W + b, with a rectifier that follows fused in both directions.
///
/// Backward, for the gradient G of the output: G ← G ⊙ [y > 0] if rectified; Σ G over the rows goes
/// to b's update, xᵀG to W's, G·Wᵀ back. The products add to the update as oneDNN's sum: γ times
/// what the velocity holds, in the first piece of a batch. In bf16 x, W and G are rounded before
/// the products, whose sums, the bias and the update stay Float32.
final class DenseStage: Stage {
  private let weights: ParameterSlot
  private let bias: ParameterSlot
  private let inputs: Int
  private let outputs: Int
  /// Rows of the product: several an example where a convolution's windows are the rows.
  private let matrixRows: Int
  private let retained: Float
  private let inputGradient: Floats?
  private let sourceType: MatmulPlan.SourceType
  /// x and G in bfloat16, where products are taken in it.
  private let halves: (input: UnsafeMutablePointer<UInt16>, gradient: UnsafeMutablePointer<UInt16>)?
  private var forwardPlan: MatmulPlan
  private let firstWeightPlan: MatmulPlan
  private let nextWeightPlan: MatmulPlan
  private let backPlan: MatmulPlan?
  private(set) var isRectified = false

  init(
    _ builder: StageBuilder, inputs: Int, outputs: Int, positions: Int = 1,
    needsInputGradient: Bool
  ) throws(TensorError) {
    self.inputs = inputs
    self.outputs = outputs
    weights = builder.nextParameter()
    bias = builder.nextParameter()
    retained = builder.retained
    let rows = builder.rows * positions
    matrixRows = rows
    let type: MatmulPlan.SourceType = builder.precision == .bf16 ? .bf16 : .f32
    sourceType = type
    forwardPlan = try MatmulPlan(m: rows, n: outputs, k: inputs, bias: true, sourceType: type)
    firstWeightPlan = try MatmulPlan(
      m: inputs, n: outputs, k: rows, transposeA: true, accumulate: retained, sourceType: type)
    nextWeightPlan = try MatmulPlan(
      m: inputs, n: outputs, k: rows, transposeA: true, accumulate: 1, sourceType: type)
    if needsInputGradient {
      backPlan = try MatmulPlan(
        m: rows, n: inputs, k: outputs, transposeB: true, sourceType: type)
      inputGradient = builder.gradientBuffer()
    } else {
      backPlan = nil
      inputGradient = nil
    }
    halves =
      type == .f32
      ? nil
      : (
        try builder.buffer(width: (inputs + 1) / 2 * positions).asHalves,
        try builder.buffer(width: (outputs + 1) / 2 * positions).asHalves
      )
    super.init(
      builder, width: outputs * positions, output: try builder.buffer(width: outputs * positions))
  }

  /// Takes over the rectifier that follows.
  func rectify() throws(TensorError) {
    isRectified = true
    forwardPlan = try MatmulPlan(
      m: matrixRows, n: outputs, k: inputs, bias: true, relu: true, sourceType: sourceType)
  }

  override var keepsOutput: Bool { isRectified }

  override func forward(_ input: Floats, _ step: StepContext) throws(TensorError) -> Floats {
    self.input = input
    let (x, matrix) = sources(input, rounding: halves?.input, inputs)
    try forwardPlan.execute(x, matrix, bias: bias.weights, output)
    return output
  }

  override func backward(_ gradient: Floats, _ step: StepContext) throws(TensorError) -> Floats {
    if isRectified { nnsh_relu_mask(gradient, output, rows * width) }
    let isFirst = step.isFirstChunk
    nnsh_column_sums(
      gradient, matrixRows, outputs, outputs, isFirst ? retained : 1, bias.update)
    let (g, matrix) = sources(gradient, rounding: halves?.gradient, outputs)
    let x = halves.map { UnsafeRawPointer($0.input) } ?? UnsafeRawPointer(input)
    try (isFirst ? firstWeightPlan : nextWeightPlan).execute(x, g, weights.update)
    guard let backPlan, let inputGradient else { return gradient }
    try backPlan.execute(g, matrix, inputGradient)
    return inputGradient
  }

  /// Rows and W as the products read them, the rows rounded now where they are to be.
  private func sources(
    _ values: Floats, rounding target: UnsafeMutablePointer<UInt16>?, _ columns: Int
  ) -> (UnsafeRawPointer, UnsafeRawPointer) {
    guard let target, let half = weights.half else {
      return (UnsafeRawPointer(values), UnsafeRawPointer(weights.weights))
    }
    // SAFETY: the target was made for as many rows and columns.
    nnsh_f32_to_bf16(values, target, matrixRows * columns)
    return (UnsafeRawPointer(target), UnsafeRawPointer(half))
  }

  override func forwardOperands() -> (operation: String, operands: [StageOperand]) {
    (
      isRectified
        ? "relu(x @ \(weights.name) + \(bias.name))" : "x @ \(weights.name) + \(bias.name)",
      [
        StageOperand("x", input, matrixRows, inputs),
        StageOperand(weights.name, weights.weights, inputs, outputs),
        StageOperand(bias.name, bias.weights, 1, outputs),
      ]
    )
  }

  override func backwardOperands(_ gradient: Floats) -> (
    operation: String, operands: [StageOperand]
  ) {
    (
      "x' @ G, G @ \(weights.name)'",
      [
        StageOperand("x", input, matrixRows, inputs),
        StageOperand("G", gradient, matrixRows, outputs),
        StageOperand(weights.name, weights.weights, inputs, outputs),
      ]
    )
  }
}
