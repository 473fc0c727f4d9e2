import Files
import Networks
import Tensors

/// What training remembers of a network, in a file beside the parameters: the history, and what the
/// optimizer keeps of each parameter.
enum TrainingRecord {
  private static let history = "history."
  private static let state = "state."
  private static let ruleNote = "optimizer"
  private static let stepsNote = "steps"

  /// Whether a tensor of a file is one of these.
  static func holds(_ name: String) -> Bool { name.hasPrefix(history) || name.hasPrefix(state) }

  static func tensors(of network: Network) throws -> [NamedTensor] {
    var tensors: [NamedTensor] = []
    if network.history.count > 0 {
      for series in network.history.series {
        tensors.append(
          NamedTensor(
            name: history + series.name,
            tensor: try Tensor(
              doubles: series.values, Shape(checking: [series.values.count]), elementType: .f64)))
      }
    }
    for (index, buffers) in network.optimizerState.buffers.enumerated() {
      for (place, buffer) in buffers.enumerated() {
        tensors.append(NamedTensor(name: "\(state)\(index).\(place)", tensor: buffer))
      }
    }
    return tensors
  }

  static func notes(of network: Network) -> [String: String] {
    guard network.optimizerState.steps > 0 else { return [:] }
    return [
      ruleNote: network.optimizerState.rule, stepsNote: String(network.optimizerState.steps),
    ]
  }

  /// Gives a network what a file holds. What does not fit its parameters is left out: training then
  /// starts afresh.
  static func restore(
    _ network: inout Network, from tensors: [NamedTensor], _ notes: [String: String]
  ) {
    var found: [String: Tensor] = [:]
    for tensor in tensors where holds(tensor.name) { found[tensor.name] = tensor.tensor }
    network.history = history(in: found)
    guard let rule = notes[ruleNote], UpdateRule.named(rule) != nil,
      let steps = notes[stepsNote].flatMap({ Int($0) }), steps > 0
    else { return }
    var state = OptimizerState()
    state.rule = rule
    state.steps = steps
    state.buffers = network.parameters.enumerated().map { index, parameter in
      (0..<2).compactMap { found["\(Self.state)\(index).\($0)"] }
        .filter { $0.shape == parameter.tensor.shape }
    }
    network.optimizerState = state
  }

  /// Measures that a file leaves out were nan in all epochs.
  private static func history(in found: [String: Tensor]) -> History {
    var history = History()
    let count = found[Self.history + "loss"]?.count ?? 0
    history.training = Array(repeating: Measures(), count: count)
    history.validation = history.training
    for series in history.allSeries {
      guard let values = found[Self.history + series.name]?.doubles(), values.count == count
      else { continue }
      for (epoch, value) in values.enumerated() {
        if series.isValidation {
          history.validation[epoch][keyPath: series.measure.path] = value
        } else {
          history.training[epoch][keyPath: series.measure.path] = value
        }
      }
    }
    return history
  }
}
