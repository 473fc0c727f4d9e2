import Tensors

/// How a training stands.
package struct TrainingProgress: Sendable {
  /// The epoch, counted from 1, and how many are planned.
  package var epoch: Int
  package var epochs: Int
  /// The step in the epoch, counted from 1, and how many an epoch has.
  package var step: Int
  package var steps: Int
  /// Of the epoch so far.
  package var measured: Measures
  /// On the validation data, as last measured in this training; nil before.
  package var validation: Measures?
  /// Rows trained on a second, in this run.
  package var rowsPerSecond: Double
  /// Seconds to the planned end at this speed.
  package var secondsLeft: Double
  /// Whether the epoch has just ended (its validation included).
  package var isEpochEnd: Bool
}

/// Told how training goes, at most twenty times a second and at each epoch's end.
package protocol TrainingDelegate: AnyObject {
  /// The present state.
  func trainingDidProgress(_ progress: TrainingProgress)
  /// Told of each epoch that has ended, with its measures in the history; true ends training there.
  func trainingDidEndEpoch(_ trainer: Trainer) throws -> Bool
  /// Asked before each step, besides `Interrupt.isRequested`: true stops there, keeping everything.
  var wantsToStop: Bool { get }
}

extension TrainingDelegate {
  package func trainingDidEndEpoch(_ trainer: Trainer) throws -> Bool { false }
  package var wantsToStop: Bool { false }
}

/// How a training ended.
package struct TrainingOutcome: Sendable {
  /// Why it ended.
  package enum Ending: Sendable, Hashable {
    /// Every planned epoch ran.
    case finished
    /// `val_loss` did not improve for `patience` measurements.
    case stoppedEarly
    /// What runs after every epoch asked for the end.
    case ended
    /// A stop was asked for; the network holds what is needed to go on.
    case interrupted(epoch: Int, step: Int)
  }

  /// Why it ended.
  package var ending: Ending
  /// Epochs completed, of all planned.
  package var epochs: Int
  /// The epoch, counted from 1, whose weights came back because they had the best `val_loss`;
  /// nil where the last epoch's weights stayed.
  package var restoredEpoch: Int?
  /// That `val_loss`.
  package var restoredLoss: Double?
  /// Seconds this run took.
  package var seconds: Double
  /// Rows trained on a second.
  package var rowsPerSecond: Double
}
