import Syntax
import Testing

@testable import Runtime

/// Every example of every declaration prints what it says.
@Suite struct BuiltinExampleTests {
  @Test(arguments: BuiltinRegistryTests.declarations) func prints(_ name: String) throws {
    let declaration = try #require(BuiltinRegistryTests.declaration(name))
    for example in declaration.examples {
      let output = try ExampleHost().output(of: example.code)
      if let expected = example.output {
        #expect(output == expected, "\(example.code)")
      }
    }
  }

  @Test func numbersAreTensorsOfNoAxes() throws {
    #expect(try ExampleHost().output(of: "x = 3; x.shape\nx.ndim\nx.T") == "[]\n0\n3")
  }
}

/// A session without commands that collects what it prints.
final class ExampleHost: CommandHost {
  private var text = ""

  let commandSyntax: [String: CommandSyntax] = [:]

  func execute(_ command: RunningCommand, on machine: Machine) throws -> Value? { nil }

  func echo(_ value: Value) {
    if case .none = value { return }
    text += value.display() + "\n"
  }

  /// What the code prints, without the last newline; an error as its message.
  func output(of code: String) throws -> String {
    let machine = Machine(host: self) { self.text += $0 }
    do {
      try machine.run(machine.compile(SourceText(code, name: "-c")))
    } catch {
      text += "error: \(error.message)\n"
    }
    return text.hasSuffix("\n") ? String(text.dropLast()) : text
  }
}
