import BinaryUnderTest
import Foundation
import Language
import Library
import Testing

/// Tensors without elements have axes of any length: nothing may be made that is as long as such an
/// axis, or walk along it.
@Suite struct HugeEmptyTensorTests {
  private static let tensors = ["zeros(2^40, 0)", "zeros(0, 2^40)", "zeros(0, 3, 2^40)"]

  /// What to give a parameter of each kind.
  private static func candidates(_ kind: Parameter.Kind) -> [String] {
    switch kind {
    case .tensor, .any, .sequence: ["e"]
    case .list: ["[e, e]", "[1]"]
    case .string, .path: ["\"e\""]
    case .number: ["1", "0.5"]
    case .integer: ["1", "0", "-1"]
    case .bool: ["true"]
    case .block: ["{ 1 }"]
    case .record: ["{x: e, y: e}"]
    case .function: ["(x -> x)"]
    case .network: ["(dense(2, 2) |> relu)"]
    case .optimizer: ["adam()"]
    case .schedule: ["cosine(0.1, 10)"]
    case .dataSet: ["dataset(e, e)"]
    case .split: ["{x: e, y: e}"]
    case .axes: ["0", "1", "-1"]
    case .shape: ["[0, 2^40]"]
    case .choice(let choices): choices.map { "\"\($0)\"" }
    case .place, .topic: ["e"]
    }
  }

  /// Calls of a builtin: each candidate of what it needs, and beside those each option alone.
  private static func calls(_ builtin: Builtin) -> [String] {
    let parameters = builtin.declaration.parameters
    let needed = parameters.filter { $0.defaultValue == nil }
    let first = needed.map { candidates($0.kind)[0] }
    var calls: [[String]] = [first]
    for (index, parameter) in needed.enumerated() {
      for candidate in candidates(parameter.kind).dropFirst() {
        var arguments = first
        arguments[index] = candidate
        calls.append(arguments)
      }
    }
    for parameter in parameters where parameter.defaultValue != nil {
      calls += candidates(parameter.kind).map { first + ["\(parameter.name)=\($0)"] }
    }
    return calls.map { "\(builtin.name)(\($0.joined(separator: ", ")))" }
  }

  @Test(arguments: tensors) func everyBuiltinTakesThem(_ tensor: String) throws {
    let folder = try NNSH.temporaryFolder()
    let leaving: Set = ["exit", "error"]
    let statements = Builtin.all.filter { !leaving.contains($0.name) }.flatMap(Self.calls)
    let script = "e = \(tensor)\n" + statements.joined(separator: "\n") + "\nprint(\"the end\")\n"
    try Data(script.utf8).write(to: URL(fileURLWithPath: folder + "/all.nns"))
    let outcome = try NNSH.run(["-q", "--keep-going", "all.nns"], in: folder)
    let outcome = try NNSH.run(["-q", "--keep-going", "all.nns"], in: folder)
    #expect(outcome.code <= 1, "\(outcome.errors.suffix(500))")
    #expect(outcome.output.hasSuffix("the end\n"))
  }
}
