import Tensors

extension Network {
  /// The network as it was after so many epochs of its history: as it was kept, or replayed from
  /// the state before, to the same bits. The epochs that came later stay known to it.
  ///
  /// - Throws: `TrainingError` where there is no such epoch, or it is forgotten, or what was trained
  ///   with has changed since; `TensorError.interrupted`.
  package func at(epoch: Int) throws -> Network {
    var past = past ?? Past()
    past.keep(self)
    guard (0...past.epochs).contains(epoch) else {
      throw TrainingError.noSuchEpoch(epoch, epochs: past.epochs)
    }
    var found: Network
    if epoch == history.count {
      found = self
    } else if let state = past.state(at: epoch)?.network(of: past.history) {
      found = state
    } else if let (run, start) = past.replay(to: epoch) {
      found = try Self.replayed(run, from: start, to: epoch, past.history)
    } else {
      throw TrainingError.epochForgotten(epoch, isRecorded: !past.runs.isEmpty)
    }
    found.past = past
    return found
  }

  /// The network as it is, with a past that knows it so.
  package func remembered() -> Network {
    guard PastMemory.limit > 0 else { return self }
    var network = self
    var past = past ?? Past()
    past.keep(self)
    network.past = past
    return network
  }

  private static func replayed(
    _ run: Past.Run, from start: PastState, to epoch: Int, _ history: History
  ) throws -> Network {
    guard var network = start.network(of: history), let data = run.data?.data else {
      throw TrainingError.epochForgotten(epoch, isRecorded: true)
    }
    var state = run.state
    if start !== run.start {
      state = TrainingState()
      state.historyBefore = run.state.historyBefore
      state.epoch = start.epoch - state.historyBefore
    }
    state.best = nil
    var options = run.options
    options.patience = nil
    // Only such a schedule reads what was measured on the validation rows.
    if !options.optimizer.rate.followsLosses { options.every = .max }
    network.unfinished = UnfinishedTraining(options: options, data: data, state: state)
    let trainer = try Trainer(resuming: network)
    let outcome = try trainer.run(delegate: Stop(after: epoch))
    if case .interrupted = outcome.ending { throw TensorError.interrupted }
    var result = try trainer.trained()
    result.unfinished = nil
    try Self.requireSameLosses(
      result.history.training.dropFirst(start.epoch).map(\.loss),
      as: history.training[start.epoch..<epoch].map(\.loss), since: start.epoch)
    result.history = history.first(epoch)
    return result
  }

  /// Throws where a training that was taken again came to other losses, by a single bit.
  ///
  /// - Parameter epoch: how many epochs came before it.
  static func requireSameLosses(
    _ again: [Double], as before: [Double], since epoch: Int
  ) throws(TrainingError) {
    guard again.map(\.bitPattern) == before.map(\.bitPattern) else {
      throw .pastHasChanged(epoch: epoch + 1)
    }
  }

  /// Ends a replay after an epoch.
  private final class Stop: TrainingDelegate {
    private let epoch: Int

    init(after epoch: Int) { self.epoch = epoch }

    func trainingDidProgress(_ progress: TrainingProgress) {}
    func trainingDidEndEpoch(_ trainer: Trainer) throws -> Bool { trainer.history.count >= epoch }
  }
}

extension Network {
  /// Two short words that tell a network's numbers and its history from any others: the same for the
  /// same bits, pronounceable (proquints; Wilkerson, 2009).
  package var fingerprint: String {
    var mixed: UInt64 = 0x9E37_79B9_7F4A_7C15
    for parameter in parameters {
      for byte in parameter.name.utf8 { mixed = (mixed ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
      mixed = parameter.tensor.mixed(into: mixed)
    }
    for statistic in statistics { mixed = statistic.mixed(into: mixed) }
    for measures in history.training + history.validation {
      for measure in Measures.all {
        mixed = (mixed ^ measures[keyPath: measure.path].bitPattern) &* 0x94D0_49BB_1331_11EB
        mixed ^= mixed >> 31
      }
    }
    let bits = UInt32(truncatingIfNeeded: mixed ^ mixed >> 32)
    return Self.word(UInt16(bits >> 16)) + "-" + Self.word(UInt16(truncatingIfNeeded: bits))
  }

  private static func word(_ bits: UInt16) -> String {
    let consonants = Array("bdfghjklmnprstvz")
    let vowels = Array("aiou")
    let letters = [
      consonants[Int(bits >> 12 & 15)], vowels[Int(bits >> 10 & 3)],
      consonants[Int(bits >> 6 & 15)], vowels[Int(bits >> 4 & 3)], consonants[Int(bits & 15)],
    ]
    return String(letters)
  }
}
