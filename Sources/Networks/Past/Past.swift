import Tensors

/// Where a network has been: states that are kept, and the trainings between them, from which every
/// other epoch is replayed to the same bits.
///
/// A value, as the network it belongs to; states are shared by all copies.
package struct Past: Sendable {
  /// A training, or what is left of one after going on.
  struct Run: Sendable {
    /// The network that it began with.
    let start: PastState
    /// Where it stood then: within an epoch where it went on after an interruption.
    let state: TrainingState
    let options: TrainingOptions
    /// Nil where it is larger than the past may hold.
    let data: PastData?
    /// How many epochs the history had at its end.
    var last: Int
    /// States on its way.
    var between: [PastState] = []

    /// How many epochs the history had when it began.
    var first: Int { start.epoch }
    /// Whether it began with its first step.
    var isWhole: Bool { state.epoch == 0 && state.step == 0 }
  }

  /// Of all epochs, those after which the network went back among them.
  private(set) var history = History()
  private(set) var runs: [Run] = []
  /// How trainings ended, what was changed by hand, where the network was when it went back.
  private(set) var others: [PastState] = []

  /// More trainings of one network than this are not remembered.
  private static let mostRuns = 256
  /// More states on the way of one training are thinned out.
  private static let mostBetween = 48

  init() {}

  /// How many epochs there are, the future among them.
  package var epochs: Int { history.count }

  // MARK: growing

  /// Keeps a network as it stands, unless it is known. What is not as a training left it, as an
  /// edit by hand, cannot be replayed.
  mutating func keep(_ network: Network) {
    if history.count < network.history.count { history = network.history }
    if others.last?.isSame(as: network) ?? false { return }
    if let known = others.last(where: { $0.isSame(as: network) }) {
      // The latest at its epoch.
      others.removeAll { $0 === known }
      others.append(known)
      return
    }
    others.append(PastState(network))
  }

  /// A training begins: what came after this epoch, if the network had gone back, is overwritten.
  mutating func begin(
    _ network: Network, _ options: TrainingOptions, _ data: TrainingData, _ state: TrainingState
  ) {
    let epoch = network.history.count
    if epoch < history.count { cut(to: epoch) }
    keep(network)
    guard let start = others.last else { return }
    let held = runs.last?.data.flatMap { $0.isSame(as: data) ? $0 : nil } ?? PastData(data)
    runs.append(Run(start: start, state: state, options: options, data: held, last: epoch))
    guard runs.count > Self.mostRuns else { return }
    runs.removeFirst(Self.mostRuns / 4)
    let earliest = runs[0].first
    others.removeAll { $0.epoch < earliest }
  }

  /// Keeps a state on the way of the training at hand.
  mutating func pass(_ network: Network) {
    guard !runs.isEmpty else { return }
    let place = runs.count - 1
    runs[place].between.append(PastState(network, isSpare: true))
    runs[place].last = network.history.count
    guard runs[place].between.count > Self.mostBetween else { return }
    runs[place].between = runs[place].between.enumerated().filter { $0.offset % 2 == 1 }
      .map(\.element)
  }

  /// The training at hand has ended, or was interrupted.
  mutating func end(_ network: Network) {
    guard !runs.isEmpty else { return }
    runs[runs.count - 1].last = network.history.count
    history = network.history
    keep(network)
  }

  private mutating func cut(to epoch: Int) {
    history = history.first(epoch)
    others.removeAll { $0.epoch > epoch }
    runs.removeAll { $0.first >= epoch && $0.last > epoch }
    for place in runs.indices {
      runs[place].last = min(runs[place].last, epoch)
      runs[place].between.removeAll { $0.epoch > epoch }
    }
  }

  // MARK: finding

  /// The latest state that is kept of the end of an epoch.
  func state(at epoch: Int) -> PastState? {
    func fits(_ state: PastState) -> Bool {
      state.epoch == epoch && state.isKept && !state.isWithinEpoch
    }
    return others.last(where: fits)
      ?? runs.reversed().lazy.compactMap { run in
        run.between.last(where: fits) ?? (fits(run.start) ? run.start : nil)
      }.first
  }

  /// The training that an epoch is replayed from, and the state that the replay begins with.
  func replay(to epoch: Int) -> (run: Run, from: PastState)? {
    for run in runs.reversed() where run.first < epoch && epoch <= run.last && run.data != nil {
      let states = [run.start] + run.between
      if let start = states.last(where: { $0.isKept && $0.epoch < epoch }) { return (run, start) }
    }
    return nil
  }

  /// A training, as it can be begun again.
  package struct Beginning: Sendable {
    /// The network before it.
    package let network: Network
    package let options: TrainingOptions
    package let data: TrainingData
    /// What it measured.
    package let history: History
  }

  /// The last training that began with its first step; nil where there is none, or it is forgotten.
  package var lastBeginning: Beginning? {
    guard let run = runs.last(where: \.isWhole), let network = run.start.network(of: history),
      let data = run.data?.data
    else { return nil }
    return Beginning(
      network: network, options: run.options, data: data,
      history: history.after(run.first).first(run.options.epochs))
  }

  /// The epochs, counted from 0 for the beginning, that can no longer be brought back.
  ///
  /// - Parameter epochs: those that are looked at, at most.
  package func forgotten(of epochs: Range<Int>) -> [ClosedRange<Int>] {
    var ranges: [ClosedRange<Int>] = []
    for epoch in epochs where state(at: epoch) == nil && replay(to: epoch) == nil {
      if let last = ranges.last, last.upperBound == epoch - 1 {
        ranges[ranges.count - 1] = last.lowerBound...epoch
      } else {
        ranges.append(epoch...epoch)
      }
    }
    return ranges
  }
}
