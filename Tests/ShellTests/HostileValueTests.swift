import BinaryUnderTest
import Foundation
import Language
import Library
import Testing

/// Values that are small and look large, given to every builtin: none may make what is as large as
/// they look, or walk through it.
@Suite struct HostileValueTests {
  private static let values = [
    // Tensors without elements have axes of any length.
    "e = zeros(2^40, 0)", "e = zeros(0, 2^40)", "e = zeros(0, 3, 2^40)",
    // What is shared counts once, however often it occurs.
    "e = [\"x\"]; for i in 1...60 { e = [e, e] }", "e = [1]; for i in 1...60 { e = {a: e, b: e} }",
    // Nested deeper than any stack.
    "e = []; for i in 1...20000 { e = [e] }",
  ]

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

  @Test(arguments: values) func everyBuiltinTakesThem(_ making: String) throws {
    let folder = try NNSH.temporaryFolder()
    let leaving: Set = ["exit", "error"]
    let operators = ["+", "-", "*", "/", "^", "%", "@", "==", "!=", "<", "in", "and", "|>"]
    let statements =
      operators.flatMap { ["e \($0) e", "e \($0) 2", "2 \($0) e"] }
      + ["-e", "not e", "e[0]", "e[e]", "e'", "e.a", "\"{e}\"", "who", "e"]
      + Builtin.all.filter { !leaving.contains($0.name) }.flatMap(Self.calls)
    let script = making + "\n" + statements.joined(separator: "\n") + "\nprint(\"the end\")\n"
    try Data(script.utf8).write(to: URL(fileURLWithPath: folder + "/all.nns"))
    let outcome = try NNSH.run(["-q", "--keep-going", "all.nns"], in: folder)
    #expect(outcome.code <= 1, "\(outcome.errors.suffix(500))")
    #expect(outcome.output.hasSuffix("the end\n"))
  }
}
