import Files
import Language

/// What `log=` writes of a training: the losses and scores under their names in the history, and the
/// learning rate, for TensorBoard. Nothing where no folder is named.
struct TrainingLog {
  private let log: EventLog?

  init(_ folder: String?) throws {
    // Of several ranks one writes.
    log = SharedFiles.areWrittenHere ? try folder.map { try EventLog(folder: $0) } : nil
  }

  /// Whether anything is written.
  var isOpen: Bool { log != nil }

  /// Notes an epoch.
  ///
  /// - Parameters:
  ///   - measures: those that were not measured, nil or nan, are left out.
  ///   - step: which epoch it was.
  func write(_ measures: [(name: String, value: Double?)], rate: Double, step: Int) throws {
    guard let log else { return }
    let numbers = measures.compactMap { measure -> (name: String, value: Double)? in
      guard let value = measure.value, !value.isNaN else { return nil }
      return (measure.name, value)
    }
    try log.write(numbers + [("rate", rate)], step: step)
  }
}

extension Command {
  /// What `train` and `minimize` write each epoch's measures to.
  static let logArgument = Argument.option(
    "log", .path, default: .computed("nowhere"),
    misnomers: ["logdir", "log_dir", "tensorboard", "logs"],
    "a folder that each epoch's losses, scores and rate are written to, as TensorBoard reads them")
}
