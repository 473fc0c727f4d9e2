import Datasets
import Language

/// The variables that hold a minibatch, and what they held before.
struct RowVariables {
  /// Their names.
  static let names = ["x", "y", "labels", "weights"]
  private let machine: Machine
  private let saved: [(name: String, value: Value?)]

  /// Those that rows of such data are put into; none where there is no data.
  static func names(holding rows: [Split]) -> [String] {
    if rows.isEmpty { return [] }
    let areWeighted = rows.contains { $0.weights != nil }
    return names.filter { $0 != "weights" || areWeighted }
  }

  init(_ machine: Machine, holding rows: [Split]) {
    self.machine = machine
    saved = Self.names(holding: rows).map {
      ($0, machine.globals.isUserDefined($0) ? machine.globals[$0] : nil)
    }
  }

  func restore() {
    for (name, value) in saved { machine.globals[name] = value }
  }

  static func set(_ rows: Split, _ machine: Machine) {
    machine.globals["x"] = .tensor(Box(rows.x))
    machine.globals["y"] = .tensor(Box(rows.y))
    machine.globals["labels"] = rows.labels.map { .tensor(Box($0)) } ?? Value.none
    if let weights = rows.weights { machine.globals["weights"] = .tensor(Box(weights)) }
  }
}
