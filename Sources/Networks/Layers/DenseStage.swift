import Tensors

/// y = x·W + b, with a rectifier that follows fused in both directions.
///
/// Backward, for the gradient G of the output: G ← G ⊙ [y > 0] if rectified; Σ G over the rows goes
/// to b's update, xᵀG to W's, G·Wᵀ back. The products add to the update as oneDNN's sum: γ times
/// what the velocity holds, in the first piece of a batch. In bf16 x, W and G are rounded before
/// the products, whose sums, the bias and the update stay Float32.
final class DenseStage: Stage {
  let weights: ParameterSlot
  let bias: ParameterSlot?
  let inputs: Int
  let outputs: Int
  private let retained: Float
  private let inputGradient: FloatRows?
  /// x and G in bfloat16, where products are taken in it.
  private let halves: (input: HalfRows, gradient: HalfRows)?
  private var forwardProduct: any PlannedProduct
  private let rectifiedProduct: MatmulPlan.Key
  private let weightProduct: WeightProduct
  private let backProduct: (any PlannedProduct)?
  private var takesRectifier = false

  /// - Parameters:
  ///   - positions: rows of the product an example: in a sequence its steps.
  ///   - bias: nil where there is none.
  init(
    _ builder: StageBuilder, inputs: Int, outputs: Int, positions: Int, weights: ParameterSlot,
    bias: ParameterSlot?
  ) throws(TensorError) {
    self.inputs = inputs
    self.outputs = outputs
    self.weights = weights
    self.bias = bias
    retained = Float(builder.retained)
    let rows = builder.rows * positions
    let type: MatmulPlan.SourceType = builder.precision == .bf16 ? .bf16 : .f32
    func forward(relu: Bool) -> MatmulPlan.Key {
      builder.product(
        .init(m: rows, n: outputs, k: inputs, bias: bias != nil, relu: relu, sourceType: type))
    }
    let backend = builder.backend
    forwardProduct = try backend.plan(forward(relu: false))
    rectifiedProduct = forward(relu: true)
    weightProduct = try WeightProduct(
      builder, inputs: inputs, outputs: outputs, rows: rows, type: type)
    if builder.needsInputGradient {
      backProduct = try backend.plan(
        builder.product(
          .init(m: rows, n: inputs, k: outputs, transposeB: true, sourceType: type)))
      inputGradient = try builder.gradientBuffer(width: inputs * positions)
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
    if takesRectifier { return false }
    forwardProduct = try backend.plan(rectifiedProduct)
    takesRectifier = true
    return true
  }

  override var isRectified: Bool { takesRectifier }
  override var keepsOutput: Bool { takesRectifier }
  override var keepsGradient: Bool { !takesRectifier && inputGradient != nil }

  override func forward(_ input: FloatRows, _ step: StepContext) throws -> FloatRows {
    self.input = input
    let (x, matrix) = sources(input, roundedInto: halves?.input)
    try forwardProduct.execute(x, matrix, bias: bias?.weights, output.pointer)
    return output
  }

  override func backward(_ gradient: FloatRows, _ step: StepContext) throws -> FloatRows {
    if takesRectifier { backend.mask(gradient, rectified: output) }
    let (g, matrix) = sources(gradient, roundedInto: halves?.gradient)
    if !weights.isFrozen {
      if let bias {
        backend.sumColumns(
          of: gradient.inRows(of: outputs), into: bias.update,
          retaining: step.start.kept(ofUpdate: retained))
      }
      let x = halves.map { UnsafeRawPointer($0.input.pointer) } ?? UnsafeRawPointer(input.pointer)
      try weightProduct.add(x, g, to: weights, step.start)
    }
    guard let backProduct, let inputGradient else { return gradient }
    try backProduct.execute(g, matrix, bias: nil, inputGradient.pointer)
    return inputGradient
  }

  override func rowGradients(
    _ gradient: FloatRows, before: Tensor?, _ step: StepContext
  ) -> [any RowGradients] {
    // A rectifier's mask is on the gradient now.
    [
      ProductRows(
        weights: weights, bias: bias, inputs: input.inRows(of: inputs),
        gradients: gradient.inRows(of: outputs), positions: input.columns / max(1, inputs),
        first: step.rowOffset)
    ]
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
    let product = "x @ \(weights.name)"
    let sum = bias.map { "\(product) + \($0.name)" } ?? product
    return (
      takesRectifier ? "relu(\(sum))" : sum,
      [operands.x, operands.weights] + (bias.map { [StageOperand($0.name, $0.numbers)] } ?? [])
    )
  }

  override func backwardOperands(_ gradient: FloatRows) -> (
    operation: String, operands: [StageOperand]
  ) {
    let g = StageOperand("G", gradient.inRows(of: outputs))
    return ("x' @ G, G @ \(weights.name)'", [operands.x, g, operands.weights])
  }
}

/// xᵀ·G, added to what is to be kept of a parameter's update.
struct WeightProduct {
  private let first: any PlannedProduct
  private let next: any PlannedProduct
  private let fresh: any PlannedProduct

  /// Of x, rows × inputs, and G, rows × outputs.
  init(
    _ builder: StageBuilder, inputs: Int, outputs: Int, rows: Int,
    type: MatmulPlan.SourceType = .f32
  ) throws(TensorError) {
    func plan(accumulate: Float) throws(TensorError) -> any PlannedProduct {
      try builder.backend.plan(
        builder.product(
          .init(
            m: inputs, n: outputs, k: rows, transposeA: true, accumulate: accumulate,
            sourceType: type)))
    }
    let retained = Float(builder.retained)
    first = try plan(accumulate: retained)
    next = try plan(accumulate: 1)
    fresh = retained == 0 ? first : try plan(accumulate: 0)
  }

  func add(
    _ x: UnsafeRawPointer, _ g: UnsafeRawPointer, to weights: ParameterSlot, _ start: GradientStart
  ) throws(TensorError) {
    let product =
      switch start {
      case .update: first
      case .nothing: fresh
      case .pieces: next
      }
    try product.execute(x, g, bias: nil, weights.update)
  }
}
