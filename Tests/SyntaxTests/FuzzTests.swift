import Syntax
import Testing

/// Nothing that can be typed may trap or hang; what comes out does not matter here.
@Suite struct FuzzTests {
  private static let pieces: [String] =
    Token.Kind.allCases.map(\.spelling)
    + [
      "a", "b", "f", "x", "1", "2.5", "1e3", "\"s\"", "\"", "\"{a}\"", "{", "}", "\n", "\n", ";",
      " ",
      "#", "train", "load", "plot", "check", "on", "to", "as", "epochs=", "~/a", "**", "&&", "!",
      "..", "'", "def", "lambda", "elif", "\\", "\u{0}", "é", "日", "😀", "\u{301}", "\t", "\r", "x?",
      "?", ":", "::", "=", "$", "W₁", "|>", "\\u{", "{{", "}}", ".4f",
    ]

  private func exercise(_ text: String) {
    if let error = syntaxError(text) {
      #expect(!error.message.isEmpty)
      #expect(error.span.start <= error.span.end && error.span.start >= 0)
      #expect(error.span.end <= text.utf8.count + 1, "\(error.message)")
      #expect(!error.rendered().isEmpty)
    }
    _ = Parser.completeness(of: text, commands: testCommands)
    let covered = Lexer.highlight(text)
    #expect(zip(covered, covered.dropFirst()).allSatisfy { $0.span.end <= $1.span.start })
  }

  @Test func tokenSoup() {
    var random = SplitMix(state: 1)
    for _ in 0..<10_000 {
      var text = ""
      for _ in 0..<(1 + random.below(14)) {
        text += Self.pieces.random(&random)
        if random.below(3) > 0 { text += " " }
      }
      exercise(text)
    }
  }

  @Test func mutatedScripts() {
    var random = SplitMix(state: 2)
    let scripts = (StatementTests.statements + CommandTests.table + StatementTests.strings).map(\.0)
    for _ in 0..<10_000 {
      var bytes = Array((scripts.random(&random) + "\n" + scripts.random(&random)).utf8)
      for _ in 0..<(1 + random.below(3)) where !bytes.isEmpty {
        let place = random.below(bytes.count)
        switch random.below(3) {
        case 0: bytes.remove(at: place)
        case 1: bytes[place] = UInt8(truncatingIfNeeded: random.next())
        default: bytes.insert(contentsOf: Array(Self.pieces.random(&random).utf8), at: place)
        }
      }
      let source = SourceText(bytes: bytes, name: "f")
      do throws(Diagnostic) {
        _ = try Parser.parse(source, commands: testCommands)
      } catch {
        #expect(!error.rendered().isEmpty)
      }
      exercise(String(decoding: bytes, as: UTF8.self))
    }
  }
}
