import Language
import Library
import Syntax

/// Layers that a person's own functions hide: `fn relu(x) = …`, as an exercise may demand, is no
/// layer, and networks written after it would not be what they seem.
enum ShadowedLayers {
  /// The layers' names: those of functions whose bare name composes, and of their constructors.
  private static let names: Set<String> = Set(
    Builtin.all.filter { $0.layer != nil || $0.declaration.group == .layers }
      .map(\.declaration.name))

  /// What to say of a definition, before it runs.
  static func note(on statement: Statement) -> String? {
    let name: String
    switch statement.kind {
    case .function(let literal):
      guard let given = literal.name?.text else { return nil }
      name = given
    case .assignment(let targets, let value):
      guard case .function = value.kind, targets.count == 1,
        case .name(let given) = targets[0].kind
      else { return nil }
      name = given
    default: return nil
    }
    guard names.contains(name) else { return nil }
    return "note: \(name) is now your function and hides the layer \(name): "
      + "clear \(name) brings the layer back"
  }

  /// Which of a person's variables hide layers, for the error about what is no network.
  static func hint(_ machine: Machine) -> String? {
    let hidden = names.filter { name in
      guard case .function(let function)? = machine.globals[name] else { return false }
      return function.builtin == nil
    }.sorted()
    guard !hidden.isEmpty else { return nil }
    let list = hidden.joined(separator: ", ")
    return hidden.count == 1
      ? "\(list) is your own function here and no layer: clear \(list) brings the layer back"
      : "\(list) are your own functions here and no layers: clear \(hidden.joined(separator: " ")) "
        + "brings the layers back"
  }
}
