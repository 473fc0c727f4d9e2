import Derivation
import Language
import Syntax
import Tensors
import Testing

/// Runs scripts whose `derive` commands are collected rather than printed.
final class DeriveHost: CommandHost {
  var derivations: [Derivation] = []
  var echoes: [String] = []

  var commandSyntax: [String: CommandSyntax] {
    [
      "derive": CommandSyntax(
        name: "derive",
        slots: [
          .init("loss", .expression),
          .init("targets", after: "wrt", .expression, isVariadic: true),
        ])
    ]
  }

  func execute(_ command: RunningCommand, on machine: Machine) throws -> Value? {
    guard case .thunk(let loss)? = command.first("loss") else { return nil }
    for case .thunk(let target) in command.all("targets") {
      guard let place = target.place else { continue }
      derivations.append(try Deriver.derive(loss, withRespectTo: place, on: machine))
    }
    return nil
  }

  func echo(_ value: Value) { echoes.append(value.display()) }

  /// Runs a script and gives what its `derive` commands found.
  static func derivations(of script: String) throws -> [Derivation] {
    let host = DeriveHost()
    let machine = Machine(host: host, write: { _ in })
    try machine.run(machine.compile(SourceText(script, name: "test.nns")))
    return host.derivations
  }

  /// The message of the error that a script ends with.
  static func error(of script: String) -> String? {
    let host = DeriveHost()
    let machine = Machine(host: host, write: { _ in })
    do {
      try machine.run(machine.compile(SourceText(script, name: "test.nns")))
      return nil
    } catch {
      return error.message
    }
  }
}

/// The report's network, small: six rows, four features, five hidden units, three classes.
let reportNetwork = """
  seed(3)
  x = rand(6, 4)
  y = one_hot([0, 1, 2, 1, 0, 2], 3)
  W_h = xavier(4, 5)
  b_h = 0.1 * randn(1, 5)
  W_o = xavier(5, 3)
  b_o = 0.1 * randn(1, 3)
  fn L() {
    h = relu(compute(x, W_h, b_h))
    o = compute(h, W_o, b_o)
    p = softmax(o)
    return -sum(y * log(p))
  }

  """
