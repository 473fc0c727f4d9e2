import BinaryUnderTest
import Foundation
import Language
import Testing

@testable import Console
@testable import Shell

@Suite struct HelpTests {
  @Test func everyNameHasHelp() {
    for name in HelpIndex.allNames { #expect(!HelpIndex.entries(name).isEmpty, "\(name)") }
  }

  @Test(arguments: [
    "fn return if else while for in by break continue and or not true false none grad numgrad wrt",
    "|> + - * / % @ ^ ' == != < <= > >= ..< ... ->",
    "slices pipes strings grad lists records ranges keys errors scripts output",
  ])
  func theLanguageHasHelp(_ words: String) {
    for word in words.split(separator: " ") {
      #expect(HelpIndex.entry(String(word)) != nil, "\(word)")
    }
  }

  @Test func noTwoTopicsShareAName() {
    let names = Topic.all.flatMap { [$0.name] + $0.aliases } + HelpListing.names
    #expect(Set(names).count == names.count)
  }

  @Test func everyTopicHasAnExample() {
    for topic in Topic.all where topic.name != "keys" {
      #expect(topic.examples.contains { $0.output != nil }, "\(topic.name)")
      #expect(!topic.seeAlso.isEmpty)
    }
  }

  @Test func theFirstScreenFits() {
    let lines = HelpScreen.text(Paint(isOn: false))
    #expect(lines.count <= 22)
    for line in lines { #expect(line.count <= 79, "\(line)") }
  }

  @Test func theFirstScreenIsTrue() throws {
    let code = """
      x = [[1, 2], [3, 4]]
      x @ x' + x * x
      fn f(x) = sum(x^2)
      grad f(x) wrt x
      for e in 1...3 { print("epoch {e}") }
      x |> softmax |> sum
      """
    for line in code.split(separator: "\n") {
      #expect(HelpScreen.text(Paint(isOn: false)).contains { $0.contains(line) }, "\(line)")
    }
    #expect(try NNSH.run(["-c", code]).code == 0)
  }

  @Test func entriesAreWrittenInFourWays() throws {
    let first = try NNSH.run(["-c", "help relu"]).output
    #expect(first.hasPrefix("relu(x)"))
    for code in ["?relu", "relu?", "? relu", "help \"relu\""] {
      #expect(try NNSH.run(["-c", code]).output == first)
    }
    let keyword = try NNSH.run(["-c", "help grad"]).output
    for code in ["grad?", "?grad"] { #expect(try NNSH.run(["-c", code]).output == keyword) }
    #expect(try NNSH.run(["-c", "?|>"]).output.hasPrefix("pipes"))
  }

  @Test func aWordWithTwoMeaningsShowsBoth() throws {
    let output = try NNSH.run(["-c", "help print"]).output
    #expect(output.contains("print(values…, sep=\" \", end=\"\\n\")"))
    #expect(output.contains("print [VALUES…]"))
  }

  @Test func unknownWordsSuggest() throws {
    #expect(try NNSH.run(["-c", "help sofmax"]).errors.contains("did you mean softmax"))
    let mentioned = try NNSH.run(["-c", "help patience"]).errors
    #expect(mentioned.contains("it is mentioned in help minimize, plateau, train"))
  }

  @Test func listsHoldAll() throws {
    let commands = try NNSH.run(["-c", "help commands"]).output
    for command in Command.all { #expect(commands.contains("  \(command.declaration.name) ")) }
    let builtins = try NNSH.run(["-c", "help builtins"]).output
    for function in HelpIndex.functions { #expect(builtins.contains(function.name)) }
    #expect(try NNSH.run(["-c", "help losses"]).output.contains("cross_entropy"))
  }
}
