import Checking
import Foundation
import Language
import Shell
import Syntax
import Testing

/// `check all`: the gradients of whole scripts.
@Suite struct CheckScriptTests {
  private func entries(_ name: String) throws -> [ScriptCheck.Entry] {
    let file = Corpus.folder.appendingPathComponent("scripts/\(name)")
    let source = SourceText(try String(contentsOf: file, encoding: .utf8), name: name)
    let host = CheckHost()
    let machine = Machine(host: host) { _ in }
    let program = try machine.compile(source)
    try machine.run(program)
    return try ScriptCheck(program, on: machine).run().entries
  }

  private func verdicts(_ entries: [ScriptCheck.Entry]) -> [String: String] {
    Dictionary(
      entries.map { ("\($0.name) \($0.variable)", $0.report?.fault.rawValue ?? "unchecked") },
      uniquingKeysWith: { first, _ in first })
  }

  @Test func theGradientsOfATrainingLoop() throws {
    let found = try entries("training.nns")
    #expect(
      verdicts(found) == [
        "dW_o W_o": "none", "db_o b_o": "factor", "dW_h W_h": "stale", "db_h b_h": "mask",
      ])
    let late = try #require(found.first { $0.name == "dW_h" }?.report)
    #expect(late.detail.contains("W_o is updated on line 19"))
    let both = try #require(found.first { $0.name == "db_h" }?.report)
    #expect(both.detail.contains("W_o is updated"))
    #expect(found.map(\.line) == [17, 18, 21, 22])
  }

  @Test func gradientFunctionsCalledAndUncalled() throws {
    let found = try entries("functions.nns")
    #expect(
      verdicts(found) == [
        "grad_b2 b2": "axis", "grad_W2(y, p, h) W2": "none", "grad_W1(x, y, p, h) W1": "none",
        "grad_b1(x, y, p, h) b1": "mask",
      ])
    let lines = ScriptCheck.lines(found, unmatched: ["dL_dz"], loss: "cost()", script: "f.nns")
    #expect(lines[0] == "f.nns: 2 right, 2 wrong; the loss is cost()")
    #expect(lines.last == "dL_dz looks like a gradient, and no parameter of its name was found")
  }

  @Test func aScriptWithoutALossIsAnError() throws {
    let machine = Machine(host: CheckHost.silent) { _ in }
    let program = try machine.compile(SourceText("W = randn(2, 2)\ndW = W", name: "a.nns"))
    try machine.run(program)
    let check = ScriptCheck(program, on: machine)
    #expect(throws: RuntimeError.self) { _ = try check.run() }
  }
}

/// `explain nan`: where a NaN or an infinity was born.
@Suite struct NonFiniteTests {
  private func explanation(_ code: String) throws -> [String] {
    let host = CheckHost()
    let machine = Machine(host: host) { _ in }
    let program = try machine.compile(SourceText(code, name: "test.nns"))
    machine.run(program) { _ in true }
    return try NonFiniteExplanation.of(machine) { Machine(host: host) { _ in } }.lines
  }

  @Test func theOperationIsFoundBehindLaterStatements() throws {
    let lines = try explanation(
      "x = [[1, 2], [3, 0]]\nq = log(x)\nloss = sum(q)\nother = 3")
    #expect(lines[0] == "the first infinity was born in log, 2×2, at [1, 1]")
    #expect(lines.contains("  test.nns:2:5"))
    #expect(lines.contains("  example row 1"))
    #expect(lines.contains("  operand 1: 2×2 from 0 to 3, there 0"))
  }

  @Test func anInnerOperationOfAFunctionIsFound() throws {
    let lines = try explanation(
      "fn soft(z) {\n  e = exp(z)\n  return e / sum(e)\n}\nz = [1, 2000]\np = soft(z)")
    #expect(lines[0].hasPrefix("the first infinity was born in exp, 2"))
    #expect(lines.contains("  test.nns:2:7"))
  }

  @Test func aLoopIsReplayedFromItsBeginning() throws {
    let lines = try explanation(
      """
      w = [1.0, 2.0]
      for step in 1...400 {
        g = 3 * w
        a = argmax(w)
        w -= 2 * g
      }
      """)
    #expect(lines[0].contains("infinity was born in"))
    #expect(lines.contains { $0.hasPrefix("  in the turn step = ") })
    #expect(lines.contains { $0.contains("began to grow at step 1: ") })
  }

  @Test func numbersAloneAreFoundToo() throws {
    let lines = try explanation("a = 0\nb = a / 0")
    #expect(lines[0].hasPrefix("the first NaN was born in divide"))
  }

  @Test func whereAllIsFiniteItSaysSo() {
    #expect(throws: RuntimeError.self) { _ = try explanation("a = 1") }
  }

  @Test func theVariablesAreAfterwardsWhatTheyWere() throws {
    let host = CheckHost()
    let machine = Machine(host: host) { _ in }
    try machine.run(
      try machine.compile(SourceText("x = [0, 1]\nn = 2\ny = log(x) * n", name: "test.nns")))
    let before = machine.globals.userDefined.map { $0.value.display() }
    _ = try NonFiniteExplanation.of(machine) { Machine(host: host) { _ in } }
    #expect(machine.globals.userDefined.map { $0.value.display() } == before)
    #expect(!machine.globals.userDefined.contains { $0.value.isTraced })
  }
}
