import Tensors

extension Trainer {
  /// Trains to the planned end, or until a stop is asked for at a step boundary (`Interrupt` or
  /// the delegate). Throws `TrainingError.notFinite` when a NaN or infinity arises; `trained()` is
  /// then the network before that step. Does not clear the interrupt flag: the caller that set it does.
  package func run(delegate: (any TrainingDelegate)? = nil) throws -> TrainingOutcome {
    var meter = SpeedMeter(clock)
    var ending = TrainingOutcome.Ending.finished
    template.unfinished = nil
    watch.ending = .open
    defer { watch.add(seconds: meter.elapsed) }
    while state.epoch < options.epochs {
      beginEpoch()
      if let step = try runEpoch(&meter, delegate) {
        ending = interrupted(epoch: state.epoch + 1, step: step)
        break
      }
      do {
        try exchange.together { try endEpoch() }
      } catch TensorError.interrupted {
        // In the middle of measuring: the epoch's steps are done, its end comes again.
        ending = interrupted(epoch: state.epoch + 1, step: state.step)
        break
      }
      delegate?.trainingDidProgress(progress(meter, isEpochEnd: true))
      state.beginEpoch()
      passEpoch()
      do {
        if try exchange.isEnd({ try delegate?.trainingDidEndEpoch(self) ?? false }) {
          ending = .ended
          break
        }
      } catch TensorError.interrupted {
        ending = interrupted(epoch: state.epoch, step: stepsPerEpoch)
        break
      }
      if let patience = options.patience, state.stale >= patience {
        ending = .stoppedEarly
        break
      }
    }
    var outcome = TrainingOutcome(
      ending: ending, epochs: state.epoch, seconds: meter.elapsed, rowsPerSecond: meter.speed)
    if template.unfinished == nil {
      watch.ending = .finished
      try restoreBest(&outcome)
    }
    return outcome
  }

  /// Keeps what it takes to go on, and gives that as how the training ended.
  private func interrupted(epoch: Int, step: Int) -> TrainingOutcome.Ending {
    template.unfinished = UnfinishedTraining(options: options, data: data, state: state)
    return .interrupted(epoch: epoch, step: step)
  }

  /// The rest of the epoch's steps; gives the steps done where a stop was asked for.
  private func runEpoch(_ meter: inout SpeedMeter, _ delegate: (any TrainingDelegate)?) throws
    -> Int?
  {
    let rate = try rate(ofEpoch: state.epoch)
    return try Threads.limited(to: setup.cut.threads) {
      while state.step < stepsPerEpoch {
        if isStopDue || delegate?.wantsToStop ?? false { return state.step }
        let before = state.sums.rows
        if state.step == 0 { watch.begin(epoch: state.epoch + 1) }
        do {
          try exchange.together { try guarded { try takeStep(rate: rate) } }
        } catch StepFailure.stopped {
          return state.step
        }
        if watch.isLooking { noteFirstStep(rate: rate) }
        meter.add(state.sums.rows - before)
        if let delegate, meter.isDue {
          delegate.trainingDidProgress(progress(meter, isEpochEnd: false))
        }
      }
      return nil
    }
  }

  // MARK: stopping together

  /// Whether to stop here: where a rank was asked to, all do, and each goes on as if it had been
  /// asked itself.
  private var isStopDue: Bool {
    if exchange.ranks == 1 { return Interrupt.isRequested }
    if isStopAgreed { Interrupt.request() }
    return isStopAgreed
  }

  /// So many steps, going on through the data from where the network's training stands; their
  /// losses, averaged over rows. Leaves the history alone. Stops early when asked to.
  package func takeSteps(_ count: Int, each: (Int, Double) -> Void = { _, _ in }) throws
    -> [Double]
  {
    state.epoch = memory.steps / stepsPerEpoch
    state.historyBefore = 0
    var losses: [Double] = []
    while losses.count < count, !isStopDue {
      let step = memory.steps % stepsPerEpoch
      state.epoch = memory.steps / stepsPerEpoch
      if losses.isEmpty || step == 0 {
        state.step = step
        beginEpoch()
      }
      let before = state.sums
      let rate = try options.optimizer.rate.rate(epoch: 0)
      do {
        try Threads.limited(to: setup.cut.threads) {
          try exchange.together { try guarded { try takeStep(rate: rate) } }
        }
      } catch StepFailure.stopped {
        break
      }
      let loss = reported(
        state.sums.loss - before.loss, weight: state.sums.weight - before.weight)
      losses.append(loss)
      each(losses.count, loss)
    }
    return losses
  }

  /// Takes a step at each of the rates, as far as the losses stay finite and `goesOn` says so: what
  /// a rate does to the loss. Leaves the history alone.
  ///
  /// - Returns: the loss of each step taken, before its update.
  package func lossesAtRates(_ rates: [Double], goesOn: ([Double]) -> Bool) throws -> [Double] {
    var losses: [Double] = []
    for rate in rates {
      if isStopDue { throw TensorError.interrupted }
      if losses.isEmpty || state.step == stepsPerEpoch {
        if !losses.isEmpty { state.epoch += 1 }
        state.beginEpoch()
        beginEpoch()
      }
      let before = state.sums
      do {
        try Threads.limited(to: setup.cut.threads) {
          try exchange.together { try takeStep(rate: rate) }
        }
      } catch StepFailure.lossNotFinite {
        break
      } catch StepFailure.stopped {
        throw TensorError.interrupted
      }
      losses.append(
        reported(state.sums.loss - before.loss, weight: state.sums.weight - before.weight))
      if !goesOn(losses) { break }
    }
    return losses
  }

  /// The rate of an epoch of this training, counted from 0.
  package func rate(ofEpoch epoch: Int) throws -> Double {
    let schedule = options.optimizer.rate
    guard schedule.followsLosses else { return try schedule.rate(epoch: epoch) }
    let measured = validation == nil ? history.loss : history.validationLoss
    return try schedule.rate(
      epoch: epoch, after: Array(measured.dropFirst(state.historyBefore)))
  }

  /// Draws the epoch's order and remembers where it starts, as the place to replay from.
  func beginEpoch() {
    batches.begin(epoch: state.historyBefore + state.epoch)
    epochStart.take(memory, state)
  }

  func endEpoch() throws {
    if data.inputs.isMapped, FileMapping.wasCut() { throw TrainingError.fileWasCut }
    if setup.backend.firstNotFinite(in: memory.store.weights.row) != nil { throw try diagnose() }
    let epoch = state.epoch + 1
    var measured: Measures?
    if validation != nil, epoch % options.every == 0 || epoch == options.epochs {
      measured = try measureValidation()
    }
    state.epoch = epoch
    history.append(epochMeasures, validation: measured)
    guard let measured else { return }
    state.validation = measured
    if options.patience != nil { try keepBest(measured.loss) }
  }

  private func keepBest(_ loss: Double) throws {
    guard loss < state.best?.loss ?? .infinity else {
      state.stale += 1
      return
    }
    state.best = BestWeights(
      loss: loss, epoch: state.epoch, parameters: try memory.store.tensors(),
      statistics: memory.statistics.values)
    state.stale = 0
  }

  private func restoreBest(_ outcome: inout TrainingOutcome) throws {
    guard let best = state.best, best.epoch < state.epoch else { return }
    try memory.store.setWeights(best.parameters)
    memory.statistics.values = best.statistics
    outcome.restoredEpoch = best.epoch
    outcome.restoredLoss = best.loss
  }

  private func progress(_ meter: SpeedMeter, isEpochEnd: Bool) -> TrainingProgress {
    let rowsLeft =
      Double(options.epochs - state.epoch) * Double(batches.rows)
      - (isEpochEnd ? 0 : Double(state.sums.rows))
    return TrainingProgress(
      epoch: isEpochEnd ? state.epoch : state.epoch + 1, epochs: options.epochs, step: state.step,
      steps: stepsPerEpoch, measured: epochMeasures, validation: state.validation,
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
