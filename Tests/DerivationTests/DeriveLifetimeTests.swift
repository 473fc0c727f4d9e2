import Language
import Shell
import Synchronization
import Syntax
import Testing

@testable import Derivation

/// What a derivation was made of is let go of with it, though operands and their users, and
/// functions and the scopes that they stand in, refer to each other.
@Suite struct DeriveLifetimeTests {
  /// Traces the loss of its one command, and keeps nothing of it.
  final class Host: CommandHost {
    weak var node: Node?
    weak var scope: Scope?
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
      let tracer = Tracer(loss, machine: machine, withRespectTo: target.place)
      _ = try tracer.trace()
      count = tracer.graph.nodes.count
      node = tracer.graph.nodes.first { !$0.consumers.isEmpty }
      if case .closure(_, let found, _)? = tracer.scopes.lazy
        .flatMap({ $0.variables.values }).first(where: { $0.isFunction })
      {
        scope = found
      }
      #expect(node != nil && scope != nil)
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
        fn square(v) = v * v
        return sum(square(w) + square(sin(w)))
      }
      derive L() wrt w
      """
    try machine.run(machine.compile(SourceText(script, name: "test.nns")))
    #expect(host.count > 3)
    #expect(host.node == nil)
    #expect(host.scope == nil)
  }
}
