import Tensors

/// A network as it was at some moment, until it is forgotten.
///
/// `@unchecked Sendable`: it is read and forgotten by the machine's thread alone; what it held may
/// be freed on another.
final class PastState: @unchecked Sendable {
  /// How many epochs the history had then.
  let epoch: Int
  /// Whether it lies between two states that it can be replayed from, so that it is the first to go.
  let isSpare: Bool
  /// What its numbers take.
  let bytes: Int
  private var network: Network?

  /// Keeps a network's numbers, which it shares until one of the two changes.
  init(_ network: Network, isSpare: Bool = false) {
    epoch = network.history.count
    self.isSpare = isSpare
    var kept = network
    // The history is kept once for all states.
    kept.history = History()
    kept.past = nil
    self.network = kept
    bytes = network.heldBytes
    PastMemory.add(self)
  }

  deinit {
    if network != nil { PastMemory.remove(bytes) }
  }

  /// Whether it is still there.
  var isKept: Bool { network != nil }
  /// Whether a training stands within an epoch there.
  var isWithinEpoch: Bool { (network?.unfinished?.state.step ?? 0) > 0 }

  /// Gives its memory back.
  func forget() {
    guard network != nil else { return }
    network = nil
    PastMemory.remove(bytes)
  }

  /// The network, with the history that it had; nil where it is forgotten.
  func network(of history: History) -> Network? {
    guard var found = network else { return nil }
    found.history = history.first(epoch)
    return found
  }

  /// Whether a network has the very numbers that are kept here: memory that was not written to
  /// since is the same memory.
  func isSame(as other: Network) -> Bool {
    guard let network, epoch == other.history.count else { return false }
    let (mine, theirs) = (network.numbers, other.numbers)
    return mine.count == theirs.count
      && zip(mine, theirs).allSatisfy { $0.sharesStorage(with: $1) && $0.shape == $1.shape }
  }
}

/// A training's data, held for replaying it.
///
/// `@unchecked Sendable`: never changed.
final class PastData: @unchecked Sendable {
  let data: TrainingData
  private let storages: [(identity: ObjectIdentifier, bytes: Int)]

  /// Nil where it is larger than the past may hold.
  init?(_ data: TrainingData) {
    self.data = data
    let tensors = [
      data.inputs, data.targets, data.weights, data.validation?.inputs, data.validation?.targets,
    ].compactMap { $0 }
    var storages: [ObjectIdentifier: Int] = [:]
    for tensor in tensors { storages[tensor.storageIdentity] = tensor.storageBytes }
    self.storages = storages.map { ($0.key, $0.value) }
    guard PastMemory.mayHold(storages.values.reduce(0, +)) else { return nil }
    PastMemory.hold(self.storages)
  }

  deinit { PastMemory.release(storages) }

  /// Whether it is the same rows in the same memory.
  func isSame(as other: TrainingData) -> Bool {
    func agree(_ a: Tensor?, _ b: Tensor?) -> Bool {
      guard let a, let b else { return a == nil && b == nil }
      return a.sharesStorage(with: b) && a.shape == b.shape
    }
    return agree(data.inputs, other.inputs) && agree(data.targets, other.targets)
      && agree(data.weights, other.weights)
      && agree(data.validation?.inputs, other.validation?.inputs)
      && agree(data.validation?.targets, other.validation?.targets)
  }
}

extension Network {
  /// All that training changes: the parameters, and what layers have measured.
  fileprivate var numbers: [Tensor] { parameters.map(\.tensor) + statistics }

  /// The bytes of the numbers, and of what the optimizer remembers of them.
  fileprivate var heldBytes: Int {
    (numbers + optimizerState.buffers.flatMap { $0 }).reduce(0) {
      $0 + $1.count * ($1.elementType == .f64 ? 8 : 4)
    }
  }
}

extension History {
  /// The first epochs alone.
  func first(_ epochs: Int) -> History {
    if epochs >= count { return self }
    var part = History()
    part.training = Array(training.prefix(epochs))
    part.validation = Array(validation.prefix(epochs))
    return part
  }

  /// Without the first epochs.
  package func after(_ epochs: Int) -> History {
    var part = History()
    part.training = Array(training.dropFirst(epochs))
    part.validation = Array(validation.dropFirst(epochs))
    return part
  }
}
