/// What a training has noted about itself on its way, beside the losses and scores of its history.
package struct TrainingDiary: Sendable {
  /// How it ended.
  package enum Ending: Sendable, Hashable {
    /// It has not, or was interrupted.
    case open
    /// At the planned end, or where early stopping or a condition had it end.
    case finished
    /// A NaN or infinity arose.
    case notFinite
  }

  /// What the first step of an epoch showed.
  package struct Entry: Sendable {
    /// The epoch of the training, counted from 1.
    package let epoch: Int
    package let units: [Units]
    package let motions: [Motion]
  }

  /// The units of a layer that has a dead or a flat end.
  package struct Units: Sendable {
    /// Where the activation stands in the network, from 1.
    package let position: Int
    /// As the language writes it: `relu`.
    package let name: String
    package let isRectifier: Bool
    /// Of a rectifier the share of units that none of the rows activates; otherwise the share of
    /// outputs at the flat ends.
    package let idleShare: Double
  }

  /// What a step did to the parameters that share a number.
  package struct Motion: Sendable {
    /// The number in their names.
    package let layer: Int
    /// Norms of the weights before the step, of what it changed, and of the gradient; nan where a
    /// rate of 0 hides it.
    package let weights: Double
    package let step: Double
    package let gradient: Double

    /// How large the step was against the weights; infinite where all weights were 0.
    package var relativeStep: Double { weights > 0 ? step / weights : step > 0 ? .infinity : 0 }
  }

  /// In the order of the epochs: each of the first 32, then 32 of every doubling.
  package private(set) var entries: [Entry] = []
  package internal(set) var ending = Ending.open
  /// How long it took.
  package internal(set) var seconds = 0.0

  /// Of a training that noted nothing.
  package init() {}

  mutating func append(_ entry: Entry) { entries.append(entry) }

  /// Whether an epoch, counted from 1, has an entry.
  static func hasEntry(_ epoch: Int) -> Bool {
    let octave = Int.bitWidth - 1 - max(1, epoch).leadingZeroBitCount
    return octave < 5 || epoch & ((1 << (octave - 5)) - 1) == 0
  }
}
