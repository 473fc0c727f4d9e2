import Tensors

/// Forward and back through the blocks of a batch that are a rank's.
struct BatchPass {
  private let trainer: Trainer
  private let plan: BatchPlan
  private let step: Batches.Step
  private let scale: Double
  private let gradients: GradientSum
  private let tree: BlockTree
  private let exchange: any GradientExchange
  var observer: JointPass.Observer?

  init(
    _ trainer: Trainer, _ plan: BatchPlan, _ step: Batches.Step, rate: Double,
    _ gradients: GradientSum, _ tree: BlockTree, _ exchange: any GradientExchange
  ) {
    self.trainer = trainer
    self.plan = plan
    self.step = step
    self.gradients = gradients
    self.tree = tree
    self.exchange = exchange
    scale = trainer.gradientScale(
      of: step.weight(positions: trainer.setup.positions), rate: rate)
  }

  /// The rows of a run of blocks. Where there is none, of the first: a rank without a block of its
  /// own follows that one where ranks must keep step within a batch.
  static func rows(_ plan: BatchPlan, _ blocks: Range<Int>) -> Range<Int> {
    guard let first = blocks.first, let last = blocks.last else {
      return 0..<(plan.blocks.first?.rows ?? 0)
    }
    return plan.blocks[first].first..<plan.blocks[last].first + plan.blocks[last].rows
  }

  private var isSideBySide: Bool { trainer.setup.cut.joinsSums && plan.blocks.count > 1 }

  /// Sums the gradients of the rank's blocks.
  ///
  /// - Returns: what each block measured.
  func run() throws -> [PassSums] {
    defer { trainer.memory.passes.end() }
    if isSideBySide { return try runSideBySide() }
    if observer == nil, !plan.lanes.isEmpty { return try runInLanes() }
    var measured = [PassSums](repeating: PassSums(), count: tree.owned(by: exchange.rank).count)
    let first = tree.owned(by: exchange.rank).lowerBound
    let store = trainer.memory.store
    defer { store.gradients.base = store.update.pointer }
    try gradients.sum(tree) { block, target, progress in
      store.gradients.base = target.pointer
      measured[block - first] = try differentiate(block, telling: progress)
    }
    return measured
  }

  /// Forward and back through one block, piece by piece.
  func differentiate(
    _ number: Int, telling progress: GradientSum.Progress? = nil
  ) throws -> PassSums {
    defer { trainer.memory.passes.end() }
    return try undoneWhereStopped {
      try differentiate(plan.blocks[number], number, telling: progress)
    }
  }

  /// A step of many pieces may take seconds: one that is stopped goes back to its start, which is
  /// kept.
  private func undoneWhereStopped<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch StepFailure.stopped {
      trainer.epochStart.restore(trainer.memory)
      throw StepFailure.stopped
    }
  }

  /// All blocks, by as many threads as there are lanes.
  private func runInLanes() throws -> [PassSums] {
    let lanes = plan.lanes
    let blocks = plan.blocks.count
    let places = try gradients.places(0..<blocks, isOwn: true)
    let outcomes = Outcomes(count: blocks)
    let store = trainer.memory.store
    defer { store.gradients.base = store.update.pointer }
    // SAFETY: a lane's plans and memory are one thread's, and a block has an outcome of its own; of
    // the rest nothing changes.
    nonisolated(unsafe) let pass = self
    nonisolated(unsafe) let shared = (lanes, places, outcomes)
    Threads.run(lanes.count) { number in
      let (lanes, places, outcomes) = shared
      let lane = lanes[number]
      for block in blocks * number / lanes.count..<blocks * (number + 1) / lanes.count {
        lane.gradients.base = places[block].pointer
        outcomes[block] = Result { try pass.differentiate(lane.blocks[block], block) }
      }
    }
    let measured = try undoneWhereStopped { try (0..<blocks).map { try outcomes[$0].get() } }
    gradients.sum(tree, of: places)
    return measured
  }

  private func differentiate(
    _ block: BatchPlan.Block, _ number: Int, telling progress: GradientSum.Progress? = nil
  ) throws -> PassSums {
    var sums = PassSums()
    for (index, piece) in block.pieces.enumerated() {
      // The gradients of the pieces add up: only after the last one they are there.
      let progress = index == block.pieces.count - 1 ? progress : nil
      let offset = block.first + sums.rows
      if offset > 0, Interrupt.isRequested, trainer.isAtEpochStart { throw StepFailure.stopped }
      var context = context(at: offset)
      context.start = sums.rows > 0 ? .pieces : number == 0 ? .update : .nothing
      let rows = step.piece(from: offset, piece.rows)
      if let observer {
        let place = trainer.memory.store.gradients
        var pass = JointPass(
          pieces: [.init(plan: piece, rows: rows, step: context, gradients: place.base)],
          gradients: place, batchRows: piece.rows, join: { $0.first ?? [] })
        pass.observer = observer
        try pass.run(scale: scale)
      } else {
        try piece.differentiate(rows, scale: scale, context, telling: progress)
        if number == 0, index == 0, trainer.watch.isLooking { trainer.watch.look(at: piece) }
      }
      sums += piece.head.sums
    }
    return sums
  }

  /// All of the rank's blocks at once, since stages join sums over the batch.
  private func runSideBySide() throws -> [PassSums] {
    let own = tree.owned(by: exchange.rank)
    let followed = own.isEmpty ? 0..<1 : own
    let places = try gradients.places(followed, isOwn: !own.isEmpty)
    let pieces = zip(followed, places).flatMap { number, place in
      let block = plan.blocks[number]
      return block.pieces.prefix(1).map { piece in
        var context = context(at: block.first)
        context.start = number == 0 && !own.isEmpty ? .update : .nothing
        context.isJoined = true
        return JointPass.Piece(
          plan: piece, rows: step.piece(from: block.first, block.rows), step: context,
          gradients: place.pointer)
      }
    }
    var pass = JointPass(
      pieces: pieces, gradients: trainer.memory.store.gradients, batchRows: plan.rows,
      join: joinedSums)
    pass.observer = observer
    let store = trainer.memory.store
    defer { store.gradients.base = store.update.pointer }
    try pass.run(scale: scale)
    if trainer.watch.isLooking, let first = pieces.first { trainer.watch.look(at: first.plan) }
    gradients.sum(tree, of: own.isEmpty ? [] : places)
    return own.isEmpty ? [] : pieces.map(\.plan.head.sums)
  }

  /// The sums of all blocks, of all ranks, added in the order of the blocks.
  private func joinedSums(_ parts: [[Double]]) throws -> [Double] {
    let width = parts.first?.count ?? 0
    let isOwn = !tree.owned(by: exchange.rank).isEmpty
    let all = try exchange.gathered(
      isOwn ? parts.flatMap { $0 } : [],
      counts: (0..<exchange.ranks).map { tree.owned(by: $0).count * width })
    var sums = [Double](repeating: 0, count: width)
    for numbers in all {
      for (place, number) in numbers.enumerated() { sums[place % width] += number }
    }
    return sums
  }

  private func context(at row: Int) -> StepContext {
    var context = StepContext()
    context.step = UInt64(trainer.memory.steps)
    context.rowOffset = row
    return context
  }
}

/// What the blocks of a batch came to, in memory that several threads fill.
private final class Outcomes {
  private let results: UnsafeMutableBufferPointer<Result<PassSums, any Error>>

  init(count: Int) {
    // SAFETY: one for each block, freed in deinit.
    results = .allocate(capacity: count)
    results.initialize(repeating: .success(PassSums()))
  }

  deinit {
    results.deinitialize()
    results.deallocate()
  }

  subscript(block: Int) -> Result<PassSums, any Error> {
    get { results[block] }
    set { results[block] = newValue }
  }
}
