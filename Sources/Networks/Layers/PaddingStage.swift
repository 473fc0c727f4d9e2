import Tensors

/// Looks which steps fill up a sequence, for the stages after it, and passes everything.
final class PaddingStage: Stage {
  private let steps: Int

  init(_ builder: StageBuilder, steps: Int) throws(TensorError) {
    self.steps = steps
    super.init(builder, output: try builder.buffer(width: 0))
  }

  override func forward(_ input: FloatRows, _ step: StepContext) throws -> FloatRows {
    self.input = input
    try step.sequences.look(at: input, steps: steps)
    return input
  }
}
