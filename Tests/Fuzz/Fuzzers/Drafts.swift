import Console
import Shell
import Syntax

extension Fuzzer {
  /// What is worked out at every key while a statement is typed: its colours, what Tab offers, the
  /// shape of its result, and whether Enter runs it.
  static let drafts = Fuzzer(
    name: "drafts", summary: "statements half typed, with the cursor anywhere",
    seeds: { Examples.all },
    make: { random, corpus in
      let words = Examples.changed(corpus, &random)
      return Array(words.prefix(random.below(words.count + 1)))
    },
    take: { input in
      let session = CodeRunner.session()
      _ = session.runScript(SourceText(CodeGenerator.preamble, name: "fuzz.nns"))
      let text = String(decoding: input, as: UTF8.self)
      try CodeRunner.watched {
        for cursor in [0, text.utf8.count / 2, text.utf8.count] {
          let styles = session.styles(of: text, cursor: cursor)
          try Finding.unless(
            styles.bytes.count == text.utf8.count, "not every byte has a colour")
          let found = session.completions(of: text, at: cursor)
          try Finding.unless(found.replaced <= cursor, "more is replaced than was typed")
        }
        _ = session.resultShape(of: text)
        _ = session.completeness(of: text)
      }
    })
}
