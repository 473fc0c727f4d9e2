import Datasets
import Language

/// The variables that hold a minibatch, and what they held before.
struct RowVariables {
  /// Their names.
  static let names = ["x", "y", "labels", "weights"]
  private let machine: Machine
  private let saved: [Value?]

  init(_ machine: Machine) {
    self.machine = machine
    saved = Self.names.map {
      machine.globals.isUserDefined($0) ? machine.globals[$0] : nil
    }
  }

  func restore() {
    for (name, value) in zip(Self.names, saved) { machine.globals[name] = value }
  }

  static func set(_ rows: Split, _ machine: Machine) {
    machine.globals["x"] = .tensor(Box(rows.x))
    machine.globals["y"] = .tensor(Box(rows.y))
    machine.globals["labels"] = rows.labels.map { .tensor(Box($0)) } ?? Value.none
    if let weights = rows.weights { machine.globals["weights"] = .tensor(Box(weights)) }
  }
}
