import BinaryUnderTest
import Foundation
import Testing

/// What the README shows at the prompt is so.
@Suite struct ReadmeTests {
  struct Block: Sendable, CustomTestStringConvertible {
    let code: [String]
    let output: String
    var testDescription: String { code.first ?? "" }
  }

  /// The fenced blocks that show a prompt.
  static let blocks: [Block] = {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../README.md").standardized
    let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    let parts = text.components(separatedBy: "\n```")
    return parts.enumerated().filter { $0.offset % 2 == 1 }.compactMap { _, part in
      let lines = part.split(separator: "\n").map(String.init)
      let code = lines.filter { $0.hasPrefix("nnsh> ") }.map { String($0.dropFirst(6)) }
      guard !code.isEmpty else { return nil }
      return Block(
        code: code,
        output: lines.filter { !$0.hasPrefix("nnsh> ") }.joined(separator: "\n"))
    }
  }()

  /// Prints more, or other numbers on other processors, than the README has room for.
  private static func isAbridged(_ block: Block) -> Bool {
    block.code.contains { line in
      line.hasPrefix("train") || line.hasPrefix("derive") || line == "x @ x"
    }
  }

  @Test func allOfItRuns() throws {
    #expect(Self.blocks.count >= 6)
    // Only the block on mistakes makes one.
    let code = Self.blocks.flatMap(\.code).filter { $0 != "x @ x" }.joined(separator: "\n")
    let folder = try NNSH.temporaryFolder()
    let outcome = try NNSH.run([], input: code, in: folder)
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("\n\"factor\"\n"))
    #expect(FileManager.default.fileExists(atPath: folder + "/net.safetensors"))
  }

  @Test func shortAnswersAreExact() throws {
    let exact = Self.blocks.filter { !Self.isAbridged($0) }
    #expect(exact.count >= 2)
    for block in exact {
      let outcome = try NNSH.run([], input: block.code.joined(separator: "\n"))
      // What `load` tells goes to standard error.
      let told = outcome.errors.split(separator: "\n").map(String.init)
      let results = block.output.split(separator: "\n", omittingEmptySubsequences: false)
        .filter { !told.contains(String($0)) }
      #expect(outcome.output.trimmingCharacters(in: .newlines) == results.joined(separator: "\n"))
    }
  }

  @Test func theMistakeIsAsShown() throws {
    let block = try #require(Self.blocks.first { $0.code == ["x @ x"] })
    let outcome = try NNSH.run(
      ["-i", "-q"], input: "x = [[1, 2, 3], [4, 5, 6]]\nx @ x\n")
    #expect(outcome.errors.trimmingCharacters(in: .newlines) == block.output)
  }
}
