import Testing

@testable import Syntax

/// Reading that goes on after errors.
@Suite struct RecoveryTests {
  /// The lines on which errors are found.
  private func lines(_ text: String) throws -> [Int] {
    let source = SourceText(text, name: "test")
    return try Parser.readThrough(source, commands: testCommands).errors.map {
      source.position(of: $0.span.start).line
    }
  }

  @Test(arguments: [
    ("x = 1\ny = 2", []),
    ("x = \ny = 2", [1]),
    ("x = * 2\ny = 3 4\nz = 5", [1, 2]),
    ("x = (1 +\ny = 2\nz = = 3", [1, 3]),
    ("x = f(1, 2\ny = 2\nz = = 3", [1, 3]),
    ("x = [1, 2\n 3, 4]\nz = = 3", [1, 3]),
    ("x = [1 2,\n 3, 4]\nz = = 3", [1, 3]),
    ("r = {a: 1 b: 2}\nz = = 3", [1, 3].map { $0 == 3 ? 2 : $0 }),
    ("r = {\n a: 1 1,\n b: 2\n}\nz = = 3", [2, 5]),
    ("fn f(a, b {\n return a\n}\nz = = 3", [1, 4]),
    ("fn f(a) {\n x = = 1\n y = 2 3\n return a\n}\nz = = 3", [2, 3, 6]),
    ("if x = 1 {\n y = 2 3\n} else {\n z = = 4\n}\nw = = 5", [1, 2, 4, 6]),
    ("for i in 0..<3 {\n if i = 2 { break }\n}\nw = = 5", [2, 4]),
    ("while x = 1 {\n break\n continue\n}\nw = = 5", [1, 5]),
    ("for (i in 3) {\n if i == 2 { break }\n}\n", [1]),
    ("if true { x = = 1 }\nw = = 5", [1, 2]),
    ("if true { x = = 1 } else { y = 2 }\nw = = 5", [1, 2]),
    ("s = \"abc\nx = 1 2\n", [1, 2]),
    (")\nx = 1\n}\ny = = 2", [1, 3, 4]),
    ("fn f(x) {\n y = 1\n", [1]),
    ("fn f(x) {\n y = = 1\n", [1, 2]),
    ("", []), ("\n\n", []), ("\r\nx = = 1\r\ny = = 2\r\n", [2, 3]),
  ])
  func everyErrorIsFoundOnce(_ text: String, _ expected: [Int]) throws {
    #expect(try lines(text).sorted() == expected)
  }

  @Test func whatCanBeReadIsKept() throws {
    let reading = try Parser.readThrough(
      SourceText("a = 1\nb = = 2\nc = 3\nif d = 4 {\n e = 5\n}\nf = 6", name: ""),
      commands: [:])
    #expect(reading.statements.count == 3 && reading.errors.count == 2)
    #expect(reading.lost.count == 1)
  }

  /// Texts cut and joined anywhere are read to their end.
  @Test func anyTextIsReadThrough() throws {
    let text = "fn f(a) { if a == 1 { return [1, 2] } else { x = {b: \"c{a}\"} } }\ny = f(3) |> g\n"
    let characters = Array(text)
    for cut in characters.indices {
      for other in stride(from: 0, to: characters.count, by: 7) {
        let pieces = String(characters[..<cut]) + String(characters[other...])
        _ = try lines(pieces)
      }
    }
  }
}
