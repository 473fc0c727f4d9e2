import Tensors

extension Trainer {
  /// One step; adds to the state's measurements. Throws `StepFailure`, before anything has changed,
  /// when the loss is not finite, or when a stop is asked for within a step that can be undone.
  func takeStep(rate: Double) throws {
    stepStart?.take(memory)
    let sums: PassSums
    do {
      let plan = plans.batch(rows: batches.rows(ofStep: state.step))
      sums = try differentiate(plan, rate: rate)
      guard sums.loss.isFinite else { throw StepFailure.lossNotFinite }
      try gradients.join(tree(of: plan))
      try shareStatistics(plan)
      clipGradients()
    } catch {
      stepStart?.restore(memory)
      if case TensorError.interrupted = error { throw StepFailure.stopped }
      throw ofTheData(error)
    }
    memory.update(rate: rate)
    state.sums += sums
    state.step += 1
  }

  /// Who computes which blocks.
  private func tree(of plan: BatchPlan) -> BlockTree {
    BlockTree(blocks: plan.blocks.count, ranks: exchange.ranks)
  }

  /// What rank 0 has measured of a batch that it computed alone is everybody's.
  private func shareStatistics(_ plan: BatchPlan) throws {
    let statistics = memory.statistics
    guard exchange.ranks > 1, plan.blocks.count == 1, !statistics.values.isEmpty else { return }
    var counts = [Int](repeating: 0, count: exchange.ranks)
    counts[0] = statistics.values.count
    statistics.values = try exchange.gathered(
      exchange.rank == 0 ? statistics.values : [], counts: counts)[0]
  }

  /// Scales the gradients down to the norm that the optimizer asks for.
  func clipGradients() {
    guard options.optimizer["clip"] ?? 0 > 0 else { return }
    let numbers = memory.store.update.row
    let scale = options.optimizer.clipping(ofNorm: numbers.sumOfSquares().squareRoot())
    guard scale != 1 else { return }
    numbers.multiply(by: scale)
  }

  /// Sums the gradients of this rank's blocks.
  ///
  /// - Returns: what all ranks measured.
  private func differentiate(_ plan: BatchPlan, rate: Double) throws -> PassSums {
    let tree = tree(of: plan)
    let own = tree.owned(by: exchange.rank)
    if plan.blocks.count == 1, exchange.ranks == 1 {
      // As most trainings are, in steps that may take a few microseconds.
      let pass = try BatchPass(
        self, plan, beginStep(needing: 0..<plan.rows), rate: rate, gradients, tree, exchange)
      return try pass.differentiate(0)
    }
    var measured: [PassSums] = []
    var failure: (any Error)?
    gradients.abandon()
    do {
      let pass = try BatchPass(
        self, plan, beginStep(needing: BatchPass.rows(plan, own)), rate: rate, gradients, tree,
        exchange)
      measured = try pass.run()
    } catch {
      failure = error
    }
    try gradients.settle(tree)
    return try joined(measured, failure, tree)
  }

  /// Tells the other ranks what this one's blocks measured, whether it failed, and whether it was
  /// asked to stop.
  ///
  /// - Returns: what all measured, added in the order of the blocks.
  private func joined(
    _ measured: [PassSums], _ failure: (any Error)?, _ tree: BlockTree
  ) throws -> PassSums {
    if exchange.ranks == 1 {
      if let failure { throw failure }
      return PassSums(measured)
    }
    let count = PassSums.numberCount
    let blocks = (0..<exchange.ranks).map { tree.owned(by: $0).count }
    let isStopping = Interrupt.isRequested || Interrupt.isHeldBack
    var own: [Double] = [isStopping ? 1 : 0, failure == nil ? 0 : 1]
    own += failure == nil ? measured.flatMap(\.numbers) : []
    let missing = 2 + blocks[exchange.rank] * count - own.count
    own += [Double](repeating: 0, count: missing)
    let all = try exchange.gathered(own, counts: blocks.map { 2 + $0 * count })
    if let failure { throw failure }
    if let rank = all.firstIndex(where: { $0[1] != 0 }) {
      throw TrainingError.otherRankFailed(rank: rank)
    }
    if all.contains(where: { $0[0] != 0 }) { isStopAgreed = true }
    return PassSums(
      all.flatMap { numbers in
        stride(from: 2, to: numbers.count, by: count).map {
          PassSums(numbers: numbers[$0..<$0 + count])
        }
      })
  }

  /// Makes ready for the step at hand.
  ///
  /// - Parameter rows: which of the step's rows are read.
  func beginStep(needing rows: Range<Int>) throws -> Batches.Step {
    memory.store.roundWeights(setup.backend)
    return try batches.step(state.step, needing: rows)
  }

  /// Whether the state before the step at hand is the epoch's start.
  var isAtEpochStart: Bool {
    (epochStart.state.epoch, epochStart.state.step) == (state.epoch, state.step)
  }

  /// What the gradient of the summed loss is multiplied by.
  ///
  /// - Parameter weight: what the batch's rows count together.
  func gradientScale(of weight: Double, rate: Double) -> Double {
    var scale = memory.rule.retained != nil ? rate : 1
    if options.reduction == .mean {
      scale = weight > 0 ? scale / weight : 0
      if loss.averagesColumns { scale /= Double(batches.targetWidth) }
    }
    return scale
  }

  /// What the network measures on the validation rows, with the weights as they are. The ranks
  /// share the pieces, whose sums are added in their order.
  func measureValidation() throws -> Measures {
    guard let validation else { return Measures() }
    memory.store.roundWeights(setup.backend)
    let pieces = BlockTree(blocks: plans.validation.count, ranks: exchange.ranks)
    let own = pieces.owned(by: exchange.rank)
    var measured: [PassSums] = []
    var context = StepContext()
    context.isTraining = false
    var first = 0
    for (piece, plan) in plans.validation.enumerated() {
      defer { first += plan.rows }
      guard own.contains(piece) else { continue }
      if Interrupt.isRequested { throw TensorError.interrupted }
      try plan.measure(
        validation.inputs.rows(from: first, count: plan.rows),
        validation.targets.rows(from: first, count: plan.rows), context)
      measured.append(plan.head.sums)
    }
    let sums = try joined(measured, nil, pieces)
    return measures(of: sums, spread: spread.validation / Double(max(1, validation.rows)))
  }
}

/// Why a step was not taken.
enum StepFailure: Error {
  case lossNotFinite
  /// A stop was asked for in the middle, and the step was undone.
  case stopped
}
