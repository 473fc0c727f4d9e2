import BinaryUnderTest
import Foundation
import Testing

/// A share of `make fuzz`: every fuzzer takes the inputs that once broke something, and some more,
/// the same in every run. `NNSH_FUZZ_INPUTS=10000` takes more.
@Suite(.serialized) struct FuzzTests {
  private static let inputs = ProcessInfo.processInfo.environment["NNSH_FUZZ_INPUTS"] ?? "200"

  private static func fuzz(_ arguments: [String]) throws -> NNSH.Outcome {
    try NNSH.run(arguments, program: NNSH.fuzzer)
  }

  /// As `nnsh-fuzz` names them, one a line, a tab before what it does.
  private static let names: [String] = {
    let list = (try? fuzz(["--list"]))?.output ?? ""
    return list.split(separator: "\n").compactMap {
      $0.split(separator: "\t").first.map(String.init)
    }
  }()

  @Test func thereAreFuzzers() { #expect(Self.names.count > 5) }

  @Test(arguments: names) func nothingBreaks(_ name: String) throws {
    let folder = try NNSH.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let outcome = try Self.fuzz([
      "--only", name, "--inputs", Self.inputs, "--seed", "1", "--folder", folder,
    ])
    #expect(outcome.code == 0, "\(outcome.output)\(outcome.errors)")
  }
}
