import BinaryUnderTest
import Foundation
import Testing

/// Scripts beside what they print.
///
/// `Scripts/NAME.nns` runs in its folder by `nnsh -q NAME.nns FOLDER`, where FOLDER (`args[0]`) is
/// an empty one of its own, written `<folder>` in what is compared: standard output with
/// `NAME.expected`, standard error with `NAME.errors` (empty where there is none), the exit code
/// with `NAME.exit` (0 where there is none).
///
/// To record new scripts, or to record all anew after a change of wording:
/// `NNSH_RECORD=1 swift test --filter GoldenTests`, then read the difference before committing.
@Suite struct GoldenTests {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Scripts")

  static let names: [String] = {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return files.filter { $0.hasSuffix(".nns") }.map { String($0.dropLast(4)) }.sorted()
  }()

  @Test func thereAreScripts() {
    #expect(Self.names.count >= 40)
  }

  @Test(arguments: names)
  func printsWhatIsExpected(_ name: String) throws {
    let own = try NNSH.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: own) }
    let outcome = try NNSH.run(["-q", "\(name).nns", own], in: Self.folder.path)
    let output = outcome.output.replacingOccurrences(of: own, with: "<folder>")
    let errors = outcome.errors.replacingOccurrences(of: own, with: "<folder>")
    if ProcessInfo.processInfo.environment["NNSH_RECORD"] != nil {
      try Self.record(name, "expected", output)
      try Self.record(name, "errors", errors.isEmpty ? nil : errors)
      try Self.record(name, "exit", outcome.code == 0 ? nil : "\(outcome.code)\n")
      return
    }
    let wanted = try Self.text(name, "expected")
    #expect(RoundingNoise.agree(lines: output, wanted), "\(output)\nexpected:\n\(wanted)")
    #expect(errors == (try Self.text(name, "errors")))
    let code = try Self.text(name, "exit").trimmingCharacters(in: .whitespacesAndNewlines)
    #expect(outcome.code == (code.isEmpty ? 0 : Int32(code)))
  }

  private static func file(_ name: String, _ ending: String) -> URL {
    folder.appendingPathComponent("\(name).\(ending)")
  }

  private static func text(_ name: String, _ ending: String) throws -> String {
    let file = file(name, ending)
    guard FileManager.default.fileExists(atPath: file.path) else { return "" }
    return try String(contentsOf: file, encoding: .utf8)
  }

  private static func record(_ name: String, _ ending: String, _ text: String?) throws {
    let file = file(name, ending)
    if let text {
      try Data(text.utf8).write(to: file)
    } else if FileManager.default.fileExists(atPath: file.path) {
      try FileManager.default.removeItem(at: file)
    }
  }
}
