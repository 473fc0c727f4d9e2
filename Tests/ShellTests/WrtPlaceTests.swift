import Console
import Syntax
import Testing

@testable import Language
@testable import Shell

/// What is wrong with a variable after `wrt` is marked there, whoever takes its gradient.
@Suite struct WrtPlaceTests {
  static let variables = [
    ("zz", "unknown name zz", "did you mean z?"),
    ("m.X", "the record has no field X", "it has W, s"),
    ("m.s", "m.s is the string", ""), ("L", "L is a function", ""),
    ("ps[5]", "index 5 is out of range for a list of length 2", "it takes -2 to 1"),
    ("ps[1]", "ps[1] is the string", ""),
    ("W[0]", "not a part of a tensor", "take the whole: of what grad gives, [0] is that part"),
  ]

  static let statements = [
    "grad L() wrt ", "numgrad L() wrt ", "grad L() wrt W, ", "derive L() wrt ",
    "derive L() wrt W, ", "check [1, 2] against L() wrt ", "minimize L() steps=1 wrt ",
  ]

  @Test(arguments: statements, variables)
  func isMarked(_ statement: String, _ variable: (name: String, message: String, advice: String)) {
    let nowhere = OutputStream(-1, capacity: 1 << 30) { _ in }
    var line = CommandLine()
    line.keepsHistory = false
    let session = Session(line, terminal: Terminal(), output: nowhere, errors: nowhere)
    let setup = "W = [1, 2]; z = 1; m = {W: W, s: \"a\"}; ps = [W, \"b\"]\nfn L() = sum(W * 2)"
    do throws(Diagnostic) {
      try session.machine.run(try session.machine.compile(SourceText(setup, name: "setup")))
      let code = SourceText(statement + variable.name, name: "code")
      try session.machine.run(try session.machine.compile(code))
      Issue.record("it runs")
    } catch {
      #expect(error.message.contains(variable.message))
      #expect(error.source.text(in: error.span) == variable.name)
      #expect(error.suggestions == (variable.advice.isEmpty ? [] : [variable.advice]))
    }
  }
}
