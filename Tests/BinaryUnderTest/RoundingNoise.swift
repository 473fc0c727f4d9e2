import Foundation

/// Texts that say how large a rounding error is: it is another one on another processor.
package enum RoundingNoise {
  /// Below it a number in Float32 may be nothing but rounding.
  private static let limit = 3e-5

  /// Whether two words are the same, or numbers that are both rounding, with the same marks around.
  package static func agree(_ got: some StringProtocol, _ wanted: some StringProtocol) -> Bool {
    if got == wanted { return true }
    guard let (a, ownMarks) = number(got), let (b, marks) = number(wanted) else { return false }
    return ownMarks == marks && max(abs(a), abs(b)) < limit
  }

  /// The same of lines, and of texts.
  package static func agree(lines got: String, _ wanted: String) -> Bool {
    if got == wanted { return true }
    let texts = [got, wanted].map { $0.split(separator: "\n", omittingEmptySubsequences: false) }
    return texts[0].count == texts[1].count
      && zip(texts[0], texts[1]).allSatisfy { got, wanted in
        if got == wanted { return true }
        let words = [got, wanted].map { $0.split(separator: " ") }
        return words[0].count == words[1].count && zip(words[0], words[1]).allSatisfy(agree)
      }
  }

  /// The number in a word, and what stands around it.
  private static func number(_ word: some StringProtocol) -> (value: Double, marks: String)? {
    let marks = CharacterSet(charactersIn: "%[](),;:")
    let digits = word.trimmingCharacters(in: marks)
    guard let value = Double(digits) else { return nil }
    return (value, word.replacingOccurrences(of: digits, with: " "))
  }
}
