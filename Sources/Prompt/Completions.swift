import Console
import Syntax

/// What could stand where Tab was pressed.
package struct Completions: Equatable {
  /// What is listed first: what a call or a command takes here, then what the user has made.
  package enum Rank: Int, Sendable { case argument, variable, other }

  /// One possibility.
  package struct Candidate: Equatable, Sendable {
    /// What would stand there.
    package let text: String
    /// One line about it; may be empty.
    package let summary: String
    /// What follows it once it is the only one: a space, `(`, `=`, `/` or nothing.
    package let ending: String
    /// What is listed: a path without its folder.
    package let label: String
    /// How it is written, where that is not `text`: a path in quotes.
    package let written: String
    package let rank: Rank

    /// What is put in place by who chooses it: with the sign that belongs to it, as `axis=` and
    /// `data/`, but without a bracket or a blank that a person would type after it.
    package var inserted: String { written + (ending == "=" || ending == "/" ? ending : "") }

    package init(
      _ text: String, summary: String = "", ending: String = "", label: String? = nil,
      written: String? = nil, rank: Rank = .other
    ) {
      self.text = text
      self.summary = summary
      self.ending = ending
      self.label = label ?? text
      self.written = written ?? text
      self.rank = rank
    }
  }

  /// Those that begin as what was typed, in alphabetical order within each rank.
  package let candidates: [Candidate]
  /// The bytes before the cursor that they would replace.
  package let replaced: Int
  private let typed: String

  /// - Parameters:
  ///   - candidates: all that fit the place; those that begin otherwise are dropped, of those of
  ///     one name the first is kept.
  ///   - typed: what stands before the cursor of the word.
  ///   - source: how that is written, where it is quoted.
  package init(_ candidates: [Candidate], typed: String, as source: String? = nil) {
    var seen: Set<String> = []
    self.candidates =
      candidates
      .filter { $0.text.hasPrefix(typed) && seen.insert($0.text).inserted }
      .sorted { ($0.rank.rawValue, $0.text) < ($1.rank.rawValue, $1.text) }
    self.typed = typed
    replaced = (source ?? typed).utf8.count
  }

  /// Nothing.
  package static let none = Completions([], typed: "")

  /// What to put in place of the typed word: the only candidate, or what all begin with; nil where
  /// that adds nothing.
  ///
  /// - Parameter rest: what stands after the cursor; an ending that is there already is not repeated.
  package func insertion(before rest: String) -> String? {
    guard let first = candidates.first else { return nil }
    if candidates.count == 1 {
      let isThere = !rest.isEmpty && rest.first == first.ending.first
      let whole = first.written + (isThere ? "" : first.ending)
      return whole == typed ? nil : whole
    }
    var common = first.written
    for candidate in candidates.dropFirst() {
      common = String(zip(common, candidate.written).prefix { $0 == $1 }.map(\.0))
    }
    return common.hasPrefix(typed) && common.count > typed.count ? common : nil
  }

  /// What to put there where nothing follows.
  package var insertion: String? { insertion(before: "") }

  /// The candidates, a line each with their summaries where these fit, otherwise in columns.
  ///
  /// - Parameter height: the lines that there is room for.
  package func listing(width: Int, height: Int = 40) -> [String] {
    let height = max(2, height)
    // Names in files may be of any length.
    let labels = candidates.prefix(width * height).map {
      TextLayout.cut(EscapeCodes.shown($0.label), to: max(12, width / 2))
    }
    let cell = (labels.map { DisplayWidth.of($0) }.max() ?? 0) + 2
    if candidates.count <= height, candidates.contains(where: { !$0.summary.isEmpty }) {
      return zip(candidates, labels).map { candidate, label in
        var line = TextLayout.padded(label, to: cell) + EscapeCodes.shown(candidate.summary)
        while line.last == " " { line.removeLast() }
        return TextLayout.cut(line, to: width - 1)
      }
    }
    let room = max(1, (width - 1) / cell) * (height - 1)
    let shown = Array(labels.prefix(room))
    let rest = candidates.count - shown.count
    return TextLayout.columns(shown, width: width - 1).map { TextLayout.cut($0, to: width - 1) }
      + (rest > 0 ? ["… and \(rest) more"] : [])
  }
}
