import Foundation
import Syntax
import Testing

@testable import Shell

/// The grammars of editors.
@Suite struct GrammarTests {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().appendingPathComponent("../..").standardized

  /// The files that are kept beside what generates them.
  @Test(arguments: [
    ("editors/vscode/syntaxes/nnsh.tmLanguage.json", GeneratedText.textmate),
    ("editors/pygments/nnsh_pygments.py", .pygments), ("editors/vim/syntax/nnsh.vim", .vim),
  ])
  func theFilesAreCurrent(_ path: String, _ what: GeneratedText) throws {
    let file = try String(contentsOf: Self.root.appendingPathComponent(path), encoding: .utf8)
    #expect(file == what.text, "\(path) is old: make editors writes it anew")
  }

  @Test func allWordsAreThere() {
    let words =
      GrammarWords.keywords + GrammarWords.constants + GrammarWords.commands
      + GrammarWords.layers + GrammarWords.functions
    for word in words {
      for text in [
        GeneratedText.textmate.text, GeneratedText.pygments.text, GeneratedText.vim.text,
      ] {
        #expect(text.contains(word), "\(word)")
      }
    }
    #expect(GrammarWords.keywords.contains("fn") && !GrammarWords.keywords.contains("true"))
    #expect(GrammarWords.commands.contains("train") && GrammarWords.layers.contains("dense"))
    #expect(Set(GrammarWords.commandWords).isSuperset(of: ["on", "to", "as", "against"]))
  }

  // MARK: TextMate

  /// All values of some keys, at any depth.
  private static func strings(_ value: Any, _ keys: Set<String>) -> [String] {
    if let list = value as? [Any] { return list.flatMap { strings($0, keys) } }
    guard let object = value as? [String: Any] else { return [] }
    return object.flatMap { key, value in
      ((keys.contains(key) ? value as? String : nil).map { [$0] } ?? []) + strings(value, keys)
    }
  }

  @Test func theGrammarIsWhole() throws {
    let data = Data(GeneratedText.textmate.text.utf8)
    let grammar = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect(grammar["scopeName"] as? String == "source.nnsh")
    let repository = try #require(grammar["repository"] as? [String: Any])
    for name in Self.strings(grammar, ["include"]) where name != "$self" {
      #expect(repository[String(name.dropFirst())] != nil, "\(name)")
    }
    for pattern in Self.strings(grammar, ["match", "begin", "end"]) {
      #expect(throws: Never.self, "\(pattern)") { try NSRegularExpression(pattern: pattern) }
    }
  }

  @Test(arguments: [
    ("train net on letters", "train"), ("x = 1; plot x", "plot"), ("  who", "who"),
    ("if c { show x }", "show"), ("load /tmp/x", "load"), ("plot -x", "plot"),
    ("quit # end", "quit"),
    ("train = 3", nil), ("step + 1", nil), ("test.x", nil), ("time[0]", nil), ("seed(5)", nil),
    ("trained on", nil), ("a train b", nil), ("show", "show"), ("plot [1, 2]", "plot"),
  ])
  func aWordIsACommandWhereAStatementBegins(_ line: String, _ command: String?) throws {
    let pattern =
      #"(?:^|(?<=[;{]))\s*("# + GrammarWords.commands.joined(separator: "|") + #")\b"#
      + GrammarWords.afterCommand
    let match = try NSRegularExpression(pattern: pattern)
      .firstMatch(in: line, range: NSRange(line.startIndex..., in: line))
    let found = match.flatMap { Range($0.range(at: 1), in: line) }.map { String(line[$0]) }
    #expect(found == command)
  }

  /// The lexer says what is right.
  @Test func namesAndNumbersAreThoseOfTheLexer() throws {
    let text = "W_h ∂x größe x₁ α2 1_000 0.5 .5 1e-3 2.5E6 a1"
    for token in Lexer.highlight(text) {
      let bytes = Array(text.utf8)[token.span.start..<token.span.end]
      let word = String(decoding: bytes, as: UTF8.self)
      let pattern = token.kind == .number ? GrammarWords.number : GrammarWords.name
      let whole = try NSRegularExpression(pattern: "^(?:" + pattern + ")$")
      let range = NSRange(word.startIndex..., in: word)
      #expect(whole.firstMatch(in: word, range: range) != nil, "\(word)")
    }
  }
}
