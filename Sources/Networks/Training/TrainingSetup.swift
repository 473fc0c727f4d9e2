import Tensors

/// What follows from a network, data and options before anything is allocated.
struct TrainingSetup {
  let inputShape: [Int]
  let outputShape: [Int]
  let targetShape: [Int]
  /// How many rows of classes an example's output holds: one, or in a sequence one a step.
  var positions: Int {
    form == .softmaxCrossEntropy || task == .classes
      ? max(1, outputShape.dropLast().reduce(1, *)) : 1
  }
  /// Whether numbers are predicted that can be compared with the targets one by one.
  var hasNumberScores: Bool { task == .numbers && targetShape == outputShape }
  /// The network's last layer.
  let lastLayer: (any Layer)?
  let loss: Loss
  let form: LossForm
  let task: LearningTask
  /// Decides orders and dropout.
  let seed: UInt64
  let precision: Precision
  /// Float64 where a parameter is: then all of the training is in it. Otherwise Float32.
  let type: ElementType
  let backend: any Backend
  /// Whether the inputs of a step are changed before it.
  let isAugmented: Bool
  /// How the rows of a step are cut.
  let cut: StepCut
  /// Whether a person's own code, or layers by what they compute alone, are recorded in each step.
  let isRecorded: Bool

  init(
    _ network: Network, data: TrainingData, options: TrainingOptions, backend: any Backend
  ) throws {
    try options.check()
    if network.parameters.isEmpty { throw TrainingError.noParameters }
    if network.parameterNumbers.allSatisfy(options.frozen.contains) {
      throw TrainingError.nothingToTrain
    }
    self.backend = backend
    isAugmented = options.augmentation != nil
    seed = network.seed
    precision = options.precision
    type = network.elementType
    if precision == .bf16, type == .f64 { throw TrainingError.precisionOfFloat64 }
    inputShape = Array(data.inputs.shape.dimensions.dropFirst())
    outputShape = try network.outputShape(for: inputShape)
    targetShape = Array(data.targets.shape.dimensions.dropFirst())
    lastLayer = network.layers.last
    loss = try network.loss(requested: options.loss, for: data.targets)
    try Self.check(data, output: outputShape, options, loss)
    form = network.form(of: loss)
    // What the task is, and whether all is finite, is seen from the numbers as Float64.
    try MemoryGuard.check(
      elements: Double(data.targets.count), bytesEach: 16)
    task =
      targetShape == outputShape
      ? LearningTask(network, loss: loss, inputs: data.inputs, targets: data.targets) : .numbers
    if loss.isCrossEntropy, outputShape.last ?? 1 < 2 {
      throw TrainingError.needsClasses(loss: loss.rawValue)
    }
    isRecorded =
      loss.recorded != nil || type == .f64 || !StageBuilder.usesOwnStages
      || network.layers.contains { $0.mixesRows }
    let rows =
      switch options.batch {
      case .full: data.rows
      case .rows(let rows): min(rows, data.rows)
      }
    cut = try StepCut(
      network, input: inputShape, batch: rows, loss: loss, isShared: options.isShared)
  }

  private static func check(
    _ data: TrainingData, output: [Int], _ options: TrainingOptions, _ loss: Loss
  ) throws {
    for targets in [data.targets, data.validation?.targets].compactMap({ $0 }) {
      let width = Array(targets.shape.dimensions.dropFirst())
      guard width == output || loss.recorded?.takesOtherTargets ?? false else {
        throw TrainingError.targetWidth(network: output, targets: width)
      }
    }
    if options.patience != nil, data.validation?.inputs.shape[0] ?? 0 == 0 {
      throw TrainingError.patienceNeedsValidation
    }
    if options.precision == .bf16, !MatmulPlan.offersHalfPrecision {
      throw TrainingError.precisionUnavailable(options.precision.rawValue)
    }
  }
}
