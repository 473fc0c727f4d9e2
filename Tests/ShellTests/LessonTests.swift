import BinaryUnderTest
import Foundation
import Syntax
import Testing

@testable import Shell

@Suite struct LessonTests {
  private static func parts(_ script: String) throws -> [ScriptPart] {
    try ScriptPart.parts(of: SourceText(script, name: "script"))
  }

  @Test func commentsAreProse() throws {
    let parts = try Self.parts(
      "#!/usr/bin/env nnsh\n# One\n# two.\n#\n# Three.\n# ------\nx = 1  # one\n\n# Last.\n")
    #expect(
      parts == [
        ScriptPart(kind: .prose, text: "/usr/bin/env nnsh One two.", line: 1),
        ScriptPart(kind: .prose, text: "Three.", line: 5),
        ScriptPart(kind: .code, text: "x = 1  # one", line: 7),
        ScriptPart(kind: .prose, text: "Last.", line: 9),
      ])
  }

  @Test func statementsArePartedByLines() throws {
    let code = try Self.parts("a = 1; b = 2\nfn f(x) {\n  # inside\n  return x\n}\n[1,\n 2]").map(
      \.text)
    #expect(code == ["a = 1; b = 2", "fn f(x) {\n  # inside\n  return x\n}", "[1,\n 2]"])
    #expect(throws: Diagnostic.self) { try Self.parts("x = = 1") }
    #expect(try Self.parts("").isEmpty)
  }

  @Test func lessonsHaveTitlesAndSummaries() {
    #expect(Lesson.all.count >= 2)
    for lesson in Lesson.all {
      #expect(!lesson.title.isEmpty && !lesson.summary.isEmpty)
      #expect(!lesson.source.bytes.starts(with: "##".utf8))
    }
  }

  @Test(arguments: 1...Lesson.all.count)
  func lessonsRun(_ number: Int) throws {
    let outcome = try NNSH.run(["-c", "lesson \(number)"])
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(!outcome.errors.contains("error"))
    let lines = outcome.output.split(separator: "\n")
    // Claims that the prose makes are statements that give true.
    #expect(lines.contains("true") && !lines.contains("false"))
    for part in try ScriptPart.parts(of: Lesson.all[number - 1].source) where part.kind == .code {
      #expect(outcome.output.contains("nnsh> " + part.text))
    }
  }

  @Test func theSecondLessonFindsTheMistake() throws {
    let output = try NNSH.run(["-c", "lesson 2"]).output
    #expect(output.contains("wrong: printed_dL_db_h"))
    #expect(output.contains("right: dL_db_h"))
  }

  @Test func aLessonKeepsWhatIsThere() throws {
    let code = "x = 5\nseed(9)\na = rand(3)\nseed(9)\nlesson 2\nx\nall(rand(3) == a)\nexists = h"
    let outcome = try NNSH.run(["-c", code])
    #expect(outcome.code == 0)
    #expect(outcome.output.hasSuffix("\n5\ntrue\n"))
  }

  @Test func lessonsAreListed() throws {
    #expect(try NNSH.run(["-c", "lesson"]).output.hasPrefix("lesson 1  A first network"))
    #expect(try NNSH.run(["-c", "lesson 7"]).errors.contains("there is no lesson 7"))
    #expect(try NNSH.run(["-c", "lesson 1.5"]).code == 1)
  }

  // MARK: demonstrations

  @Test func aDemonstrationWithoutATerminalRunsUpToAnError() throws {
    let folder = try NNSH.temporaryFolder()
    let path = folder + "/demo.nns"
    try Data("# Sum.\n1 + 1\n\nnowhere\nlen(args)\n".utf8).write(to: URL(fileURLWithPath: path))
    let outcome = try NNSH.run(["--demo", path, "one"])
    #expect(outcome.output == "Sum.\n\nnnsh> 1 + 1\n2\nnnsh> nowhere\n")
    #expect(outcome.errors.contains("demo.nns:4:1"))
    #expect(outcome.code == 1)
    let whole = try NNSH.run(["--keep-going", "--demo", path, "one"])
    #expect(whole.output.hasSuffix("nnsh> nowhere\nnnsh> len(args)\n1\n"))
  }

  @Test func aDemonstrationThatCannotBeReadRunsNothing() throws {
    let folder = try NNSH.temporaryFolder()
    #expect(try NNSH.run(["--demo", folder + "/none.nns"]).code == 2)
    let path = folder + "/demo.nns"
    try Data("1\nx = = 1\n".utf8).write(to: URL(fileURLWithPath: path))
    let outcome = try NNSH.run(["--demo", path])
    #expect(outcome.code == 2 && outcome.output.isEmpty)
  }
}
