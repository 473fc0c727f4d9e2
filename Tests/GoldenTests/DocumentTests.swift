import BinaryUnderTest
import Foundation
import Testing

/// What the README and the pages of `docs` show at the prompt is so.
///
/// A page is one session: its fences are typed one after the other, and each shows what nnsh said.
/// A line `…` stands for any lines, `…` at a line's end for any rest of it. Once the page has
/// trained something, numbers with a decimal point need agree to two hundredths only: processors
/// round differently, and training makes that grow.
@Suite struct DocumentTests {
  /// A fence that shows a prompt.
  struct Fence {
    let code: [String]
    let answer: [Substring]
  }

  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../..").standardized

  /// Generated, and tested as it is.
  private static let generated = ["docs/reference.md"]

  /// The pages with fences that show a prompt.
  static let pages: [String] = {
    let docs = FileManager.default.enumerator(atPath: root.path + "/docs")
    let names = (docs?.allObjects ?? []).compactMap { $0 as? String }.filter { $0.hasSuffix(".md") }
    return (["README.md"] + names.map { "docs/" + $0 }.sorted())
      .filter { !generated.contains($0) && !fences(of: $0).isEmpty }
  }()

  private static func text(of page: String) -> String {
    (try? String(contentsOf: root.appendingPathComponent(page), encoding: .utf8)) ?? ""
  }

  static func fences(of page: String) -> [Fence] {
    let parts = ("\n" + text(of: page)).components(separatedBy: "\n```")
    return parts.enumerated().filter { !$0.offset.isMultiple(of: 2) }.compactMap { _, part in
      let lines = part.split(separator: "\n", omittingEmptySubsequences: false).dropFirst()
      let code = lines.filter { $0.hasPrefix("nnsh>") }.map { String($0.dropFirst(6)) }
      let answer = Array(lines.filter { !$0.hasPrefix("nnsh>") })
      return code.isEmpty ? nil : Fence(code: code, answer: trimmed(answer))
    }
  }

  @Test(arguments: pages) func everyFenceAnswersAsShown(_ page: String) throws {
    let fences = Self.fences(of: page)
    let typed = fences.enumerated().flatMap { index, fence in
      ["print(\"\(Self.mark(index))\")"] + fence.code
    }
    let outcome = try NNSH.run(
      ["-c", "exec \(NNSH.path) -i -X --no-history --seed 1 2>&1"],
      input: typed.joined(separator: "\n") + "\n", in: try NNSH.temporaryFolder(),
      program: "/bin/sh")
    var hasTrained = false
    for (index, fence) in fences.enumerated() {
      hasTrained = hasTrained || fence.code.contains(where: Self.isTraining)
      let answer = Self.answer(index, in: outcome.output)
      #expect(
        Self.agrees(fence.answer[...], answer[...], loosely: hasTrained),
        "\(page): \(fence.code[0])\nshown\n\(fence.answer.joined(separator: "\n"))\nis\n\(answer.joined(separator: "\n"))"
      )
    }
  }

  @Test func theReadmeAndManyPagesAreTested() {
    #expect(Self.pages.contains("README.md") && Self.pages.count > 15)
  }

  /// Every link to a file of the repository leads to one.
  @Test func linksLead() throws {
    let link = try Regex(#"\]\(([^)#:]+)(#[^)]*)?\)"#, as: (Substring, Substring, Substring?).self)
    let pages = try #require(FileManager.default.enumerator(atPath: Self.root.path + "/docs"))
      .allObjects.compactMap { $0 as? String }.filter { $0.hasSuffix(".md") }.map { "docs/" + $0 }
    for page in pages + ["README.md"] {
      let folder = Self.root.appendingPathComponent(page).deletingLastPathComponent()
      for match in Self.text(of: page).matches(of: link) {
        let target = folder.appendingPathComponent(String(match.output.1)).standardized.path
        #expect(FileManager.default.fileExists(atPath: target), "\(page): \(match.output.1)")
      }
    }
  }

  private static func mark(_ index: Int) -> String { "-- fence \(index) --" }

  private static func isTraining(_ line: String) -> Bool {
    ["train ", "minimize ", "find rate "].contains { line.contains($0) }
  }

  /// The lines between a fence's mark and the next one's.
  private static func answer(_ index: Int, in output: String) -> [Substring] {
    guard let start = output.range(of: mark(index) + "\n") else { return ["(nothing)"] }
    let end = output.range(of: mark(index + 1) + "\n")?.lowerBound ?? output.endIndex
    return trimmed(
      output[start.upperBound..<end].split(separator: "\n", omittingEmptySubsequences: false))
  }

  private static func trimmed(_ lines: [Substring]) -> [Substring] {
    var lines = lines
    while lines.last?.isEmpty == true { lines.removeLast() }
    return lines
  }

  private static func agrees(
    _ shown: ArraySlice<Substring>, _ said: ArraySlice<Substring>, loosely: Bool
  ) -> Bool {
    guard let first = shown.first else { return said.isEmpty }
    if first == "…" {
      let rest = shown.dropFirst()
      return (said.startIndex...said.endIndex).contains {
        agrees(rest, said[$0...], loosely: loosely)
      }
    }
    guard let line = said.first, agree(first, line, loosely: loosely) else { return false }
    return agrees(shown.dropFirst(), said.dropFirst(), loosely: loosely)
  }

  private static func agree(_ shown: Substring, _ said: Substring, loosely: Bool) -> Bool {
    if shown == said { return true }
    let isOpen = shown.hasSuffix("…")
    let start = isOpen ? shown.dropLast() : shown
    if isOpen, said.hasPrefix(start) { return true }
    if RoundingNoise.agree(lines: String(shown), String(said)) { return true }
    guard loosely else { return false }
    // The dots that show what was trained turn with the last digits of weights.
    if [shown, said].allSatisfy({ $0.contains(where: { ("\u{2801}"..."\u{28FF}").contains($0) }) })
    {
      return true
    }
    let (shownWords, saidWords) = (start.split(separator: " "), said.split(separator: " "))
    guard isOpen ? shownWords.count <= saidWords.count : shownWords.count == saidWords.count
    else { return false }
    return zip(shownWords, saidWords).allSatisfy { areClose($0, $1) }
  }

  private static func areClose(_ shown: Substring, _ said: Substring) -> Bool {
    if shown == said { return true }
    let marks = CharacterSet(charactersIn: "%[](),")
    let numbers = [shown, said].map { Double($0.trimmingCharacters(in: marks)) }
    guard shown.contains("."), let a = numbers[0], let b = numbers[1] else { return false }
    let unit = shown.contains("%") ? 100.0 : 1
    return abs(a - b) <= 0.02 * max(abs(a), abs(b), unit)
  }
}
