import BinaryUnderTest
import Foundation
import Testing

/// The scripts of `examples/` and `examples/course/`, each with what it prints in `NAME.expected`.
///
/// They run at the size that the word `small` asks for. They train networks, whose numbers differ a
/// little between processors: numbers with a fraction are compared to a tenth, all else letter by
/// letter.
@Suite struct ExampleTests {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../examples").standardized

  static let names: [String] = {
    ["", "course/"].flatMap { place in
      let files =
        (try? FileManager.default.contentsOfDirectory(atPath: folder.path + "/" + place)) ?? []
      return files.filter { $0.hasSuffix(".expected") }.map { place + $0.dropLast(9) }.sorted()
    }
  }()

  @Test func thereAreExamples() {
    #expect(Self.names.count >= 26)
  }

  @Test(arguments: names)
  func printsWhatIsExpected(_ name: String) throws {
    let script = Self.folder.appendingPathComponent("\(name).nns")
    let outcome = try NNSH.run(
      ["-q", script.lastPathComponent, "small"], in: script.deletingLastPathComponent().path)
    #expect(outcome.code == 0, "\(outcome.errors)")
    let expected = try String(
      contentsOf: Self.folder.appendingPathComponent("\(name).expected"), encoding: .utf8)
    let pair = (Self.lines(outcome.output), Self.lines(expected))
    #expect(pair.0.count == pair.1.count)
    for (got, wanted) in zip(pair.0, pair.1) {
      #expect(Self.agree(got, wanted), "\(got)\nexpected: \(wanted)")
    }
  }

  @Test func numbersAgreeToATenth() {
    #expect(Self.agree("off by 10.2 m", "off by 10.9 m"))
    #expect(!Self.agree("off by 10.2 m", "off by 20.2 m"))
    #expect(!Self.agree("right 3", "right 4"))
    #expect(Self.agree("error 1e-10", "error 3.5e-9"))
  }

  private static func lines(_ text: String) -> [Substring] {
    text.split(separator: "\n", omittingEmptySubsequences: false)
  }

  private static func agree(_ got: some StringProtocol, _ wanted: some StringProtocol) -> Bool {
    let pair = (got.split(separator: " "), wanted.split(separator: " "))
    return pair.0.count == pair.1.count
      && zip(pair.0, pair.1).allSatisfy { got, wanted in
        if RoundingNoise.agree(got, wanted) { return true }
        guard wanted.contains(".") || wanted.contains("e-"), let a = Double(got),
          let b = Double(wanted)
        else { return false }
        return abs(a - b) <= max(0.1 * abs(b), 1e-6)
      }
  }
}
