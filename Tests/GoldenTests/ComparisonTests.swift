import BinaryUnderTest
import Foundation
import Testing

/// Random expressions, gradients and trained networks beside what NumPy and PyTorch give for them.
/// `Tests/Comparison/run fixtures` writes the scripts and the values.
@Suite struct ComparisonTests {
  @Test(arguments: ["expressions", "gradients", "networks", "layers"])
  func agrees(_ name: String) throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Comparison")
    let outcome = try NNSH.run(["-q", "\(name).nns"], in: folder.path)
    #expect(outcome.code == 0, "\(outcome.errors)")
    // The last line: `174 of 174 agree`.
    let words = outcome.output.split(whereSeparator: \.isWhitespace).suffix(4).map(String.init)
    #expect(words.count == 4 && words[0] == words[2], "\(outcome.output)")
  }
}
