import Syntax

/// A lesson: a script with prose in its comments, part of the binary.
///
/// Each is a file in `Scripts/`, whose first line is `## TITLE: SUMMARY`; they are numbered in the
/// order of their names. The plugin `EmbedLessons` makes `LessonScripts` of them.
package struct Lesson: Sendable {
  package let title: String
  package let summary: String
  /// The script without its first line.
  package let source: SourceText

  private init(_ number: Int, _ script: [UInt8]) {
    let heading = script.prefix { $0 != UInt8(ascii: "\n") }
    let parts = String(decoding: heading.drop { $0 == UInt8(ascii: "#") }, as: UTF8.self)
      .split(separator: ":", maxSplits: 1)
    title = parts.first.map { String($0.drop { $0 == " " }) } ?? ""
    summary = parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
    source = SourceText(
      bytes: Array(script.dropFirst(heading.count + 1)), name: "lesson \(number)")
  }

  /// All there are; `lesson 1` is the first.
  package static let all = LessonScripts.all.enumerated().map { Lesson($0 + 1, $1) }
}
