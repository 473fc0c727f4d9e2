import Foundation
import Testing

@testable import Console
@testable import Language
@testable import Shell
@testable import Syntax

/// What `explain training` names as a training's limit, on trainings of which it is known.
@Suite struct TrainingStoryTests {
  /// A training of the corpus.
  struct Record: Sendable, CustomTestStringConvertible {
    /// `none` for a sound one.
    let cause: String
    let report: String
    let code: String

    var testDescription: String { "\(cause): \(report)" }
  }

  static let (preamble, records): (String, [Record]) = {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Corpus/trainings.nns")
    let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    let parts = text.components(separatedBy: "\n## ")
    let records = parts.dropFirst().map { part in
      let lines = part.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
      let head = lines[0].components(separatedBy: ": ")
      return Record(
        cause: head[0], report: head.dropFirst().joined(separator: ": "),
        code: lines.count > 1 ? String(lines[1]) : "")
    }
    return (parts[0], records)
  }()

  @Test func theCorpusIsLargeEnough() {
    #expect(Self.records.count { $0.cause != "none" } >= 60)
    #expect(Self.records.count { $0.cause == "none" } >= 40)
    #expect(Set(Self.records.map(\.report)).count == Self.records.count)
  }

  /// Each limit that there is has a training.
  @Test(arguments: TrainingLimit.allCases) func everyLimitOccurs(_ limit: TrainingLimit) {
    #expect(Self.records.contains { $0.cause == limit.rawValue })
  }

  @Test(arguments: records) func theLimitIsNamed(_ record: Record) throws {
    let session = Self.session()
    let machine = session.machine
    func run(_ code: String) throws(Diagnostic) {
      try machine.run(try machine.compile(SourceText(code, name: "corpus")))
    }
    try run(Self.preamble)
    let lines = record.code.split(separator: "\n").map(String.init)
    for line in lines {
      // A training that ends with a NaN says so; what comes of it is told afterwards.
      if line.hasPrefix("train ") { try? run(line) } else { try run(line) }
    }
    try run("story = explain training net")
    guard case .record(let box)? = machine.globals["story"] else {
      Issue.record("no story")
      return
    }
    let found = box.content["cause"].map { $0.inline() } ?? ""
    let evidence = box.content["evidence"].map { $0.inline() } ?? ""
    #expect(found == (record.cause == "none" ? "none" : "\"\(record.cause)\""), "\(evidence)")
  }

  private static func session() -> Session {
    let nowhere = OutputStream(-1, capacity: 1 << 30) { _ in }
    var line = CommandLine()
    line.keepsHistory = false
    line.isQuiet = true
    return Session(line, terminal: Terminal(), output: nowhere, errors: nowhere)
  }
}
