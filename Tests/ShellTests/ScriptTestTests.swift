import BinaryUnderTest
import Testing

/// `nnsh --test`: scripts whose comments and assertions are compared.
@Suite struct ScriptTestTests {
  private func test(_ code: String) throws -> NNSH.Outcome {
    try NNSH.run(["-q", "--test", "-"], input: code)
  }

  @Test(arguments: [
    "1 + 1  # → 2", "1 / 3  # → 0.333", "x = [1, 2]  # → [1, 2]", "print(\"a\", 3)  # → a 3",
    "[[1, 2], [3, 4]]  # → [[1, 2], [3, 4]]", "zeros(1, 2)\n# → 1×2 tensor f32\n#   0  0",
    "a, b = 3, 4  # → [3, 4]", "2e-5  # → 0.00002", "\"a\" + \"b\"  # → ab", "1 == 1  # → true",
    "\"a\"  # → \"a\"", "randn(100)  # → 100 tensor f32 …", "1/3;  # → 1/3",
    "zeros(2) + zeros(3)  # → error: do not broadcast", "sqrt(2)  # -> 1.4142",
    "x = 3\nx += 1  # → 4", "assert(1 == 1)", "print(\"# → 3\")", "1  # a remark → 3",
    "load letters  # → letters 28×28 images …", "for i in 0..<3 { print(i) }  # → 0 1 2",
    "{a: 1}.a\n# → 1\n# a remark", "none  # → none",
  ])
  func whatHoldsPasses(_ code: String) throws {
    let outcome = try test(code)
    #expect(outcome.code == 0 && outcome.output.isEmpty, "\(outcome.output)")
  }

  @Test(arguments: [
    ("1 + 1  # → 3", "1: 1 + 1 gives 2, expected 3"),
    ("x = 5\nx * 2\n# → 11", "3: x * 2 gives 10, expected 11"),
    ("1 / 3  # → 0.334", "gives 0.333333, expected 0.334"),
    ("1  # → 1.4", "gives 1, expected 1.4"),
    (
      "assert(1 + 1 == 3)",
      "1: assert(1 + 1 == 3): the assertion does not hold: left is 2, right is 3"
    ),
    ("assert(2 < 1, \"order\")", "1: assert(2 < 1, \"order\"): order: left is 2, right is 1"),
    ("\nnowhere\n1 # → 1", "2: error: unknown name nowhere: the rest did not run"),
    ("1  # → error: x", "expected an error"),
    ("zeros(2) @ zeros(3)  # → error: nothing", "expected nothing"),
    ("x = = 1", "1: error: expected a value"), ("exit(3)", "exit(3)"),
    ("fn f(x) {\n  x  # → 3\n}\nf(3)", "2: this comment follows no statement"),
    ("[1, 2]  # → [1, 2, 3]", "expected [1, 2, 3]"), ("\"ab\"  # → \"ac\"", "expected \"ac\""),
  ])
  func whatDoesNotHoldIsALine(_ code: String, _ words: String) throws {
    let outcome = try test(code)
    #expect(outcome.code == 1)
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.count == 1 && lines[0].hasPrefix("<stdin>:") && lines[0].contains(words))
  }

  @Test func failuresDoNotStopWhatFollows() throws {
    let outcome = try test("assert(1 == 2)\nprint(\"noise\")\n3  # → 4\nassert([1] == [2])")
    #expect(outcome.output.split(separator: "\n").count == 3)
    #expect(!outcome.output.contains("noise"))
  }

  @Test func filesAreApart() throws {
    let folder = try NNSH.temporaryFolder()
    try "x = 1\nx  # → 1\n".write(toFile: folder + "/a.nns", atomically: true, encoding: .utf8)
    try "x  # → 1\n".write(toFile: folder + "/b.nns", atomically: true, encoding: .utf8)
    let outcome = try NNSH.run(["--test", "a.nns", "b.nns"], in: folder)
    #expect(outcome.code == 1 && outcome.output.hasPrefix("b.nns:1: error: unknown name x"))
    #expect(outcome.errors == "1 failure in 2 files, 1 comment compared\n")
    #expect(try NNSH.run(["--test", "a.nns"], in: folder).code == 0)
    #expect(try NNSH.run(["--test", "missing.nns"], in: folder).code == 2)
  }
}
