import Syntax

/// What could stand where Tab was pressed.
package struct Completions: Equatable {
  /// One possibility.
  package struct Candidate: Equatable, Sendable {
    /// What would stand there.
    package let text: String
    /// One line about it; may be empty.
    package let summary: String
    /// What follows it once it is the only one: a space, `(`, `=`, `/` or nothing.
    package let ending: String

    package init(_ text: String, summary: String = "", ending: String = "") {
      self.text = text
      self.summary = summary
      self.ending = ending
    }
  }

  /// Those that begin as what was typed, in alphabetical order.
  package let candidates: [Candidate]
  /// The bytes before the cursor that they would replace.
  package let replaced: Int
  private let typed: String

  /// - Parameters:
  ///   - candidates: all that fit the place; those that begin otherwise are dropped.
  ///   - typed: what stands before the cursor of the word.
  package init(_ candidates: [Candidate], typed: String) {
    var seen: Set<String> = []
    self.candidates =
      candidates
      .filter { $0.text.hasPrefix(typed) && seen.insert($0.text).inserted }
      .sorted { $0.text < $1.text }
    self.typed = typed
    replaced = typed.utf8.count
  }

  /// One word for another, as α for `\alpha`.
  package init(replacing typed: String, by text: String) {
    candidates = [Candidate(text)]
    replaced = typed.utf8.count
    self.typed = typed
  }

  /// What to put in place of the typed word: the only candidate, or what all begin with; nil where
  /// that adds nothing.
  package var insertion: String? {
    guard let first = candidates.first else { return nil }
    if candidates.count == 1 { return first.text + first.ending }
    var common = first.text
    for candidate in candidates.dropFirst() {
      common = String(zip(common, candidate.text).prefix { $0 == $1 }.map(\.0))
    }
    return common.count > typed.count ? common : nil
  }

  /// The candidates, with their summaries where these fit, otherwise in columns.
  package func listing(width: Int, limit: Int = 40) -> [String] {
    let shown = candidates.prefix(limit)
    let rest = candidates.count - shown.count
    let more = rest > 0 ? ["… and \(rest) more"] : []
    if candidates.count > 20 || shown.allSatisfy(\.summary.isEmpty) {
      return TextLayout.columns(shown.map(\.text), width: width - 1) + more
    }
    let column = (shown.map { DisplayWidth.of($0.text) }.max() ?? 0) + 2
    return shown.map { candidate in
      TextLayout.cut(
        TextLayout.padded(candidate.text, to: column) + candidate.summary, to: width - 1)
    } + more
  }
}
