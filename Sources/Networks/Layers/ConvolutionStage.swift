import Operations
import Tensors

/// A convolution with its bias, and with a rectifier that follows, in kernels over pieces of the
/// rows; all in Float32, also where products are taken in bfloat16.
///
/// Backward, for the gradient G of the output: G ← G ⊙ [y > 0] if rectified; Σ G over rows and places
/// goes to b's update, the correlation of x with G to W's, the transposed convolution of G back.
final class ConvolutionStage: Stage {
  private let geometry: ConvolutionGeometry
  private let weights: ParameterSlot
  private let bias: ParameterSlot
  private let retained: Float
  private let inputGradient: FloatRows?
  private var forwardPass: any PlannedConvolution
  private let weightPass: any PlannedConvolution
  private let backPass: (any PlannedConvolution)?
  /// Whether that gives the gradient of the bias, too.
  private let givesBias: Bool
  private var takesRectifier = false
  private var isMaskLeft = false

  /// Nil where the backend has no kernels for it.
  init?(_ builder: StageBuilder, _ geometry: ConvolutionGeometry) throws {
    let backend = builder.backend
    func plan(
      _ computed: ConvolutionPlan.Computed, hasBias: Bool = false
    ) throws -> (any PlannedConvolution)? {
      try backend.plan(
        ConvolutionPlan.Key(
          geometry, rows: builder.rows, computed, hasBias: hasBias))
    }
    let isPassed = builder.needsInputGradient
    let back = isPassed ? try plan(.images) : nil
    let both = try plan(.weights, hasBias: true)
    guard let forward = try plan(.outputs, hasBias: true),
      let own = try both ?? plan(.weights), !isPassed || back != nil
    else { return nil }
    givesBias = both != nil
    self.geometry = geometry
    (forwardPass, weightPass, backPass) = (forward, own, back)
    weights = builder.nextParameter()
    bias = builder.nextParameter()
    retained = Float(builder.retained)
    inputGradient = isPassed ? try builder.gradientBuffer(width: geometry.imageCount) : nil
    super.init(builder, output: try builder.buffer(width: geometry.outputCount))
  }

  override func rectify() throws -> Bool {
    if takesRectifier { return false }
    let key = ConvolutionPlan.Key(
      geometry, rows: output.rows, .outputs, hasBias: true, hasRelu: true)
    guard let pass = try backend.plan(key) else { return false }
    forwardPass = pass
    takesRectifier = true
    return true
  }

  override func leaveMask() -> Bool {
    if takesRectifier { isMaskLeft = true }
    return takesRectifier
  }

  override var isRectified: Bool { takesRectifier }
  override var keepsOutput: Bool { takesRectifier }
  override var keepsGradient: Bool { !takesRectifier && inputGradient != nil }

  override func forward(_ input: FloatRows, _ step: StepContext) throws -> FloatRows {
    self.input = input
    try forwardPass.execute(
      images: input.pointer, weights: weights.weights, bias: bias.weights,
      outputs: output.pointer, retaining: 0)
    return output
  }

  override func backward(_ gradient: FloatRows, _ step: StepContext) throws -> FloatRows {
    if takesRectifier, !isMaskLeft { backend.mask(gradient, rectified: output) }
    if !weights.isFrozen {
      let kept = step.start.kept(ofUpdate: retained)
      if !givesBias {
        backend.sumColumns(
          of: gradient.inRows(of: geometry.outputs), into: bias.update, retaining: kept)
      }
      try weightPass.execute(
        images: input.pointer, weights: weights.update, bias: givesBias ? bias.update : nil,
        outputs: gradient.pointer, retaining: kept)
    }
    guard let backPass, let inputGradient else { return gradient }
    try backPass.execute(
      images: inputGradient.pointer, weights: weights.weights, bias: nil,
      outputs: gradient.pointer, retaining: 0)
    return inputGradient
  }

  /// A rectifier's mask is on the gradient only after the pass.
  override func rowGradients(
    _ gradient: FloatRows, before: Tensor?, _ step: StepContext
  ) throws -> [any RowGradients] {
    let masked = try takesRectifier ? gradient.tensor(Shape(checking: [gradient.count])) : before
    return try super.rowGradients(gradient, before: masked, step)
  }

  private var operands: (x: StageOperand, weights: StageOperand) {
    let matrix = FloatRows(
      weights.weights, rows: geometry.weightCount / geometry.outputs, columns: geometry.outputs)
    return (StageOperand("x", input), StageOperand(weights.name, matrix))
  }

  override func forwardOperands() -> (operation: String, operands: [StageOperand]) {
    let sum = "\(name) of x with \(weights.name) + \(bias.name)"
    let biases = FloatRows(bias.weights, rows: 1, columns: geometry.outputs)
    return (
      takesRectifier ? "relu(\(sum))" : sum,
      [operands.x, operands.weights, StageOperand(bias.name, biases)]
    )
  }

  override func backwardOperands(_ gradient: FloatRows) -> (
    operation: String, operands: [StageOperand]
  ) {
    (
      "the gradient of \(name)",
      [operands.x, StageOperand("G", gradient), operands.weights]
    )
  }
}
