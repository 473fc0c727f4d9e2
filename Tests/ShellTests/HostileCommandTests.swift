import BinaryUnderTest
import Foundation
import Language
import Shell
import Testing

/// Every command on numbers that no drawing, table or score can do anything with: it says so, or
/// leaves them out, and the shell goes on.
@Suite struct HostileCommandTests {
  /// `e` is what a command is given, `net` a network that takes it and `data` examples of it.
  private static let worlds = [
    "e = [nan, inf, -inf]; net = dense(3, 2) |> softmax; data = {x: [e, e], y: [0, 1]}",
    "e = [nan, nan, nan]; net = dropout(0.5); data = {x: [e, e], y: [e, e]}",
    "e = [inf, 1e38, -1e38]; net = dense(3, 2); data = {x: [e, e], y: [[inf, 0], [1, nan]]}",
    "e = [[nan, 1e300], [-1e300, 5e-324]]; net = dense(2, 1); data = {x: e, y: [nan, inf]}",
    "e = nan; net = dense(1, 1); net.W1 = [[nan]]; data = {x: [[1], [2]], y: [[1], [inf]]}",
    "e = [1e-320, 0, -0.0]; net = dense(3, 2); net.W1 = full([3, 2], inf); data = {x: [e], y: [1]}",
  ]

  private static func candidates(_ kind: Parameter.Kind) -> [String] {
    switch kind {
    case .tensor, .any, .sequence, .place: ["e", "net", "data"]
    case .list: ["[e, e]"]
    case .string, .topic: ["\"e\""]
    case .number: ["nan", "inf", "-1e300", "0"]
    case .integer: ["1", "0", "-1", "9007199254740993"]
    case .bool: ["true"]
    case .block: ["{ 1 }"]
    case .record, .split: ["data", "{x: e, y: e}", "e"]
    case .function: ["(x -> x * nan)", "net"]
    case .network: ["net", "(dropout(0.5) |> softmax)"]
    case .optimizer: ["adam(nan)", "sgd(inf)"]
    case .schedule: ["cosine(nan, 10)"]
    case .dataSet: ["data", "dataset(e, e)"]
    case .axes: ["0", "-1"]
    case .shape: ["[0, 2]", "[nan]"]
    case .choice(let choices): choices.map { "\"\($0)\"" }
    case .path: ["\"written.png\"", "\"written.svg\"", "\"written.csv\"", "\"written.json\""]
    }
  }

  /// What may stand in a slot, with the word before it; nothing where it may be left out.
  private static func choices(_ slot: Command.Argument) -> [[String]] {
    let written = (slot.words + candidates(slot.parameter.kind)).map {
      (slot.keyword.map { [$0] } ?? []) + [$0]
    }
    return slot.parameter.defaultValue == nil ? written : [[]] + written
  }

  /// A command with all combinations of what its slots take, then with each of its options.
  private static func statements(_ command: Command) -> [String] {
    var sentences: [[String]] = [[command.declaration.name]]
    for slot in command.arguments where !slot.isOption {
      sentences = sentences.flatMap { begun in choices(slot).map { begun + $0 } }
    }
    let plain =
      [command.declaration.name]
      + command.arguments.filter { !$0.isOption && $0.parameter.defaultValue == nil }
      .flatMap { choices($0).first ?? [] }
    for option in command.arguments where option.isOption {
      for candidate in option.words + candidates(option.parameter.kind) {
        sentences.append(plain + ["\(option.parameter.name)=\(candidate)"])
      }
    }
    return sentences.map { $0.joined(separator: " ") }
  }

  @Test(arguments: worlds) func everyCommandTakesThem(_ making: String) throws {
    let folder = try NNSH.temporaryFolder()
    let leaving: Set = ["quit", "exit"]
    let statements = Command.all.filter { !leaving.contains($0.declaration.name) }
      .flatMap(Self.statements)
    // At the prompt, where a statement that is not understood ends nothing. What a command changes
    // is as it was for the next one.
    let script = statements.map { "\(making)\n\($0)" }.joined(separator: "\n")
    let outcome = try NNSH.run(
      ["-q", "-i", "--no-history"], input: script + "\nprint(\"the \" + \"end\")\n", in: folder)
    #expect(outcome.code == 0, "\(outcome.errors.suffix(500))")
    #expect(outcome.output.hasSuffix("the end\n"))
  }
}
