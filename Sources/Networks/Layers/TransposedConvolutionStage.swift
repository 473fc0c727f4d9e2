import Tensors

/// A transposed convolution with its bias, in the kernels of the convolution that it is the
/// transpose of; all in Float32, also where products are taken in bfloat16.
///
/// Forward the images of that convolution for the input as its outputs. Backward, for the gradient G
/// of the output: Σ G over rows and places goes to b's update, the correlation of G with x to W's,
/// the convolution of G back.
final class TransposedConvolutionStage: Stage {
  /// Of the convolution: its images are this stage's output, its outputs the input.
  private let geometry: ConvolutionGeometry
  private let weights: ParameterSlot
  private let bias: ParameterSlot
  private let retained: Float
  private let inputGradient: FloatRows?
  private let forwardPass: any PlannedConvolution
  private let weightPass: any PlannedConvolution
  private let backPass: (any PlannedConvolution)?
  /// W as the convolution reads it, kernel × kernel × this output's channels / groups × the input's;
  /// and its gradient.
  private let transposed: Floats
  private let transposedGradient: Floats

  /// Nil where the backend has no kernels for it.
  init?(_ builder: StageBuilder, _ geometry: ConvolutionGeometry) throws {
    func plan(_ computed: ConvolutionPlan.Computed) throws -> (any PlannedConvolution)? {
      try builder.backend.plan(
        ConvolutionPlan.Key(geometry, rows: builder.rows, computed))
    }
    let isPassed = builder.needsInputGradient
    let back = isPassed ? try plan(.outputs) : nil
    guard let forward = try plan(.images), let own = try plan(.weights), !isPassed || back != nil
    else { return nil }
    self.geometry = geometry
    (forwardPass, weightPass, backPass) = (forward, own, back)
    weights = builder.nextParameter()
    bias = builder.nextParameter()
    retained = Float(builder.retained)
    inputGradient = isPassed ? try builder.gradientBuffer(width: geometry.outputCount) : nil
    transposed = try builder.sharedBuffer(count: geometry.weightCount)
    transposedGradient = try builder.sharedBuffer(count: geometry.weightCount)
    super.init(builder, output: try builder.buffer(width: geometry.imageCount))
  }

  override var keepsOutput: Bool { false }

  override func forward(_ input: FloatRows, _ step: StepContext) throws -> FloatRows {
    self.input = input
    forEachWeight { transposed[$1] = weights.weights[$0] }
    try forwardPass.execute(
      images: output.pointer, weights: transposed, bias: nil, outputs: input.pointer, retaining: 0)
    let (channels, b) = (geometry.inputs, bias.weights)
    let places = output.columns / channels
    // SAFETY: each row is its own.
    nonisolated(unsafe) let (y, numbers) = (output.pointer, b)
    Threads.run(output.rows, work: output.count) { row in
      for place in row * places..<(row + 1) * places {
        let to = y + place * channels
        for channel in 0..<channels { to[channel] += numbers[channel] }
      }
    }
    return output
  }

  override func backward(_ gradient: FloatRows, _ step: StepContext) throws -> FloatRows {
    if !weights.isFrozen {
      let kept = step.start.kept(ofUpdate: retained)
      backend.sumColumns(
        of: gradient.inRows(of: geometry.inputs), into: bias.update, retaining: kept)
      try weightPass.execute(
        images: gradient.pointer, weights: transposedGradient, bias: nil, outputs: input.pointer,
        retaining: 0)
      let update = weights.update
      forEachWeight { update[$0] = (kept == 0 ? 0 : kept * update[$0]) + transposedGradient[$1] }
    }
    guard let backPass, let inputGradient else { return gradient }
    try backPass.execute(
      images: gradient.pointer, weights: transposed, bias: nil, outputs: inputGradient.pointer,
      retaining: 0)
    return inputGradient
  }

  /// Calls `body` with the place of each weight, kernel × kernel × the input's channels / groups ×
  /// this output's, and its place as the convolution reads them.
  private func forEachWeight(_ body: (_ own: Int, _ transposed: Int) -> Void) {
    let (outputs, inputs, groups) = (geometry.inputs, geometry.outputs, geometry.groups)
    let (wide, narrow) = (outputs / groups, inputs / groups)
    var own = 0
    for tap in 0..<geometry.taps {
      for input in 0..<narrow {
        for output in 0..<outputs {
          let (group, within) = (output / wide, output % wide)
          body(own, (tap * wide + within) * inputs + group * narrow + input)
          own += 1
        }
      }
    }
  }

  override func forwardOperands() -> (operation: String, operands: [StageOperand]) {
    (
      "\(name) of x with \(weights.name) + \(bias.name)",
      [
        StageOperand("x", input), StageOperand(weights.name, weights.numbers),
        StageOperand(bias.name, bias.numbers),
      ]
    )
  }

  override func backwardOperands(_ gradient: FloatRows) -> (
    operation: String, operands: [StageOperand]
  ) {
    (
      "the gradient of \(name)",
      [
        StageOperand("x", input), StageOperand("G", gradient),
        StageOperand(weights.name, weights.numbers),
      ]
    )
  }
}
