import BinaryUnderTest
import Foundation
import Testing

/// Expressions beside what NumPy gives for them: `Oracle/make_oracle.py` writes the script, which
/// compares each value with the archive's to 1e-5 relative.
@Suite struct OracleTests {
  @Test func expressionsAgreeWithNumPy() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Oracle")
    let outcome = try NNSH.run(["-q", "oracle.nns"], in: folder.path)
    #expect(outcome.errors.hasPrefix("o  ") && outcome.errors.split(separator: "\n").count == 1)
    #expect(outcome.code == 0)
    #expect(outcome.output.hasSuffix("expressions agree with NumPy\n"))
  }
}
