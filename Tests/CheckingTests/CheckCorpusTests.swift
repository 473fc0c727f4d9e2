import Checking
import Language
import Testing

/// Gradients written as students write them, right and wrong.
@Suite struct CheckCorpusTests {
  @Test(arguments: Corpus.names("wrong"))
  func aWrongGradientIsFoundAndExplained(name: String) throws {
    let (code, diagnosis) = try Corpus.script("wrong", name)
    let report = try #require(try CheckHost.reports(code, name: name).last)
    #expect(!report.isRight)
    #expect(report.fault.rawValue == diagnosis, "\(report.lines.joined(separator: "\n"))")
    #expect(report.error > 1e-4)
    #expect(!report.detail.isEmpty)
  }

  @Test(arguments: Corpus.names("right"))
  func aRightGradientRaisesNoAlarm(name: String) throws {
    let (code, diagnosis) = try Corpus.script("right", name)
    #expect(diagnosis == "none")
    let report = try #require(try CheckHost.reports(code, name: name).last)
    #expect(report.isRight, "\(report.lines.joined(separator: "\n"))")
    #expect(report.fault == .none)
  }

  @Test(arguments: Corpus.names("undecided"))
  func whatCannotBeMeasuredGetsNoVerdict(name: String) throws {
    let (code, diagnosis) = try Corpus.script("undecided", name)
    let report = try #require(try CheckHost.reports(code, name: name).last)
    #expect(report.verdict == .undecided, "\(report.lines.joined(separator: "\n"))")
    #expect(report.fault.rawValue == diagnosis)
    #expect(report.measured == 0 || report.detail.contains("central differences say"))
    #expect(report.detail.hasPrefix("not measured: "))
  }

  @Test func theCorpusIsLargeEnough() {
    #expect(Corpus.names("wrong").count >= 40)
    #expect(Corpus.names("right").count >= 40)
  }
}
