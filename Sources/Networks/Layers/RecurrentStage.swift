import Tensors

/// The steps of one recurrent layer, of what a dense stage before makes of its input.
///
/// Backward, with G the gradient of what is added to the gates from the states before: the states
/// before, transposed, times G goes to U's update, of a gru the candidate's part of Σ G to c's.
final class RecurrentStage: Stage {
  private let kind: RecurrentPlan.Kind
  private let steps: Int
  private let hidden: Int
  private let key: RecurrentPlan.Key
  private let backKey: RecurrentPlan.Key
  private let weights: ParameterSlot
  private let own: ParameterSlot?
  private let retained: Float
  private let isMasked: Bool
  private let weightProduct: WeightProduct
  private let states: FloatRows
  private let kept: FloatRows
  /// The states before each step, for U's gradient.
  private let before: FloatRows
  /// The gradient of all states, where only the last ones are given.
  private let statesGradient: FloatRows?
  private let inputGradient: FloatRows
  /// G and the sums of its columns, where G is not the gradient of the input.
  private let recurrentGradient: (numbers: FloatRows, sums: Floats)?
  /// Which steps are real in the latest pass; nil where all are.
  private var real: Tensor?

  /// - Parameters:
  ///   - weights: U.
  ///   - own: a gru's c.
  ///   - givesAll: whether all steps are given, as against the last one.
  init(
    _ builder: StageBuilder, _ kind: RecurrentPlan.Kind, steps: Int, hidden: Int,
    weights: ParameterSlot, own: ParameterSlot?, givesAll: Bool, isMasked: Bool
  ) throws(TensorError) {
    (self.kind, self.steps, self.hidden) = (kind, steps, hidden)
    (self.weights, self.own, self.isMasked) = (weights, own, isMasked)
    func key(isBackward: Bool) -> RecurrentPlan.Key {
      RecurrentPlan.Key(
        kind, rows: builder.rows, steps: steps, hidden: hidden, isBackward: isBackward)
    }
    self.key = key(isBackward: false)
    backKey = key(isBackward: true)
    retained = Float(builder.retained)
    let width = kind.gates * hidden
    weightProduct = try WeightProduct(
      builder, inputs: hidden, outputs: width, rows: builder.rows * steps)
    states = try builder.buffer(width: steps * hidden)
    kept = try builder.buffer(width: steps * kind.kept * hidden)
    before = try builder.buffer(width: steps * hidden)
    statesGradient = givesAll ? nil : try builder.buffer(width: steps * hidden)
    inputGradient = try builder.gradientBuffer(width: steps * width)
    recurrentGradient =
      own == nil
      ? nil
      : (
        try builder.buffer(width: steps * width), try builder.buffer(width: width).pointer
      )
    super.init(builder, output: givesAll ? states : try builder.buffer(width: hidden))
  }

  override func forward(_ input: FloatRows, _ step: StepContext) throws -> FloatRows {
    self.input = input
    real = isMasked ? try step.sequences.realSteps(of: input, steps: steps) : nil
    try recur(key) { $0.inside = input.pointer }
    if statesGradient != nil { copyLastSteps(from: states, to: output, isBack: false) }
    return output
  }

  override func backward(_ gradient: FloatRows, _ step: StepContext) throws -> FloatRows {
    var all = gradient
    if let statesGradient {
      statesGradient.fill(0)
      copyLastSteps(from: gradient, to: statesGradient, isBack: true)
      all = statesGradient
    }
    let past = recurrentGradient?.numbers ?? inputGradient
    try recur(backKey) {
      $0.gradient = all.pointer
      $0.insideGradient = inputGradient.pointer
      $0.recurrentGradient = past.pointer
    }
    if !weights.isFrozen {
      shiftStates()
      try weightProduct.add(before.pointer, past.pointer, to: weights, step.start)
    }
    if let own, !own.isFrozen { addOwnGradient(to: own, step.start.kept(ofUpdate: retained)) }
    return inputGradient
  }

  private func recur(
    _ key: RecurrentPlan.Key, _ set: (inout RecurrentPlan.Operands) -> Void
  ) throws {
    var operands = RecurrentPlan.Operands(
      weights: weights.weights, kept: kept.pointer, states: states.pointer)
    operands.own = own?.weights
    set(&operands)
    try real.withNumbers { numbers throws(TensorError) in
      operands.real = numbers
      try backend.recur(key, operands)
    }
  }

  /// Between rows of one step and the last ones of rows of all.
  private func copyLastSteps(from source: FloatRows, to target: FloatRows, isBack: Bool) {
    let last = (steps - 1) * hidden
    for row in 0..<output.rows {
      let (one, all) = (row * hidden, row * steps * hidden + last)
      // SAFETY: both have as many rows as the plan.
      (target.pointer + (isBack ? all : one)).update(
        from: source.pointer + (isBack ? one : all), count: hidden)
    }
  }

  /// Fills the states before each step: zeros before the first.
  private func shiftStates() {
    let (length, hidden) = (steps * hidden, hidden)
    // SAFETY: each row's numbers are its own, and both have as many.
    nonisolated(unsafe) let (source, target) = (states.pointer, before.pointer)
    Threads.run(states.rows, work: states.count) { row in
      let start = row * length
      (target + start).update(repeating: 0, count: hidden)
      (target + start + hidden).update(from: source + start, count: length - hidden)
    }
  }

  private func addOwnGradient(to own: ParameterSlot, _ kept: Float) {
    guard let recurrentGradient else { return }
    let (numbers, sums) = recurrentGradient
    backend.sumColumns(of: numbers.inRows(of: kind.gates * hidden), into: sums, retaining: 0)
    let candidate = sums + (kind.gates - 1) * hidden
    for index in 0..<hidden {
      own.update[index] = (kept == 0 ? 0 : kept * own.update[index]) + candidate[index]
    }
  }

  override func rowGradients(
    _ gradient: FloatRows, before: Tensor?, _ step: StepContext
  ) -> [any RowGradients] {
    let width = kind.gates * hidden
    if weights.isFrozen { return [] }
    return [
      ProductRows(
        weights: weights, bias: own, biasStart: width - hidden,
        inputs: self.before.inRows(of: hidden),
        gradients: (recurrentGradient?.numbers ?? inputGradient).inRows(of: width),
        positions: steps, first: step.rowOffset)
    ]
  }

  override func forwardOperands() -> (operation: String, operands: [StageOperand]) {
    (
      "the steps of \(name)",
      [StageOperand("x @ W + b", input), StageOperand(weights.name, weights.numbers)]
    )
  }
}
