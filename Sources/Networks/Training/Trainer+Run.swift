import CKernels
import Tensors

extension Trainer {
  /// Trains to the planned end, or until a stop is asked for at a step boundary (`Interrupt` or
  /// the delegate). Throws `TrainingError.notFinite` when a NaN or infinity arises; `trained()` is
  /// then the network before that step. Clears nothing: whoever asked for the stop does.
  package func run(delegate: (any TrainingDelegate)? = nil) throws -> TrainingOutcome {
    var meter = SpeedMeter(clock)
    var ending = TrainingOutcome.Ending.finished
    template.unfinished = nil
    while state.epoch < options.epochs {
      beginEpoch()
      if let step = try runEpoch(&meter, delegate) {
        template.unfinished = UnfinishedTraining(options: options, data: data, state: state)
        ending = .interrupted(epoch: state.epoch + 1, step: step)
        break
      }
      try endEpoch()
      delegate?.trainingDidProgress(progress(meter, isEpochEnd: true))
      state.beginEpoch()
      if let patience = options.patience, state.stale >= patience {
        ending = .stoppedEarly
        break
      }
    }
    var outcome = TrainingOutcome(
      ending: ending, epochs: state.epoch, seconds: meter.elapsed, rowsPerSecond: meter.speed)
    if template.unfinished == nil { try restoreBest(&outcome) }
    return outcome
  }

  /// The rest of the epoch's steps; gives the steps done where a stop was asked for.
  private func runEpoch(_ meter: inout SpeedMeter, _ delegate: (any TrainingDelegate)?) throws
    -> Int?
  {
    let rate = options.optimizer.rate.rate(epoch: state.epoch)
    return try Threads.limited(to: stepThreads) {
      while state.step < stepsPerEpoch {
        if Interrupt.isRequested || delegate?.wantsToStop ?? false { return state.step }
        let before = state.rows
        do {
          try guarded { try takeStep(rate: rate) }
        } catch StepFailure.stopped {
          return state.step
        }
        meter.add(state.rows - before)
        if let delegate, meter.isDue {
          delegate.trainingDidProgress(progress(meter, isEpochEnd: false))
        }
      }
      return nil
    }
  }

  /// So many steps, going on through the data from where the network's training stands; their
  /// losses, averaged over rows. Leaves the history alone. Stops early when asked to.
  package func takeSteps(_ count: Int, each: (Int, Double) -> Void = { _, _ in }) throws
    -> [Double]
  {
    state.epoch = optimizerSteps / stepsPerEpoch
    state.historyBefore = 0
    var losses: [Double] = []
    while losses.count < count, !Interrupt.isRequested {
      let step = optimizerSteps % stepsPerEpoch
      state.epoch = optimizerSteps / stepsPerEpoch
      if losses.isEmpty || step == 0 {
        state.step = step
        beginEpoch()
      }
      let (lossBefore, rowsBefore) = (state.lossSum, state.rows)
      do {
        try Threads.limited(to: stepThreads) {
          try guarded { try takeStep(rate: options.optimizer.rate.rate(epoch: 0)) }
        }
      } catch StepFailure.stopped {
        break
      }
      let loss = (state.lossSum - lossBefore) / Double(state.rows - rowsBefore) * reportedShare
      losses.append(loss)
      each(losses.count, loss)
    }
    return losses
  }

  /// Draws the epoch's order and remembers where it starts, as the place to replay from.
  private func beginEpoch() {
    if options.shuffle, batchRows < source.rows {
      var generator = RandomGenerator(
        seed: seed, stream: UInt64(state.historyBefore + state.epoch))
      order = generator.permutation(source.rows)
    }
    snapshot.take(store, statistics: statistics)
    snapshotState = state
    snapshotSteps = optimizerSteps
  }

  private func endEpoch() throws {
    if nnsh_first_nonfinite(store.weights.pointer, store.weights.count) >= 0 {
      throw try diagnose()
    }
    state.epoch += 1
    history.loss.append(state.lossSum / Double(max(1, state.rows)) * reportedShare)
    history.accuracy.append(epochAccuracy)
    var measured: (loss: Double, accuracy: Double)?
    if validation != nil, state.epoch % options.every == 0 || state.epoch == options.epochs {
      measured = try measureValidation()
    }
    history.validationLoss.append(measured?.loss ?? .nan)
    history.validationAccuracy.append(measured?.accuracy ?? .nan)
    guard let measured else { return }
    state.validationLoss = measured.loss
    state.validationAccuracy = measured.accuracy
    guard options.patience != nil else { return }
    if measured.loss < state.best?.loss ?? .infinity {
      state.best = BestWeights(
        loss: measured.loss, epoch: state.epoch, parameters: try store.tensors(),
        statistics: statistics.values)
      state.stale = 0
    } else {
      state.stale += 1
    }
  }

  private func restoreBest(_ outcome: inout TrainingOutcome) throws {
    guard let best = state.best, best.epoch < state.epoch else { return }
    try store.setWeights(best.parameters)
    statistics.values = best.statistics
    outcome.restoredEpoch = best.epoch
    outcome.restoredLoss = best.loss
  }

  /// Loss and accuracy on the validation rows, with the weights as they are.
  func measureValidation() throws -> (loss: Double, accuracy: Double) {
    guard let validation else { return (.nan, .nan) }
    context.isTraining = false
    store.roundWeights()
    var lossSum = 0.0
    var correct = 0
    var offset = 0
    for plan in validationPieces {
      try plan.measure(
        validation.inputs + offset * validation.inputWidth,
        validation.targets + offset * validation.targetWidth, context)
      lossSum += plan.head.lossSum
      correct += plan.head.correct
      offset += plan.rows
    }
    let rows = Double(validation.rows)
    return (lossSum / rows * reportedShare, share(correct, ofRows: validation.rows))
  }

  /// What a row's loss is multiplied by in reports.
  var reportedShare: Double { loss.reportedShare(classes: source.targetWidth) }

  /// The accuracy of the epoch so far; nan where the task has none.
  private var epochAccuracy: Double { share(state.correct, ofRows: state.rows) }

  private func share(_ correct: Int, ofRows rows: Int) -> Double {
    switch task {
    case .numbers: .nan
    case .classes, .binary: Double(correct) / Double(max(1, rows))
    case .labels: Double(correct) / Double(max(1, rows * source.targetWidth))
    }
  }

  private func progress(_ meter: SpeedMeter, isEpochEnd: Bool) -> TrainingProgress {
    let rowsLeft =
      Double(options.epochs - state.epoch) * Double(source.rows)
      - (isEpochEnd ? 0 : Double(state.rows))
    return TrainingProgress(
      epoch: isEpochEnd ? state.epoch : state.epoch + 1, epochs: options.epochs, step: state.step,
      steps: stepsPerEpoch, loss: state.lossSum / Double(max(1, state.rows)) * reportedShare,
      accuracy: epochAccuracy, validationLoss: state.validationLoss,
      validationAccuracy: state.validationAccuracy,
      rowsPerSecond: meter.speed, secondsLeft: max(0, rowsLeft) / max(meter.speed, 1e-9),
      isEpochEnd: isEpochEnd)
  }

  /// Runs a step, and finds where a NaN or infinity was born if one comes of it.
  private func guarded(_ step: () throws -> Void) throws {
    do { try step() } catch StepFailure.lossNotFinite { throw try diagnose() }
  }
}

/// Counts rows and says when the delegate is next to be told.
struct SpeedMeter {
  private let clock: TrainingClock
  private let start: Double
  private var rows = 0
  private var next: Double
  private(set) var isDue = false
  private var now: Double

  init(_ clock: TrainingClock) {
    self.clock = clock
    start = clock.now
    now = start
    next = start
  }

  mutating func add(_ count: Int) {
    rows += count
    now = clock.now
    isDue = now >= next
    if isDue { next = now + 0.05 }
  }

  var elapsed: Double { clock.now - start }
  var speed: Double { Double(rows) / max(now - start, 1e-9) }
}
