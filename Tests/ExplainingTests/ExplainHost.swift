import Explaining
import Language
import Library
import Syntax

/// Runs scripts whose `explain` commands are collected rather than printed.
final class ExplainHost: CommandHost {
  private(set) var explanations: [String] = []

  let commandSyntax = [
    "explain": CommandSyntax(name: "explain", slots: [.init("expression", .expression)])
  ]

  func execute(_ command: RunningCommand, on machine: Machine) throws -> Value? {
    guard case .thunk(let thunk)? = command.first("expression") else { return nil }
    explanations.append(try Explanation.of(thunk, on: machine).text(width: 100))
    return nil
  }

  func echo(_ value: Value) {}

  /// What the `explain` commands of a script print.
  static func explanation(of script: String) throws -> String {
    let host = ExplainHost()
    let machine = Machine(host: host, write: { _ in })
    try machine.run(machine.compile(SourceText(script, name: "test.nns")))
    return host.explanations.joined(separator: "\n")
  }
}
