import Language
import Shell
import Synchronization
import Syntax
import Testing

@testable import Derivation

/// What a derivation was made of is let go of with it, though operands and their users refer to
/// each other.
@Suite struct DeriveLifetimeTests {
  /// Records the loss of its one command, and keeps nothing of it.
  final class Host: CommandHost {
    weak var node: Node?
    weak var function: Function?
    var count = 0

    let commandSyntax = [
      "derive": CommandSyntax(
        name: "derive",
        slots: [.init("loss", .expression), .init("targets", after: "wrt", .expression)])
    ]

    func execute(_ command: RunningCommand, on machine: Machine) throws -> Value? {
      guard case .thunk(let loss)? = command.first("loss"),
        case .thunk(let target)? = command.first("targets")
      else { return nil }
      let recorder = EvaluationRecorder(loss, machine: machine, withRespectTo: target.place)
      _ = try recorder.evaluate()
      count = recorder.graph.nodes.count
      node = recorder.graph.nodes.first { !$0.consumers.isEmpty }
      function =
        recorder.scopes.values.lazy.flatMap(\.values).compactMap {
          if case .function(let function) = $0.value { function } else { nil }
        }.first
      #expect(node != nil && function != nil)
      return nil
    }

    func echo(_ value: Value) {}
  }

  @Test func nothingIsKept() throws {
    let host = Host()
    let machine = Machine(host: host, write: { _ in })
    let script = """
      w = [1, 2, 3]
      fn L() {
        square = v -> v * v
        return sum(square(w) + square(sin(w)))
      }
      derive L() wrt w
      """
    try machine.run(machine.compile(SourceText(script, name: "test.nns")))
    #expect(host.count > 3)
    #expect(host.node == nil)
    #expect(host.function == nil)
  }
}
