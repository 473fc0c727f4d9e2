import Synchronization
import Tensors

/// The memory that the past of all networks takes together: the states that are kept, and the data
/// that trainings between them are replayed from. What goes beyond it is forgotten, the oldest
/// first.
package enum PastMemory {
  /// How many bytes it may take; 0 keeps nothing.
  package static var limit: Int {
    get { limitNow.load(ordering: .relaxed) }
    set {
      limitNow.store(max(0, newValue), ordering: .relaxed)
      shrink()
    }
  }

  /// 512 MB, or an eighth of the memory that this process may have.
  private static let limitNow = Atomic<Int>(min(512 << 20, MemoryGuard.total / 8))

  /// Bytes that states take. Networks may go on any thread, and their states with them.
  private static let stateBytes = Atomic<Int>(0)

  /// How often a state was forgotten.
  package static var losses: Int { lossesNow.load(ordering: .relaxed) }
  private static let lossesNow = Atomic<Int>(0)

  private struct Kept {
    var states: [WeakState] = []
    /// The storage of data, each counted once however many trainings have it.
    var data: [ObjectIdentifier: (holders: Int, bytes: Int)] = [:]
    var dataBytes = 0
  }

  private struct WeakState {
    weak var state: PastState?
  }

  private static let kept = Mutex(Kept())

  /// How many bytes it takes.
  package static var used: Int {
    stateBytes.load(ordering: .relaxed) + kept.withLock { $0.dataBytes }
  }

  // MARK: states

  static func add(_ state: PastState) {
    stateBytes.add(state.bytes, ordering: .relaxed)
    kept.withLock { kept in
      kept.states.append(WeakState(state: state))
      if kept.states.count > 64, kept.states.count & (kept.states.count - 1) == 0 {
        kept.states.removeAll { $0.state == nil }
      }
    }
    shrink(sparing: state)
  }

  static func remove(_ bytes: Int) { stateBytes.subtract(bytes, ordering: .relaxed) }

  /// Forgets states until all is within the limit: first those that can be replayed from others,
  /// then the others, the oldest first.
  private static func shrink(sparing newest: PastState? = nil) {
    guard used > limit else { return }
    // Held here, so that nothing is freed while the list is locked.
    let states = kept.withLock { $0.states.compactMap(\.state) }
    for isSpare in [true, false] {
      for state in states where state.isSpare == isSpare && state !== newest {
        if used <= limit { return }
        lossesNow.add(1, ordering: .relaxed)
        state.forget()
      }
    }
  }

  // MARK: data

  /// Whether data can be held for replaying: at most half of the limit.
  static func mayHold(_ bytes: Int) -> Bool { bytes <= limit / 2 }

  static func hold(_ storages: [(identity: ObjectIdentifier, bytes: Int)]) {
    kept.withLock { kept in
      for (identity, bytes) in storages {
        if kept.data[identity] == nil { kept.dataBytes += bytes }
        kept.data[identity, default: (0, bytes)].holders += 1
      }
    }
    shrink()
  }

  static func release(_ storages: [(identity: ObjectIdentifier, bytes: Int)]) {
    kept.withLock { kept in
      for (identity, _) in storages {
        guard var entry = kept.data[identity] else { continue }
        entry.holders -= 1
        kept.data[identity] = entry.holders > 0 ? entry : nil
        if entry.holders == 0 { kept.dataBytes -= entry.bytes }
      }
    }
  }
}
