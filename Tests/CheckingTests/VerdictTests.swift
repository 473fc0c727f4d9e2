import Checking
import Foundation
import Language
import Testing

/// Part of the cases that `make verdicts` runs: gradients of generated networks, right and with one
/// mistake each (`Verdicts/cases.py` writes the file).
@Suite struct VerdictTests {
  private struct Case {
    /// The names that fit; `none` alone where the gradient is right.
    let names: [String]
    let label: String
    let code: String
    var isRight: Bool { names == ["none"] }
  }

  private static func cases() throws -> [Case] {
    let file = Corpus.folder.deletingLastPathComponent()
      .appendingPathComponent("Verdicts/cases.nns")
    let text = try String(contentsOf: file, encoding: .utf8)
    return text.components(separatedBy: "#### ").dropFirst().map { part in
      let lines = part.split(separator: "\n", maxSplits: 1)
      let head = lines[0].components(separatedBy: " | ")
      return Case(
        names: head[0].split(separator: " ").map(String.init), label: head[1],
        code: String(lines[1]))
    }
  }

  @Test func noVerdictIsWrongAndTheMistakesAreNamed() throws {
    let cases = try Self.cases()
    #expect(cases.count(where: \.isRight) >= 30)
    let wrong = cases.filter { !$0.isRight }
    #expect(wrong.count >= 80)
    var misnamed: [String] = []
    for item in cases {
      let report = try #require(
        try CheckHost.reports(item.code, name: item.label).last, "\(item.label)")
      let said = "\(item.label)\n\(report.lines.joined(separator: "\n"))"
      #expect(report.verdict == (item.isRight ? .right : .wrong), "\(said)")
      if !item.names.contains(report.fault.rawValue) { misnamed.append(said) }
    }
    #expect(
      Double(misnamed.count) <= 0.03 * Double(wrong.count),
      "\(misnamed.joined(separator: "\n\n"))")
  }
}
