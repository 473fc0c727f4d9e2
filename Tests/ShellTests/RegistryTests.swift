import BinaryUnderTest
import Foundation
import Language
import Testing

@testable import Shell

@Suite struct RegistryTests {
  @Test func noTwoCommandsShareAName() {
    #expect(Command.duplicates.isEmpty)
  }

  @Test func everyCommandSaysWhatItDoes() {
    for command in Command.all {
      #expect(!command.declaration.summary.isEmpty)
      #expect(!command.declaration.summary.hasSuffix("."))
      for argument in command.arguments { #expect(!argument.parameter.summary.isEmpty) }
    }
  }

  @Test func whatIsSeenAlsoIsThere() {
    for declaration in HelpIndex.declarations {
      for name in declaration.seeAlso {
        #expect(HelpIndex.entry(name) != nil, "\(declaration.name) names \(name)")
      }
    }
    for topic in Topic.all {
      for name in topic.seeAlso { #expect(HelpIndex.entry(name) != nil, "\(topic.name): \(name)") }
    }
  }

  @Test func theSyntaxDerivesFromTheArguments() throws {
    let train = try #require(Command.named("train"))
    #expect(train.syntax.slots.map(\.name) == ["net", "data", "block"])
    #expect(train.syntax.slots.map(\.keyword) == [nil, "on", "each"])
    #expect(train.syntax.slots.map(\.isOptional) == [false, true, true])
    #expect(train.syntax.options.map(\.name).contains("momentum"))
    #expect(train.usage.hasPrefix("train NET [on DATA] [each { … }] [epochs=10 until= batch="))
  }

  @Test func wordsAreFoundInNamesFirst() {
    let found = HelpIndex.matches("momentum").map(\.name)
    #expect(found.contains("sgd") && found.contains("train"))
    #expect(HelpIndex.matches("train").first?.name == "train")
    #expect(HelpIndex.matches("no such word at all").isEmpty)
  }

  /// `make manual` writes it anew.
  @Test func theManualIsCurrent() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../docs/reference.md").standardized
    let written = try String(contentsOf: file, encoding: .utf8)
    #expect(written == ReferenceManual.text, "run make manual")
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let example: Declaration.Example
    var testDescription: String { "\(name): \(example.code)" }
  }

  /// Those of the builtins run beside them, in the machine's tests. The letters are made by a script;
  /// a checkout without them can still run the rest.
  static let runnable = examples.filter { hasLetters || !$0.example.code.contains("load letters") }

  static let examples: [Case] =
    Command.all.flatMap { command in
      command.declaration.examples.map { Case(name: command.declaration.name, example: $0) }
    } + Topic.all.flatMap { topic in topic.examples.map { Case(name: topic.name, example: $0) } }

  @Test(arguments: runnable) func examplesPrintWhatTheySay(_ item: Case) throws {
    let outcome = try NNSH.run(code: item.example.code)
    #expect(outcome.code == 0, "\(outcome.errors)")
    if let expected = item.example.output {
      #expect(outcome.output.trimmingCharacters(in: .newlines) == expected)
    }
  }

  private static let hasLetters = (try? NNSH.run(code: "load letters").code) == 0
}
