import Graph
import Operations
import Tensors

/// Any layer in a plan, by its `apply` alone: the forward pass is recorded on a tape, which the
/// backward pass sweeps.
///
/// It allocates in each step, and like everything on a tape it stops when asked to: the trainer
/// then takes the step back.
final class RecordedStage: Stage {
  private var layer: any Layer
  private let parameters: [ParameterSlot]
  /// With the rows.
  private let inputShape: Shape
  private let outputShape: Shape
  private let retained: Double
  private let seed: UInt64
  private let statistics: StatisticsStore
  private let firstStatistic: Int
  private let inputGradient: FloatRows?
  private let isStill: Bool
  private var recorded: Recorded?
  private let plans = PlanCache()
  /// Of the latest pass: the step, and the first row's place in the batch.
  private var place: (step: UInt64, firstRow: Int)?

  /// What a forward pass leaves for the backward one.
  private struct Recorded {
    let tape: Tape
    let watched: [Variable]
    let output: Variable
  }

  /// - Parameter isStill: whether the layer computes as outside training.
  init(
    _ builder: StageBuilder, _ layer: any Layer, input: [Int], isStill: Bool = false
  ) throws {
    self.layer = layer
    self.isStill = isStill
    let rows = builder.rows
    let output = try layer.outputShape(for: input, position: builder.position)
    inputShape = try Shape(checking: [rows] + input)
    outputShape = try Shape(checking: [rows] + output)
    parameters = (0..<layer.parameterCount).map { _ in builder.nextParameter() }
    retained = builder.retained
    seed = builder.seed
    statistics = builder.statistics
    firstStatistic = builder.nextStatistics(layer.statistics.reduce(0) { $0 + $1.count })
    inputGradient =
      builder.needsInputGradient ? try builder.gradientBuffer(width: input.reduce(1, *)) : nil
    super.init(builder, output: try builder.buffer(width: output.reduce(1, *)))
  }

  override var mayStop: Bool { true }
  override var keepsOutput: Bool { false }

  override func forward(_ input: FloatRows, _ step: StepContext) throws -> FloatRows {
    do {
      return try record(input, step)
    } catch NetworkError.codeOutside(let layer, let code, let row, let count, let part) {
      throw NetworkError.codeOutside(
        layer: layer, code: code, row: step.rowOffset + row, count: count, part: part)
    }
  }

  private func record(_ input: FloatRows, _ step: StepContext) throws -> FloatRows {
    self.input = input
    recorded = nil
    place = (step.step, step.rowOffset)
    var x = Variable(try input.tensor(inputShape))
    var values = try parameters.map { Variable(try $0.numbers.tensor($0.shape)) }
    if !layer.statistics.isEmpty {
      layer.statistics = try statistics.tensors(like: layer.statistics, from: firstStatistic)
    }
    guard step.isTraining else {
      try fill(
        layer.apply(x, LayerPass(parameters: values[...], sequences: step.sequences)))
      return output
    }
    let tape = plans.tape(isAlone: true) ?? Tape()
    values = zip(parameters, values).map { $0.isFrozen ? $1 : tape.watch($1) }
    if inputGradient != nil { x = tape.watch(x) }
    let pass = TrainingPass(
      seed: seed, position: position, step: step.step, firstRow: step.rowOffset)
    let result = try layer.apply(
      x,
      LayerPass(
        parameters: values[...], training: isStill ? nil : pass, sequences: step.sequences))
    try fill(result)
    statistics.replace(from: firstStatistic, by: pass.statistics)
    recorded = Recorded(
      tape: tape, watched: values + (inputGradient == nil ? [] : [x]), output: result)
    return output
  }

  /// Throws where the layer's shape rule and what it computes disagree.
  private func fill(_ result: Variable) throws {
    guard result.shape == outputShape else {
      throw NetworkError.outputShape(
        layer: name, position: position, expected: outputShape, got: result.shape)
    }
    try output.copy(from: result.tensor)
  }

  override func backward(_ gradient: FloatRows, _ step: StepContext) throws -> FloatRows {
    guard let recorded else { return gradient }
    self.recorded = nil
    let gradients = try plans.gradients(
      recorded.tape, of: recorded.output, seed: gradient.tensor(outputShape), to: recorded.watched)
    for (slot, part) in zip(parameters, gradients) where !slot.isFrozen {
      try slot.gradient.add(part.tensor, retaining: step.start.kept(ofUpdate: retained))
    }
    guard let inputGradient, let part = gradients.last else { return gradient }
    try inputGradient.copy(from: part.tensor)
    return inputGradient
  }

  /// Where inside the layer a number that is not finite was born, found by applying it once more.
  private func birth() -> String? {
    guard let x = try? input.tensor(inputShape),
      let values = try? parameters.map({ Variable(try $0.numbers.tensor($0.shape)) }),
      let place
    else { return nil }
    let pass = TrainingPass(
      seed: seed, position: position, step: place.step, firstRow: place.firstRow)
    return layer.birthOfNotFinite(
      Variable(x), LayerPass(parameters: values[...], training: isStill ? nil : pass))
  }

  override func forwardOperands() -> (operation: String, operands: [StageOperand]) {
    let weights = parameters.map { StageOperand($0.name, $0.numbers) }
    let names = (["x"] + weights.map(\.name)).joined(separator: ", ")
    if let born = birth() { return (born, [StageOperand("x", input)] + weights) }
    return ("\(name) of \(names)", [StageOperand("x", input)] + weights)
  }
}
