import ONNX
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
  /// Whether something is added to the sums.
  package let hasBias: Bool
  private var parameters: [LayerParameter] = []

  /// A layer whose inputs are as yet unknown where `inputs` is nil.
  package init(
    inputs: Int? = nil, outputs: Int, initialization: Initialization = .xavier,
    hasBias: Bool = true
  ) throws(NetworkError) {
    self.hasBias = hasBias
    self.inputs = inputs
    self.outputs = outputs
    self.initialization = initialization
    guard outputs > 0, inputs ?? 1 > 0 else {
      throw .invalidLayer(
        layer: description, reason: "the numbers of inputs and outputs must be at least 1")
    }
  }

  package var description: String {
    let drawn =
      (initialization == .xavier ? "" : ", init=\"\(initialization.rawValue)\"")
      + (hasBias ? "" : ", bias=false")
    return "dense(" + (inputs.map { "\($0), " } ?? "") + "\(outputs)\(drawn))"
  }

  package var parameterGroups: [[LayerParameter]] {
    get { parameters.isEmpty ? [] : [parameters] }
    set { parameters = newValue.first ?? [] }
  }

  package var groupCount: Int { 1 }

  package var isResolved: Bool { !parameters.isEmpty }

  package func outputShape(for input: [Int], position: Int) throws(NetworkError) -> [Int] {
    guard let last = input.last, inputs ?? last == last, last > 0 else {
      throw .layerInput(
        layer: description, position: position,
        takes: inputs.map { input.count > 1 ? "a last axis of \($0)" : "rows of \($0)" }
          ?? "rows of numbers",
        got: input,
        remedy: input.count > 1 && input.reduce(1, *) == inputs
          ? "put flatten before it" : "the layer before it, or the data, decides its inputs")
    }
    return input.dropLast() + [outputs]
  }

  package mutating func resolve(
    input: [Int], position: Int, generator: inout RandomGenerator
  ) throws -> [Int] {
    let output = try outputShape(for: input, position: position)
    guard !isResolved else { return output }
    inputs = input.last
    try reset(generator: &generator)
    return output
  }

  package func addNodes(to graph: inout GraphBuilder, _ x: String, input: [Int]) throws -> String {
    guard let weights = parameters.first else {
      throw NetworkError.unresolved(layer: description, position: 1)
    }
    let product = graph.node("MatMul", [x, try graph.constant(weights.tensor, "W")])
    guard hasBias, let bias = parameters.last else { return product }
    return graph.node("Add", [product, try graph.constant(bias.tensor, "b")])
  }

  package mutating func reset(generator: inout RandomGenerator) throws {
    guard let inputs else { return }
    let weights = try initialization.draw(
      Shape(checking: [inputs, outputs]), inputs: inputs, outputs: outputs, generator: &generator)
    parameters =
      [LayerParameter(letter: "W", tensor: weights)] + (hasBias ? [try .zeros("b", [outputs])] : [])
  }

  package func features(after input: Int?) -> Int? { outputs }

  package var knownInput: [Int]? { inputs.map { [$0] } }

  package func apply(_ x: Variable, _ pass: LayerPass) throws -> Variable {
    let parameters = pass.parameters
    guard let weights = parameters.first, let bias = parameters.last,
      parameters.count == (hasBias ? 2 : 1)
    else {
      throw NetworkError.unresolved(layer: description, position: 1)
    }
    if !hasBias { return try .matmul(x, weights) }
    return try .add(.matmul(x, weights), bias)
  }

  package func fused(_ x: Tensor, rectified: Bool) throws -> Tensor? {
    guard let weights = parameters.first?.tensor else {
      throw NetworkError.unresolved(layer: description, position: 1)
    }
    return try Tensor.matmul(
      x, weights, bias: hasBias ? parameters.last?.tensor : nil,
      activation: rectified ? .relu : .none)
  }

  package func addStages(input: [Int], to builder: StageBuilder) throws -> Bool {
    guard hasBias, let width = input.last else { return false }
    builder.append(
      try DenseStage(
        builder, inputs: width, outputs: outputs,
        positions: input.dropLast().reduce(1, *)))
    return true
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
  private let retained: Float
  private let inputGradient: FloatRows?
  /// x and G in bfloat16, where products are taken in it.
  private let halves: (input: HalfRows, gradient: HalfRows)?
  private var forwardProduct: any PlannedProduct
  private let rectifiedProduct: MatmulPlan.Key
  private let firstWeightProduct: any PlannedProduct
  private let nextWeightProduct: any PlannedProduct
  private let freshWeightProduct: any PlannedProduct
  private let backProduct: (any PlannedProduct)?
  private var isRectified = false

  /// - Parameter positions: rows of the product an example: several where a convolution's windows
  ///   are the rows.
  init(
    _ builder: StageBuilder, inputs: Int, outputs: Int, positions: Int = 1
  ) throws(TensorError) {
    self.inputs = inputs
    self.outputs = outputs
    weights = builder.nextParameter()
    bias = builder.nextParameter()
    retained = Float(builder.retained)
    let rows = builder.rows * positions
    let type: MatmulPlan.SourceType = builder.precision == .bf16 ? .bf16 : .f32
    func forward(relu: Bool) -> MatmulPlan.Key {
      builder.product(
        .init(m: rows, n: outputs, k: inputs, bias: true, relu: relu, sourceType: type))
    }
    func weightGradient(accumulate: Float) -> MatmulPlan.Key {
      builder.product(
        .init(
          m: inputs, n: outputs, k: rows, transposeA: true, accumulate: accumulate,
          sourceType: type))
    }
    let backend = builder.backend
    forwardProduct = try backend.plan(forward(relu: false))
    rectifiedProduct = forward(relu: true)
    firstWeightProduct = try backend.plan(weightGradient(accumulate: retained))
    nextWeightProduct = try backend.plan(weightGradient(accumulate: 1))
    freshWeightProduct =
      retained == 0 ? firstWeightProduct : try backend.plan(weightGradient(accumulate: 0))
    if builder.needsInputGradient {
      backProduct = try backend.plan(
        builder.product(
          .init(m: rows, n: inputs, k: outputs, transposeB: true, sourceType: type)))
      inputGradient = builder.gradientBuffer(width: inputs * positions)
    } else {
      backProduct = nil
      inputGradient = nil
    }
    halves =
      type == .f32
      ? nil
      : (
        HalfRows(inPlaceOf: try builder.buffer(width: (inputs + 1) / 2 * positions).pointer),
        HalfRows(inPlaceOf: try builder.buffer(width: (outputs + 1) / 2 * positions).pointer)
      )
    super.init(builder, output: try builder.buffer(width: outputs * positions))
  }

  override func rectify() throws -> Bool {
    if isRectified { return false }
    forwardProduct = try backend.plan(rectifiedProduct)
    isRectified = true
    return true
  }

  override var keepsOutput: Bool { isRectified }

  override func forward(_ input: FloatRows, _ step: StepContext) throws -> FloatRows {
    self.input = input
    let (x, matrix) = sources(input, roundedInto: halves?.input)
    try forwardProduct.execute(x, matrix, bias: bias.weights, output.pointer)
    return output
  }

  override func backward(_ gradient: FloatRows, _ step: StepContext) throws -> FloatRows {
    if isRectified { backend.mask(gradient, rectified: output) }
    let (g, matrix) = sources(gradient, roundedInto: halves?.gradient)
    if !weights.isFrozen {
      backend.sumColumns(
        of: gradient.inRows(of: outputs), into: bias.update,
        retaining: step.start.kept(ofUpdate: retained))
      let x = halves.map { UnsafeRawPointer($0.input.pointer) } ?? UnsafeRawPointer(input.pointer)
      try weightProduct(step.start).execute(x, g, bias: nil, weights.update)
    }
    guard let backProduct, let inputGradient else { return gradient }
    try backProduct.execute(g, matrix, bias: nil, inputGradient.pointer)
    return inputGradient
  }

  private func weightProduct(_ start: GradientStart) -> any PlannedProduct {
    switch start {
    case .update: firstWeightProduct
    case .nothing: freshWeightProduct
    case .pieces: nextWeightProduct
    }
  }

  /// Rows and W as the products read them, the rows rounded now where they are to be.
  private func sources(
    _ values: FloatRows, roundedInto target: HalfRows?
  ) -> (UnsafeRawPointer, UnsafeRawPointer) {
    guard let target, let half = weights.half else {
      return (UnsafeRawPointer(values.pointer), UnsafeRawPointer(weights.weights))
    }
    backend.round(values, into: target)
    return (UnsafeRawPointer(target.pointer), UnsafeRawPointer(half.pointer))
  }

  private var operands: (x: StageOperand, weights: StageOperand) {
    (
      StageOperand("x", input.inRows(of: inputs)),
      StageOperand(weights.name, FloatRows(weights.weights, rows: inputs, columns: outputs))
    )
  }

  override func forwardOperands() -> (operation: String, operands: [StageOperand]) {
    let sum = "x @ \(weights.name) + \(bias.name)"
    let biases = FloatRows(bias.weights, rows: 1, columns: outputs)
    return (
      isRectified ? "relu(\(sum))" : sum,
      [operands.x, operands.weights, StageOperand(bias.name, biases)]
    )
  }

  override func backwardOperands(_ gradient: FloatRows) -> (
    operation: String, operands: [StageOperand]
  ) {
    let g = StageOperand("G", gradient.inRows(of: outputs))
    return ("x' @ G, G @ \(weights.name)'", [operands.x, g, operands.weights])
  }
}
