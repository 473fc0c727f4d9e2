import Tensors

/// How a training keeps states on its way: so seldom that keeping them takes a hundredth of its time
/// at most, and not at all where several ranks would have to keep the same.
struct PastRecording {
  private(set) var past: Past
  /// When the last state was kept, and how long that took.
  private var kept: Double
  private var cost: Double
  private let isAlone: Bool

  init(_ past: Past, now: Double, bytes: Int, isAlone: Bool) {
    self.past = past
    kept = now
    // Memory that is written for the first time: about a gigabyte a second.
    cost = 2e-6 + Double(bytes) * 1e-9
    self.isAlone = isAlone
  }

  /// How much longer than keeping a state the time between two must be.
  private static let patience = 100.0

  func isDue(at now: Double) -> Bool { isAlone && now - kept > Self.patience * cost }

  mutating func keep(_ network: Network, since start: Double, clock: TrainingClock) {
    past.pass(network)
    kept = clock.now
    cost = max(cost, kept - start)
  }

  /// The past, after the training that has led to a network.
  func ended(with network: Network) -> Past {
    var past = past
    past.end(network)
    return past
  }
}

extension Trainer {
  /// Remembers the training, so that the network can go back to each of its epochs.
  package func remember() {
    guard PastMemory.limit > 0 else { return }
    var past = template.past ?? Past()
    past.begin(template, options, data, state)
    recording = PastRecording(
      past, now: clock.now, bytes: memory.store.weights.count * 4 * (1 + memory.store.states.count),
      isAlone: exchange.ranks == 1)
  }

  /// Keeps the state at an epoch's end where it is time to.
  func passEpoch() {
    guard var recording, state.epoch < options.epochs else { return }
    let start = clock.now
    guard recording.isDue(at: start), let network = try? trained() else { return }
    self.recording = nil
    recording.keep(network, since: start, clock: clock)
    self.recording = recording
  }

  /// The network as it stands, with a past that knows this training.
  package func finished() throws -> Network {
    var network = try trained()
    if let recording { network.past = recording.ended(with: network) }
    return network
  }
}
