import CKernels
import Tensors

/// The stages and the loss for one number of rows.
final class TrainingPlan {
  let rows: Int
  let stages: [Stage]
  let head: LossHead
  /// The memory that the stages address, kept alive.
  private let workspace: Workspace

  init(rows: Int, stages: [Stage], head: LossHead, workspace: Workspace) {
    self.workspace = workspace
    self.rows = rows
    self.stages = stages
    self.head = head
  }

  /// A forward pass with its measurements.
  func measure(_ inputs: Floats, _ targets: UnsafePointer<Float>, _ step: StepContext)
    throws(TensorError)
  {
    var value = inputs
    for stage in stages { value = try stage.forward(value, step) }
    head.evaluate(value, targets, scale: nil)
  }

  /// Forward and back: parameters' updates take their gradients, times `scale`.
  func differentiate(
    _ inputs: Floats, _ targets: UnsafePointer<Float>, scale: Float, _ step: StepContext
  ) throws(TensorError) {
    var value = inputs
    for stage in stages { value = try stage.forward(value, step) }
    head.evaluate(value, targets, scale: scale)
    var gradient = head.gradient
    var index = stages.count - 1
    while index >= 0 {
      gradient = try stages[index].backward(gradient, step)
      index -= 1
    }
  }
}

/// Makes the plans of one training, which share memory.
struct PlanFactory {
  let network: Network
  let inputShape: [Int]
  let outputShape: [Int]
  let form: LossForm
  let task: LearningTask
  let store: ParameterStore
  let statistics: StatisticsStore
  let retained: Float
  let seed: UInt64
  let precision: Precision
  let workspace: Workspace

  init(
    _ network: Network, setup: TrainingSetup, store: ParameterStore,
    statistics: StatisticsStore, options: TrainingOptions, largestRows: Int
  ) throws {
    self.network = network
    inputShape = setup.inputShape
    form = setup.form
    task = setup.task
    self.store = store
    self.statistics = statistics
    seed = network.seed
    precision = options.precision
    outputShape = try network.outputShape(for: inputShape)
    retained = Float(options.optimizer.step.retained ?? 0)
    var widest = 1
    var shape = inputShape
    for (index, layer) in network.layers.enumerated() {
      widest = max(widest, layer.widestGradient(for: shape))
      shape = try layer.outputShape(for: shape, position: index + 1)
      widest = max(widest, shape.reduce(1, *))
    }
    workspace = try Workspace(gradientCount: widest * largestRows)
  }

  /// The plan for pieces of that many rows.
  func plan(rows: Int) throws -> TrainingPlan {
    let builder = StageBuilder(
      rows: rows, store: store, statistics: statistics, retained: retained, seed: seed,
      precision: precision, workspace: workspace)
    var shape = inputShape
    for (index, layer) in network.layers.enumerated() {
      builder.position = index + 1
      builder.layerName = layer.description
      if !(form.includesLastLayer && index == network.layers.count - 1) {
        try layer.makeStages(input: shape, builder)
      }
      shape = try layer.outputShape(for: shape, position: index + 1)
    }
    let head = try LossHead(
      form, task: task, width: outputShape.reduce(1, *), builder: builder)
    return TrainingPlan(rows: rows, stages: builder.stages, head: head, workspace: workspace)
  }
}
