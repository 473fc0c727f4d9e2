import Graph
import Operations
import Tensors

/// Any layer in a plan, by its `apply` alone: the forward pass is recorded on a tape, which the
/// backward pass sweeps. From the second step on a plan of the recording computes both.
///
/// What it reads and fills is the trainer's memory, as tensors that are lent for a pass. Like
/// everything on a tape it stops when asked to: the trainer then takes the step back.
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
  /// The trainer's memory, while a pass reads and fills it.
  private let lent = LentRows()
  /// Of the latest pass: the step, and the first row's place in the batch.
  private var place: (step: UInt64, firstRow: Int)?

  /// What a forward pass leaves for the backward one.
  private enum Recorded {
    case tape(Tape, output: Variable, watched: [Variable])
    case planned(PlannedValue)
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
    builder.passes.add(self)
  }

  override var mayStop: Bool { true }
  // A plan may read it again on the way back.
  override var keepsOutput: Bool { true }

  override func forward(_ input: FloatRows, _ step: StepContext) throws -> FloatRows {
    endPass()
    do {
      try record(input, step)
      if recorded == nil { endPass() }
      return output
    } catch {
      endPass()
      guard case NetworkError.codeOutside(let layer, let code, let row, let count, let part) = error
      else { throw error }
      throw NetworkError.codeOutside(
        layer: layer, code: code, row: step.rowOffset + row, count: count, part: part)
    }
  }

  /// Lets go of what belongs to a pass, before the memory that it looked at changes.
  func endPass() {
    if case .planned(let planned)? = recorded { planned.abandon() }
    recorded = nil
    lent.end()
  }

  private func record(_ input: FloatRows, _ step: StepContext) throws {
    self.input = input
    place = (step.step, step.rowOffset)
    var x = Variable(lent.tensor(input, inputShape))
    var values = parameters.map { Variable(lent.tensor($0.numbers, $0.shape)) }
    if !layer.statistics.isEmpty {
      layer.statistics = try statistics.tensors(like: layer.statistics, from: firstStatistic)
    }
    guard step.isTraining else {
      let result = try layer.apply(
        x, LayerPass(parameters: values[...], sequences: step.sequences))
      try check(result)
      return try output.copy(from: result.tensor)
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
    try check(result)
    let watched = values + (inputGradient == nil ? [] : [x])
    let target = lent.tensor(output, outputShape)
    if let planned = try plans.value(of: result, on: tape, to: watched, into: target) {
      recorded = .planned(planned)
      if !planned.value.sharesStorage(with: target) { try output.copy(from: planned.value) }
    } else {
      recorded = .tape(tape, output: result, watched: watched)
      try output.copy(from: result.tensor)
    }
    statistics.replace(from: firstStatistic, by: pass.statistics)
  }

  /// Throws where the layer's shape rule and what it computes disagree.
  private func check(_ result: Variable) throws {
    guard result.shape == outputShape else {
      throw NetworkError.outputShape(
        layer: name, position: position, expected: outputShape, got: result.shape)
    }
  }

  override func backward(_ gradient: FloatRows, _ step: StepContext) throws -> FloatRows {
    guard recorded != nil else { return gradient }
    defer { endPass() }
    try sweep(from: lent.tensor(gradient, outputShape), step)
    return inputGradient ?? gradient
  }

  /// Puts the gradients of what was recorded where they belong.
  private func sweep(from seed: Tensor, _ step: StepContext) throws {
    switch recorded {
    case nil: break
    case .planned(let planned):
      try finish(plans.gradients(of: planned, seed: seed, into: targets(step)), step)
    case .tape(let tape, let output, let watched):
      try finish(tape.sweep(from: output, seed: Variable(seed), to: watched), step)
    }
  }

  /// Where a plan puts gradients at once: those that nothing is added to.
  private func targets(_ step: StepContext) -> [Tensor?] {
    let isEmpty = step.start.kept(ofUpdate: retained) == 0
    let own = parameters.map { slot in
      isEmpty && !slot.isFrozen ? lent.tensor(slot.gradient, slot.shape) : nil
    }
    return own + (inputGradient.map { [lent.tensor($0, inputShape)] } ?? [])
  }

  /// Puts gradients where they belong, unless they are there.
  private func finish(_ gradients: [Variable], _ step: StepContext) throws {
    for (slot, part) in zip(parameters, gradients) where !slot.isFrozen {
      if part.tensor.lies(in: slot.gradient) { continue }
      try slot.gradient.add(part.tensor, retaining: step.start.kept(ofUpdate: retained))
    }
    if let inputGradient, let part = gradients.last, !part.tensor.lies(in: inputGradient) {
      try inputGradient.copy(from: part.tensor)
    }
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

/// The recorded stages of a training: what looks at its memory while a pass lasts.
final class RecordedPasses {
  private var stages: [RecordedStage] = []

  func add(_ stage: RecordedStage) { stages.append(stage) }

  /// To be called after a pass, whatever became of it.
  func end() {
    for stage in stages { stage.endPass() }
  }
}
