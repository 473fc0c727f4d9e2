import Tensors

/// The stages and the loss for one number of rows.
final class TrainingPlan {
  let rows: Int
  let stages: [Stage]
  let head: LossHead
  /// The first stage that gradients are swept back to.
  let firstTrained: Int
  /// The memory that the stages address, kept alive.
  private let workspace: Workspace

  init(
    rows: Int, stages: [Stage], firstTrained: Int, head: LossHead, workspace: Workspace
  ) {
    self.firstTrained = firstTrained
    self.workspace = workspace
    self.rows = rows
    self.stages = stages
    self.head = head
  }

  /// Whether a pass may end half way.
  var mayStop: Bool { head.mayStop || stages.contains { $0.mayStop } }

  /// A forward pass with its measurements.
  func measure(_ inputs: FloatRows, _ targets: FloatRows, _ step: StepContext) throws {
    step.sequences.begin()
    var value = inputs
    for stage in stages { value = try stage.forward(value, step) }
    try head.evaluate(value, targets, weights: nil, scale: nil)
  }

  /// Forward and back: parameters' updates take their gradients, times `scale`.
  ///
  /// - Parameter progress: told from which number on the gradients are there.
  func differentiate(
    _ rows: Batches.Step, scale: Double, _ step: StepContext,
    telling progress: GradientSum.Progress? = nil
  ) throws {
    step.sequences.begin()
    var value = rows.inputs
    for stage in stages { value = try stage.forward(value, step) }
    try head.evaluate(value, rows.targets, weights: rows.weights, scale: scale)
    var gradient = head.gradient
    var index = stages.count - 1
    while index >= firstTrained {
      gradient = try stages[index].backward(gradient, step)
      if let progress, let first = stages[index].firstGradient { try progress(first) }
      index -= 1
    }
  }
}

/// How a batch is computed: in blocks, each of them in pieces that the caches hold.
struct BatchPlan {
  struct Block {
    let first: Int
    let rows: Int
    let pieces: [TrainingPlan]
    /// Whether the block's computation may end half way.
    var mayStop: Bool { pieces.contains { $0.mayStop } }
  }

  /// The blocks of one thread: their plans, in memory that is its own.
  struct Lane {
    let blocks: [Block]
    let gradients: GradientPlace
  }

  let rows: Int
  /// All blocks, for one that follows the other.
  let blocks: [Block]
  /// Where threads carry whole blocks forward and back: a lane for each. Empty where the threads
  /// share every product.
  let lanes: [Lane]

  init(rows: Int, blocks: [Block]) {
    self.rows = rows
    self.blocks = blocks
    lanes = []
  }

  init(rows: Int, lanes: [Lane]) {
    self.rows = rows
    self.lanes = lanes
    blocks = lanes.first?.blocks ?? []
  }
}

/// The plans of one training: for the blocks of a batch and of the last batch of an epoch, and for
/// the validation rows. They share memory, but for blocks that run side by side.
struct TrainingPlans {
  let batch: BatchPlan
  let lastBatch: BatchPlan
  let validation: [TrainingPlan]

  /// - Parameters:
  ///   - rows: of the training data.
  ///   - validationRows: 0 where there are none.
  init(
    _ network: Network, _ setup: TrainingSetup, _ memory: TrainingMemory, rows: Int,
    validationRows: Int
  ) throws {
    let batch = setup.cut.batchRows
    let piece = setup.cut.pieceRows(batch: setup.cut.blockRows(batch: batch))
    let measured = min(validationRows, setup.cut.measuringRows)
    var cache = PlanCache(
      network, setup, memory, rows: max(piece, measured), gradients: memory.store.gradients)
    // The plan for the most rows comes first: the others find their memory in its.
    if measured > piece { _ = try cache.plan(rows: measured) }
    (self.batch, lastBatch) = try Threads.limited(to: setup.cut.threads) {
      (try cache.batch(rows: batch), try cache.batch(rows: rows % batch))
    }
    validation = try cache.plans(covering: validationRows, piece: setup.cut.measuringRows)
  }

  /// The plan for a step of so many rows.
  func batch(rows: Int) -> BatchPlan { rows == batch.rows ? batch : lastBatch }

  /// Whether a step may end half way.
  var mayStop: Bool {
    batch.blocks.contains { $0.mayStop }
  }
}

/// The plans made so far, by their rows.
private struct PlanCache {
  private let network: Network
  private let setup: TrainingSetup
  private let memory: TrainingMemory
  private let workspace: Workspace
  private let gradients: GradientPlace
  private let isOneThreads: Bool
  private var plans: [Int: TrainingPlan] = [:]

  /// - Parameters:
  ///   - rows: the most that a plan has.
  ///   - gradients: where the stages put theirs.
  ///   - isOneThreads: whether one thread carries the rows through all stages.
  init(
    _ network: Network, _ setup: TrainingSetup, _ memory: TrainingMemory, rows: Int,
    gradients: GradientPlace, isOneThreads: Bool = false
  ) {
    self.isOneThreads = isOneThreads
    self.network = network
    self.setup = setup
    self.memory = memory
    self.gradients = gradients
    workspace = Workspace(gradientCount: setup.cut.widestGradient * rows, type: setup.type)
  }

  /// The plan for pieces of that many rows.
  mutating func plan(rows: Int) throws -> TrainingPlan {
    if let plan = plans[rows] { return plan }
    let plan = try make(rows: rows, workspace)
    plans[rows] = plan
    return plan
  }

  private func make(rows: Int, _ workspace: Workspace) throws -> TrainingPlan {
    let builder = StageBuilder(
      rows: rows, memory, setup, workspace, gradients, isOneThreads: isOneThreads)
    try builder.add(
      network.layers, input: setup.inputShape,
      leavingOut: setup.form.includesLastLayer ? 1 : 0)
    let head = try LossHead(setup, builder)
    return TrainingPlan(
      rows: rows, stages: builder.stages, firstTrained: builder.firstTrained ?? 0, head: head,
      workspace: workspace)
  }

  /// The plan for a batch of that many rows.
  mutating func batch(rows: Int) throws -> BatchPlan {
    if rows == 0 { return BatchPlan(rows: 0, blocks: []) }
    if let size = setup.cut.threadBlockRows(batch: rows), let lanes = try lanes(size, rows) {
      return BatchPlan(rows: rows, lanes: lanes)
    }
    return BatchPlan(rows: rows, blocks: try blocks(of: setup.cut.blockRows(batch: rows), rows))
  }

  /// A lane for each thread that blocks of so many rows keep busy. Nil where something is recorded:
  /// that runs code of the user's, which is one thread's.
  private func lanes(_ size: Int, _ rows: Int) throws -> [BatchPlan.Lane]? {
    try Threads.limited(to: 1) { [count = Threads.count] in
      // What follows the blocks one by one looks at the first lane.
      let first = try lane(gradients, size, rows)
      if first.blocks.contains(where: { $0.mayStop }) { return nil }
      return try [first]
        + (1..<max(1, min(count, first.blocks.count))).map { _ in
          try lane(GradientPlace(memory.store.update), size, rows)
        }
    }
  }

  private func lane(
    _ gradients: GradientPlace, _ size: Int, _ rows: Int
  ) throws -> BatchPlan.Lane {
    var cache = PlanCache(
      network, setup, memory, rows: setup.cut.pieceRows(batch: size), gradients: gradients,
      isOneThreads: true)
    return BatchPlan.Lane(blocks: try cache.blocks(of: size, rows), gradients: gradients)
  }

  /// The blocks of a batch, of so many rows each.
  private mutating func blocks(of size: Int, _ rows: Int) throws -> [BatchPlan.Block] {
    let isSideBySide = setup.cut.joinsSums && size < rows
    var blocks: [BatchPlan.Block] = []
    for first in stride(from: 0, to: rows, by: size) {
      let count = min(size, rows - first)
      // Side by side each block needs its activations until all have come back.
      let pieces =
        try isSideBySide
        ? [
          make(
            rows: count,
            Workspace(gradientCount: setup.cut.widestGradient * count, type: setup.type))
        ]
        : plans(covering: count, piece: setup.cut.pieceRows(batch: count))
      blocks.append(BatchPlan.Block(first: first, rows: count, pieces: pieces))
    }
    return blocks
  }

  /// Plans for pieces that add up to `rows`: equal ones, and what is left over.
  mutating func plans(covering rows: Int, piece: Int) throws -> [TrainingPlan] {
    if rows == 0 { return [] }
    let size = min(rows, piece)
    var result = [TrainingPlan](repeating: try plan(rows: size), count: rows / size)
    if rows % size > 0 { result.append(try plan(rows: rows % size)) }
    return result
  }
}
